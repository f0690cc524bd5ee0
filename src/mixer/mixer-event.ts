/** What a mixer tells. Positions are samples since the mixer began, exact to the sample. */
export type MixerEvent =
  /** The first sample of this queue item is in the frame just pulled. */
  | { readonly kind: 'playout-started'; readonly playoutId: number; readonly atSamples: number }
  | {
      readonly kind: 'playout-ended';
      readonly playoutId: number;
      readonly atSamples: number;
      /** Samples of the item that were heard; silence while its stream ran dry is not counted. */
      readonly playedSamples: number;
      readonly playedMs: number;
      /** `flushed` when it was cut while it played; items that had not started give no event. */
      readonly cause: 'finished' | 'flushed';
    }
  | {
      readonly kind: 'track-ended';
      readonly track: string;
      /** As it was started with. */
      readonly soundId: number;
      readonly atSamples: number;
      /** Played out, told to stop (it may still be fading), or given way to another sound of its name. */
      readonly cause: 'finished' | 'stopped' | 'replaced';
    };

/** Collects events between two reads. Without events it holds nothing. */
export class MixerEvents {
  #pending: MixerEvent[] | undefined;

  push(event: MixerEvent): void {
    if (this.#pending === undefined) this.#pending = [event];
    else this.#pending.push(event);
  }

  /** The caller owns the array. */
  take(): readonly MixerEvent[] | undefined {
    const events = this.#pending;
    this.#pending = undefined;
    return events;
  }
}
