import type { BargeInRule } from '../agent/agent.ts';
import type { Clock, Timers } from '../clock.ts';

export interface BargeInOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** The caller's voice stops what plays. */
  readonly onBargeIn: () => void;
}

/**
 * Decides when the caller's voice stops the utterance that plays, by the rule of that utterance. What counts is what
 * the caller does while it plays. Within its protected time nothing stops it; whoever still speaks when that is over,
 * and would have stopped it, does so then.
 */
export class BargeIn {
  readonly #options: BargeInOptions;
  #playing: { readonly rule: BargeInRule; readonly protectedUntilMs: number } | undefined;
  #isSpeaking = false;
  /** The caller began to speak before what plays did. */
  #spokeBefore = false;
  #transcript = '';
  #cancelTimer: (() => void) | undefined;

  constructor(options: BargeInOptions) {
    this.#options = options;
  }

  playbackStarted(rule: BargeInRule): void {
    this.playbackEnded();
    this.#playing = { rule, protectedUntilMs: this.#options.clock.nowMs() + rule.allowAfterMs };
    this.#spokeBefore = this.#isSpeaking;
  }

  playbackEnded(): void {
    this.#playing = undefined;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  speechStarted(): void {
    this.#isSpeaking = true;
    this.#judge();
  }

  /** What was understood of the turn so far. */
  understood(transcript: string): void {
    this.#isSpeaking = true;
    this.#transcript = transcript;
    this.#judge();
  }

  /** The turn is over, with all that was understood of it: where nothing was until now, it counts as well. */
  speechEnded(transcript: string): void {
    // Words from before the utterance, which their recogniser took its time over, are no reason to stop it.
    if (transcript !== '' && !(this.#isSpeaking && this.#spokeBefore)) this.understood(transcript);
    this.#isSpeaking = false;
    this.#spokeBefore = false;
    this.#transcript = '';
  }

  #judge(): void {
    const playing = this.#playing;
    if (playing === undefined || !this.#isSpeaking || !stops(playing.rule, this.#transcript)) return;
    const { clock, timers, onBargeIn } = this.#options;
    const protectedMs = playing.protectedUntilMs - clock.nowMs();
    if (protectedMs <= 0) {
      this.playbackEnded();
      onBargeIn();
      return;
    }
    this.#cancelTimer ??= timers.schedule(protectedMs, () => {
      this.#cancelTimer = undefined;
      this.#judge();
    });
  }
}

function stops({ strategy, minimumCharacters }: BargeInRule, transcript: string): boolean {
  switch (strategy) {
    case 'none':
    case 'manual':
      return false;
    case 'immediate':
      return true;
    case 'minimum-characters':
      return [...transcript.trim()].length >= minimumCharacters;
  }
}
