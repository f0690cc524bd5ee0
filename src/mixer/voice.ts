import { Fade } from './fade.ts';
import { LEAST_FADE_MS } from './fade-times.ts';
import type { MixerEvents } from './mixer-event.ts';
import { PlaybackQueue } from './playback-queue.ts';
import { Track } from './track.ts';

/** The playback queue as it is heard: it can be cut without a click. */
export class Voice {
  /** The gains of all that was heard in the latest frame, added up. */
  bound = 0;
  readonly #events: MixerEvents;
  readonly #rateHz: number;
  readonly #fadeSamples: number;
  #track: Track<PlaybackQueue>;
  /** What was cut by flushes and is fading. */
  #cut: Track<PlaybackQueue>[] = [];
  #earlierUnderrunSamples = 0;

  constructor(events: MixerEvents, rateHz: number) {
    this.#events = events;
    this.#rateHz = rateHz;
    this.#fadeSamples = Math.round((LEAST_FADE_MS * rateHz) / 1000);
    this.#track = this.#fresh();
  }

  get queue(): PlaybackQueue {
    return this.#track.source;
  }

  get active(): boolean {
    return !this.#track.source.empty || this.#cut.length > 0;
  }

  /** An item is heard in the latest frame, or has begun and waits for its next samples. */
  get speaking(): boolean {
    return this.#track.source.playing || this.#track.heardSamples > 0;
  }

  get underrunSamples(): number {
    return this.#earlierUnderrunSamples + this.#track.source.underrunSamples;
  }

  /** The old queue fades in the background; a fresh one takes its place, so what is queued next starts at once. */
  flush(position: number): void {
    const track = this.#track;
    const heard = track.source.playing && track.heardSamples > 0;
    track.source.flush(position);
    this.#earlierUnderrunSamples += track.source.underrunSamples;
    this.#track = this.#fresh();
    if (!heard) return;
    track.leave(this.#fadeSamples);
    this.#cut.push(track);
  }

  /** Adds the next `count` samples to `sum`. */
  mixInto(sum: Float64Array, count: number, position: number): void {
    this.#track.mixInto(sum, count, position);
    this.bound = this.#track.bound;
    if (this.#cut.length === 0) return;
    for (const track of this.#cut) {
      track.mixInto(sum, count, position);
      this.bound += track.bound;
    }
    this.#cut = this.#cut.filter((track) => !track.over);
  }

  #fresh(): Track<PlaybackQueue> {
    const queue = new PlaybackQueue(this.#events, this.#rateHz);
    return new Track('', queue, 1, new Fade(1));
  }
}
