import type { Decoded, DecodeLimits, DecodeRefusal } from '../decoded-sound.ts';
import { MonoSamples } from '../mono-samples.ts';
import { type Refused, refused } from '../refusal.ts';

/** What the decoders in WebAssembly have in common: octets in, channels out, full scale at 1. */
export interface WasmDecoder {
  readonly ready: Promise<void>;
  decode(octets: Uint8Array): DecodedPiece | Promise<DecodedPiece>;
  /** What was held back until the end was known. */
  flush?(): Promise<DecodedPiece>;
  free(): void;
}

interface DecodedPiece {
  readonly channelData: readonly Float32Array[];
  readonly samplesDecoded: number;
  readonly sampleRate: number;
  readonly errors: readonly { readonly message: string }[];
}

/**
 * Decodes a file given in portions, each small enough that what it may unfold to fits in memory. An error near the
 * end is a tag or a torn file, and what came before it is played; an earlier one means that the file is not what it
 * seems to be, and would be heard as noise.
 */
export async function decodeInPortions(
  format: string,
  decoder: WasmDecoder,
  portions: readonly Uint8Array[],
  limits: DecodeLimits,
): Promise<Decoded> {
  const deadlineMs = performance.now() + limits.timeoutMs;
  const sink = new Sink(limits.longestMs);
  try {
    await decoder.ready;
    for (const [index, portion] of portions.entries()) {
      if (performance.now() > deadlineMs) return refused('decode-timed-out');
      const piece = await decoder.decode(portion);
      const refusal = sink.take(piece, index / portions.length);
      if (refusal !== undefined) return refusal;
      if (piece.errors.length > 0) break;
    }
    const last = await decoder.flush?.();
    const refusal = last && sink.take(last, 1);
    if (refusal !== undefined) return refusal;
  } catch (error) {
    return refused('sound-damaged', error instanceof Error ? error.message : undefined);
  } finally {
    free(decoder);
  }
  return sink.finish(format);
}

class Sink {
  readonly #longestMs: number;
  #samples: MonoSamples | undefined;
  #rateHz = 0;
  #channels = 0;

  constructor(longestMs: number) {
    this.#longestMs = longestMs;
  }

  /** `position` in the file, 0 to 1. */
  take(piece: DecodedPiece, position: number): Refused<DecodeRefusal> | undefined {
    const { channelData, samplesDecoded, sampleRate, errors } = piece;
    if (errors.length > 0 && position < TORN_FROM) return refused('sound-damaged', errors[0]?.message);
    if (samplesDecoded === 0 || channelData.length === 0) return undefined;
    this.#samples ??= new MonoSamples((this.#longestMs * sampleRate) / 1000);
    this.#rateHz ||= sampleRate;
    this.#channels ||= channelData.length;
    if (sampleRate !== this.#rateHz || sampleRate < LOWEST_RATE_HZ || sampleRate > HIGHEST_RATE_HZ)
      return refused('sound-damaged', `a rate of ${sampleRate} Hz`);
    return this.#samples.push(channelData, samplesDecoded) ? undefined : refused('sound-too-long');
  }

  finish(format: string): Decoded {
    if (this.#samples === undefined) return refused('sound-empty');
    const [rateHz, channels] = [this.#rateHz, this.#channels];
    return { ok: true, value: { format, rateHz, channels, samples: this.#samples.join() } };
  }
}

/** A decoder that has failed may fail at this too; its memory goes with it all the same. */
function free(decoder: WasmDecoder): void {
  try {
    decoder.free();
  } catch {
    return;
  }
}

/** Of the file. */
const TORN_FROM = 0.9;
const LOWEST_RATE_HZ = 4000;
const HIGHEST_RATE_HZ = 192_000;
