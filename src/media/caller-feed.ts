import { Buffer } from 'node:buffer';
import type { AgentLineOptions, LineAudio } from '../audio/agent-line.ts';
import { createResampler, type Resampler } from '../audio/resampler.ts';
import { invariant } from '../invariant.ts';
import { FRAME_MS } from './frame.ts';
import { type WireCodec, wireCodec } from './wire-codec.ts';

/** What an agent hears: a leg's frames, at the agent's rate, in its encoding, in pieces of the length it wants. */
export class CallerFeed {
  /** The latest piece, when `push` has said so; overwritten by the next frame. */
  readonly chunk: Buffer;
  readonly #hears: AgentLineOptions['hears'];
  readonly #codec: WireCodec;
  /** The piece seen as samples, where it holds samples as they are. */
  readonly #samples: Int16Array | undefined;
  /** Working memory for what is not. */
  readonly #converted: Int16Array;
  readonly #farConverted: Int16Array;
  readonly #resampler: Resampler | undefined;
  readonly #farResampler: Resampler | undefined;
  #filledOctets = 0;

  constructor(audio: LineAudio, hears: AgentLineOptions['hears'], legRateHz: number) {
    const { rateHz, encoding } = audio.toAgent;
    const channels = hears === 'stereo' ? 2 : 1;
    this.#hears = hears;
    this.#codec = wireCodec(encoding);
    const samples = new Int16Array((rateHz * audio.chunkMs * channels) / 1000);
    const isLinear = encoding === 'l16' && channels === 1;
    this.#samples = isLinear ? samples : undefined;
    this.chunk = isLinear
      ? Buffer.from(samples.buffer)
      : Buffer.alloc(samples.length * this.#codec.octetsPerSample);
    this.#converted = new Int16Array((rateHz * FRAME_MS * channels) / 1000);
    this.#farConverted = new Int16Array((rateHz * FRAME_MS) / 1000);
    if (rateHz === legRateHz) return;
    this.#resampler = createResampler(legRateHz, rateHz);
    this.#farResampler = channels === 2 ? createResampler(legRateHz, rateHz) : undefined;
  }

  /** Takes 20 ms of the caller, and of what the caller hears; true when that completes a piece. */
  push(caller: Int16Array, far: Int16Array): boolean {
    if (this.#filledOctets === this.chunk.length) this.#filledOctets = 0;
    if (this.#hears === 'caller') this.#append(caller);
    else if (this.#hears === 'mixed') this.#append(sumOf(caller, far));
    else this.#appendBoth(caller, far);
    return this.#filledOctets === this.chunk.length;
  }

  #append(frame: Int16Array): void {
    const filled = this.#filledOctets;
    const samples = this.#samples;
    if (samples !== undefined) {
      this.#filledOctets += 2 * this.#convert(this.#resampler, frame, samples, filled >> 1);
    } else if (this.#resampler === undefined) {
      this.#filledOctets += this.#codec.encode(frame, 0, frame.length, this.chunk, filled);
    } else {
      const count = this.#convert(this.#resampler, frame, this.#converted, 0);
      this.#filledOctets += this.#codec.encode(this.#converted, 0, count, this.chunk, filled);
    }
  }

  /** Beside each other, sample by sample, the caller first. */
  #appendBoth(caller: Int16Array, far: Int16Array): void {
    const both = this.#converted;
    const farSamples = this.#farConverted;
    const count = this.#convert(this.#resampler, caller, both, 0);
    this.#convert(this.#farResampler, far, farSamples, 0);
    for (let i = count - 1; i >= 0; i--) {
      both[2 * i] = both[i]!;
      both[2 * i + 1] = farSamples[i]!;
    }
    this.#filledOctets += this.#codec.encode(both, 0, 2 * count, this.chunk, this.#filledOctets);
  }

  #convert(resampler: Resampler | undefined, frame: Int16Array, into: Int16Array, offset: number): number {
    if (resampler !== undefined) return resampler.process(frame, 0, frame.length, into, offset);
    into.set(frame, offset);
    return frame.length;
  }
}

/** Overwritten by the next. */
function sumOf(caller: Int16Array, far: Int16Array): Int16Array {
  const sum = caller.length === narrowSum.length ? narrowSum : wideSum;
  for (let i = 0; i < sum.length; i++) sum[i] = Math.max(-32768, Math.min(32767, caller[i]! + far[i]!));
  return sum;
}

/** 20 ms at the two rates that legs have. */
const narrowSum = new Int16Array(160);
const wideSum = new Int16Array(320);

// Pieces are samples seen as octets.
invariant(
  new Uint8Array(Uint16Array.of(1).buffer)[0] === 1,
  'every platform Node.js supports well is little-endian, as the wire form is',
);
