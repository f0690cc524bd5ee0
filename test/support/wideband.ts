/** A phone that speaks G.722, and what one hears: 16 kHz. */
import { G722Decoder, G722Encoder } from '../../codecs/g722.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import type { NegotiatedAudio } from '../../src/sdp/negotiated.ts';
import type { SentPacket } from './leg-harness.ts';

export const WIDE_HZ = 16_000;

/** For `LegHarness`, over its PCMU. */
export const G722_AUDIO: Pick<NegotiatedAudio, 'codec' | 'payloadType'> = { codec: 'G722', payloadType: 9 };

/** Makes a phone's packets, 20 ms each, from samples at 16 kHz, which begin again when they are over. */
export class WidePhoneStream {
  readonly #samples: Int16Array;
  readonly #encoder = new G722Encoder();
  #sent = 0;

  constructor(samples: Int16Array) {
    this.#samples = samples;
  }

  next(): Uint8Array {
    const datagram = new Uint8Array(172);
    writeRtpHeader(datagram, 9, this.#sent === 0, 100 + this.#sent, 5000 + this.#sent * 160, 0x1234);
    const from = (this.#sent % Math.floor(this.#samples.length / 320)) * 320;
    this.#encoder.encode(this.#samples, from, 320, datagram, 12);
    this.#sent++;
    return datagram;
  }
}

/** What a phone hears of packets of G.722, one after the other. */
export function heardWide(packets: readonly SentPacket[]): Int16Array {
  const decoder = new G722Decoder();
  const audio = packets.filter(({ payloadType }) => payloadType === 9);
  const samples = new Int16Array(audio.length * 320);
  for (const [index, { payload }] of audio.entries()) {
    decoder.decode(payload, 0, payload.length, samples, index * 320);
  }
  return samples;
}
