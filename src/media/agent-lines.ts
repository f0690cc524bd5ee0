import type { Mixer } from '../mixer/mixer.ts';
import { type Frames, framesAt } from './frame.ts';
import type { LegLine } from './leg-line.ts';

/** The agents on one leg: all of them hear, and those that speak are heard together. */
export class AgentLines {
  /**
   * The caller is with somebody else for a while: what the agents say waits, as far as it is not of its moment, and they
   * get silence.
   */
  isHushed = false;
  readonly #lines: LegLine[] = [];
  #silence: Int16Array = new Int16Array(0);

  /** Whether the caller's voice is any use to them. */
  get areListening(): boolean {
    return this.#lines.length > 0 && !this.isHushed;
  }

  add(line: LegLine, rateHz: number | undefined): void {
    this.#lines.push(line);
    if (rateHz !== undefined) line.begin(rateHz);
  }

  /** What it was saying goes out without a click. */
  remove(line: LegLine, frames: Frames | undefined, mixer: Mixer | undefined): void {
    const index = this.#lines.indexOf(line);
    if (index >= 0) this.#lines.splice(index, 1);
    line.flush();
    if (frames !== undefined) mixer?.live.push(frames.agent, 0, line.speak(frames.agent));
  }

  begin(rateHz: number): void {
    this.#silence = new Int16Array(framesAt(rateHz).samples);
    for (const line of this.#lines) line.begin(rateHz);
  }

  /** The next 20 ms of what they say go into the mixer. */
  speak(mixer: Mixer, frames: Frames): void {
    if (this.isHushed) {
      this.miss(1);
      return;
    }
    let length = 0;
    for (let index = 0; index < this.#lines.length; index++) {
      const line = this.#lines[index]!;
      if (!line.speaks) continue;
      if (length === 0) length = line.speak(frames.agent);
      // The mixer writes the outbound frame afterwards.
      else length = add(frames.agent, length, frames.outbound, line.speak(frames.outbound));
    }
    if (length > 0) mixer.live.push(frames.agent, 0, length);
  }

  /** For so many ticks nobody hears them. */
  miss(ticks: number): void {
    for (let index = 0; index < this.#lines.length; index++) this.#lines[index]!.miss(ticks);
  }

  hear(caller: Int16Array, far: Int16Array): void {
    const heard = this.isHushed ? this.#silence : caller;
    const heardFar = this.isHushed ? this.#silence : far;
    for (let index = 0; index < this.#lines.length; index++) this.#lines[index]!.hear(heard, heardFar);
  }
}

/** Adds the beginning of one frame to that of another; returns the length of both together. */
function add(frame: Int16Array, length: number, other: Int16Array, otherLength: number): number {
  const longer = Math.max(length, otherLength);
  for (let i = length; i < longer; i++) frame[i] = 0;
  for (let i = 0; i < otherLength; i++) {
    frame[i] = Math.max(-32768, Math.min(32767, frame[i]! + other[i]!));
  }
  return longer;
}
