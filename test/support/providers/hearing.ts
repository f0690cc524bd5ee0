/** A caller of one recognition: speaks, and waits for what is told of it. */
import { type Clock, systemClock, type Timers } from '../../../src/clock.ts';
import type {
  Recognition,
  RecognitionFailure,
  RecognitionOptions,
  Recognizer,
  Transcript,
} from '../../../src/speech/stt/recognizer.ts';
import { recognition } from './settings.ts';

/** Waits are a tenth of what they are in service. */
export const quickClock: Clock & Timers = {
  ...systemClock,
  schedule: (delayMs, action) => systemClock.schedule(delayMs / 10, action),
};

export class Caller {
  readonly transcripts: Transcript[] = [];
  readonly failures: RecognitionFailure[] = [];
  readonly #recognition: Recognition;
  #spokenSamples = 0;

  constructor(recognizer: Recognizer, options: Partial<RecognitionOptions> = {}) {
    this.#recognition = recognizer.open({
      ...recognition,
      ...options,
      onTranscript: (transcript) => this.transcripts.push(transcript),
      onFailure: (reason) => this.failures.push(reason),
    });
  }

  get finals(): string[] {
    return this.transcripts.filter(({ isFinal }) => isFinal).map(({ text }) => text);
  }

  get interims(): string[] {
    return this.transcripts.filter(({ isFinal }) => !isFinal).map(({ text }) => text);
  }

  /** A turn as the line has it, but faster: numbered samples in frames of 20 ms. Returns what was spoken. */
  async speak(milliseconds: number): Promise<Int16Array> {
    const spoken = Int16Array.from(
      { length: milliseconds * 8 },
      (_, i) => (this.#spokenSamples + i) % 20_000,
    );
    this.#spokenSamples += spoken.length;
    this.#recognition.startTurn();
    for (let at = 0; at < spoken.length; at += 160) {
      this.#recognition.write(spoken.subarray(at, at + 160));
      if (at % 1600 === 0) await pause(2);
    }
    this.#recognition.endTurn();
    return spoken;
  }

  close(): void {
    this.#recognition.close();
  }
}

/** Resolves when `condition` holds; rejects when it does not within five seconds. */
export async function until(condition: () => boolean, what: () => string = () => ''): Promise<void> {
  const giveUpMs = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > giveUpMs) throw new Error(`it did not come to pass: ${what()}`);
    await pause(5);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
