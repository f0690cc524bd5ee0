import { createResampler, type Resampler } from '../audio/resampler.ts';
import { invariant } from '../invariant.ts';
import type { LiveInput } from '../mixer/live-input.ts';
import type { AudioSocketOptions } from './command.ts';
import { FRAME_MS, framesAt } from './frame.ts';
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
  readonly #agentFrame: AgentFrame;
  /** The same 20 ms at the leg's rate. */
  readonly #legFrame: Int16Array;
  readonly #cushion: Int16Array;
  #filled = 0;

  constructor(options: AudioSocketOptions, live: LiveInput, legRateHz: number) {
    this.#messageSamples = new Int16Array((options.rateHz * options.frameMs) / 1000);
    this.message = new Uint8Array(this.#messageSamples.buffer);
    this.#towardsAgent = createResampler(legRateHz, options.rateHz);
    this.#fromAgent = createResampler(options.rateHz, legRateHz);
    this.#agentFrame = agentFrameAt(options.rateHz);
    this.#legFrame = framesAt(legRateHz).agent;
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
    const frame = this.#agentFrame.octets;
    const whole = octets.length & ~1;
    if (whole > 0 && this.#live.queuedSamples === 0) this.#live.push(this.#cushion, 0, this.#cushion.length);
    if (octets.length === frame.length) {
      frame.set(octets);
      this.#pushAgentSamples(frame.length >> 1);
      return;
    }
    for (let done = 0; done < whole; done += frame.length) {
      const count = Math.min(frame.length, whole - done);
      for (let i = 0; i < count; i++) frame[i] = octets[done + i]!;
      this.#pushAgentSamples(count >> 1);
    }
  }

  /** The first `count` of the agent's frame. */
  #pushAgentSamples(count: number): void {
    const legFrame = this.#legFrame;
    const written = this.#fromAgent.process(this.#agentFrame.samples, 0, count, legFrame, 0);
    if (this.#trimmer.leavesOut(legFrame, written, this.#live.queuedSamples)) return;
    this.#live.push(legFrame, 0, written);
  }
}

/** 20 ms of an agent, as octets and as samples. */
interface AgentFrame {
  readonly octets: Uint8Array;
  readonly samples: Int16Array;
}

/** Working memory of the thread, used by every link in turn: one for each rate. */
const agentFrames = new Map<number, AgentFrame>();

function agentFrameAt(rateHz: number): AgentFrame {
  let frame = agentFrames.get(rateHz);
  if (frame === undefined) {
    const samples = new Int16Array((rateHz * FRAME_MS) / 1000);
    frame = { samples, octets: new Uint8Array(samples.buffer) };
    agentFrames.set(rateHz, frame);
  }
  return frame;
}

const CUSHION_MS = 20;

// Messages are samples seen as octets.
invariant(
  new Uint8Array(Uint16Array.of(1).buffer)[0] === 1,
  'every platform Node.js supports well is little-endian, as the wire form is',
);
