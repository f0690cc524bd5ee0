import { createResampler, type Resampler } from '../audio/resampler.ts';
import { invariant } from '../invariant.ts';
import type { LiveInput } from '../mixer/live-input.ts';
import type { AudioSocketOptions } from './command.ts';
import { FRAME_MS } from './frame.ts';
import { LagTrimmer } from './lag-trimmer.ts';

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
  readonly #trimmer: LagTrimmer;
  /** 20 ms of the agent, and the same at the leg's rate. */
  readonly #agentFrame: Int16Array<ArrayBuffer>;
  readonly #agentOctets: Uint8Array;
  readonly #legFrame: Int16Array;
  readonly #cushion: Int16Array;
  #filled = 0;

  constructor(options: AudioSocketOptions, legRateHz: number, live: LiveInput) {
    this.#messageSamples = new Int16Array((options.rateHz * options.frameMs) / 1000);
    this.message = new Uint8Array(this.#messageSamples.buffer);
    this.#towardsAgent = createResampler(legRateHz, options.rateHz);
    this.#fromAgent = createResampler(options.rateHz, legRateHz);
    this.#agentFrame = new Int16Array((options.rateHz * FRAME_MS) / 1000);
    this.#agentOctets = new Uint8Array(this.#agentFrame.buffer);
    this.#legFrame = new Int16Array((legRateHz * FRAME_MS) / 1000);
    this.#cushion = new Int16Array((legRateHz * CUSHION_MS) / 1000);
    this.#live = live;
    this.#trimmer = new LagTrimmer(legRateHz, CUSHION_MS);
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
    const frameOctets = this.#agentOctets.length;
    const whole = octets.length & ~1;
    if (whole > 0 && this.#live.queuedSamples === 0) this.#live.push(this.#cushion, 0, this.#cushion.length);
    if (octets.length === frameOctets) {
      this.#agentOctets.set(octets);
      this.#pushAgentSamples(this.#agentFrame.length);
      return;
    }
    for (let done = 0; done < whole; done += frameOctets) {
      const count = Math.min(frameOctets, whole - done);
      for (let i = 0; i < count; i++) this.#agentOctets[i] = octets[done + i]!;
      this.#pushAgentSamples(count >> 1);
    }
  }

  #pushAgentSamples(count: number): void {
    const written = this.#fromAgent.process(this.#agentFrame, 0, count, this.#legFrame, 0);
    if (this.#trimmer.leavesOut(this.#legFrame, written, this.#live.queuedSamples)) return;
    this.#live.push(this.#legFrame, 0, written);
  }
}

const CUSHION_MS = 20;

// Messages are samples seen as octets.
invariant(
  new Uint8Array(Uint16Array.of(1).buffer)[0] === 1,
  'every platform Node.js supports well is little-endian, as the wire form is',
);
