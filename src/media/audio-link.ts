import { createResampler, type Resampler } from '../audio/resampler.ts';
import { invariant } from '../invariant.ts';
import type { LiveInput } from '../mixer/live-input.ts';
import type { AudioSocketOptions } from './command.ts';

/**
 * Between one leg and a raw audio agent: the caller's frames become messages of L16, the agent's messages of any
 * size become the mixer's live input. @see docs/audio-socket.md for the wire form
 */
export class AudioLink {
  /** One whole message for the agent, when `pushCallerFrame` has said so; overwritten by the next frame. */
  readonly message: Uint8Array;
  readonly #messageSamples: Int16Array<ArrayBuffer>;
  readonly #towardsAgent: Resampler;
  readonly #fromAgent: Resampler;
  readonly #live: LiveInput;
  readonly #chunk: Int16Array = new Int16Array(CHUNK_SAMPLES);
  readonly #resampled: Int16Array = new Int16Array(CHUNK_SAMPLES);
  readonly #cushion: Int16Array;
  #filled = 0;

  constructor(options: AudioSocketOptions, legRateHz: number, live: LiveInput) {
    this.#messageSamples = new Int16Array((options.rateHz * options.frameMs) / 1000);
    this.message = new Uint8Array(this.#messageSamples.buffer);
    this.#towardsAgent = createResampler(legRateHz, options.rateHz);
    this.#fromAgent = createResampler(options.rateHz, legRateHz);
    this.#cushion = new Int16Array((legRateHz * CUSHION_MS) / 1000);
    this.#live = live;
  }

  /** Takes 20 ms of the caller; true when that completes a message. */
  pushCallerFrame(frame: Int16Array): boolean {
    const message = this.#messageSamples;
    if (this.#filled === message.length) this.#filled = 0;
    this.#filled += this.#towardsAgent.process(frame, 0, frame.length, message, this.#filled);
    return this.#filled === message.length;
  }

  /**
   * Takes a message of the agent; half a sample at its end is ignored. The first after a silence is put behind
   * a cushion of 20 ms, so that one that comes a moment late in a row of them leaves no gap.
   */
  pushAgentMessage(octets: Uint8Array): void {
    const samples = octets.length >> 1;
    if (samples > 0 && this.#live.queuedSamples === 0)
      this.#live.push(this.#cushion, 0, this.#cushion.length);
    for (let done = 0; done < samples; done += CHUNK_SAMPLES) {
      const count = Math.min(CHUNK_SAMPLES, samples - done);
      for (let i = 0, read = 2 * done; i < count; i++, read += 2) {
        this.#chunk[i] = octets[read]! | (octets[read + 1]! << 8);
      }
      const written = this.#fromAgent.process(this.#chunk, 0, count, this.#resampled, 0);
      this.#live.push(this.#resampled, 0, written);
    }
  }
}

/** 20 ms at 24 kHz. Larger messages are taken in pieces. */
const CHUNK_SAMPLES = 480;
const CUSHION_MS = 20;

// Messages are written as samples and sent as octets.
invariant(
  new Uint8Array(Uint16Array.of(1).buffer)[0] === 1,
  'every platform Node.js supports well is little-endian, as the wire form is',
);
