/**
 * A leg's codec at the leg's rate. The rate is the first codec's and stays; one that comes later and runs at another is
 * resampled here, so that whatever plays, waits or listens behind it goes on as it was.
 */
import type { PayloadDecoder, PayloadEncoder } from '../../codecs/codec.ts';
import { G722Decoder, G722Encoder } from '../../codecs/g722.ts';
import { decodeL16, encodeL16 } from '../../codecs/l16.ts';
import { pcmaDecoder, pcmaEncoder } from '../../codecs/pcma.ts';
import { pcmuEncoder, pcmuFaithfulDecoder } from '../../codecs/pcmu.ts';
import { createResampler, type Resampler } from '../audio/resampler.ts';
import type { NegotiatedAudio } from '../sdp/negotiated.ts';
import { FRAME_TICKS } from './frame.ts';

type CodecName = NegotiatedAudio['codec'];

/** A decoder of a stream of its own; one call's worth of octets is 120 ms at most. */
export function createDecoder(codec: CodecName, rateHz: number): PayloadDecoder {
  const decoder = codecs[codec].decoder();
  return decoder.rateHz === rateHz ? decoder : new ResampledDecoder(decoder, rateHz);
}

/** An encoder of a stream of its own; one call's worth of samples is 120 ms at most. */
export function createEncoder(codec: CodecName, rateHz: number): PayloadEncoder {
  const encoder = codecs[codec].encoder();
  return encoder.rateHz === rateHz ? encoder : new ResampledEncoder(encoder, rateHz);
}

/** Of 20 ms. */
export function payloadOctets(codec: CodecName): number {
  if (codec === 'SLIN') return 2 * FRAME_TICKS;
  return codec === 'SLIN16' ? 4 * FRAME_TICKS : FRAME_TICKS;
}

/**
 * Whether its packets may go to another phone as they are. Those of a codec that adapts do not mean the same after those
 * of another encoder: a decoder out of step makes a burst at full scale of them. Linear samples never were packets.
 */
export function isPassable(codec: CodecName): boolean {
  return codec === 'PCMU' || codec === 'PCMA';
}

class ResampledDecoder implements PayloadDecoder {
  readonly rateHz: number;
  readonly #decoder: PayloadDecoder;
  readonly #resampler: Resampler;

  constructor(decoder: PayloadDecoder, rateHz: number) {
    this.rateHz = rateHz;
    this.#decoder = decoder;
    this.#resampler = createResampler(decoder.rateHz, rateHz);
  }

  decode(
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
    output: Int16Array,
    outputOffset: number,
  ): number {
    const decoded = this.#decoder.decode(payload, payloadOffset, payloadLength, scratch, 0);
    return this.#resampler.process(scratch, 0, decoded, output, outputOffset);
  }

  reset(): void {
    this.#decoder.reset?.();
    this.#resampler.reset();
  }
}

class ResampledEncoder implements PayloadEncoder {
  readonly rateHz: number;
  readonly #encoder: PayloadEncoder;
  readonly #resampler: Resampler;

  constructor(encoder: PayloadEncoder, rateHz: number) {
    this.rateHz = rateHz;
    this.#encoder = encoder;
    this.#resampler = createResampler(rateHz, encoder.rateHz);
  }

  encode(
    samples: Int16Array,
    samplesOffset: number,
    samplesLength: number,
    output: Uint8Array,
    outputOffset: number,
  ): number {
    const resampled = this.#resampler.process(samples, samplesOffset, samplesLength, scratch, 0);
    return this.#encoder.encode(scratch, 0, resampled, output, outputOffset);
  }
}

function linearCodec(rateHz: number): { decoder: () => PayloadDecoder; encoder: () => PayloadEncoder } {
  const decoder = { rateHz, decode: decodeL16 };
  const encoder = { rateHz, encode: encodeL16 };
  return { decoder: () => decoder, encoder: () => encoder };
}

/** What keeps nothing between samples is there once for all legs. */
const codecs: Readonly<
  Record<CodecName, { readonly decoder: () => PayloadDecoder; readonly encoder: () => PayloadEncoder }>
> = {
  PCMU: { decoder: () => pcmuFaithfulDecoder, encoder: () => pcmuEncoder },
  PCMA: { decoder: () => pcmaDecoder, encoder: () => pcmaEncoder },
  G722: { decoder: () => new G722Decoder(), encoder: () => new G722Encoder() },
  SLIN: linearCodec(8000),
  SLIN16: linearCodec(16_000),
};

/** 120 ms at 16 kHz, the longest packet there may be. */
const scratch = new Int16Array(1920);
