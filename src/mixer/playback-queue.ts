import type { MixerEvents } from './mixer-event.ts';
import type { Source } from './source.ts';

/**
 * What is to be heard one after the other: speech and queued clips, first in, first out, without a gap. A whole
 * clip is an item that has all its samples from the start; the samples of a stream come while it plays.
 */
export class PlaybackQueue implements Source {
  samples: Int16Array = NO_SAMPLES;
  offset = 0;
  /** Silence that was heard because a stream's samples came late. */
  underrunSamples = 0;
  readonly #items: Item[] = [];
  readonly #events: MixerEvents;
  readonly #rateHz: number;
  #muted = false;
  /** The mixer's position of the next sample. */
  #atSamples = 0;

  constructor(events: MixerEvents, rateHz: number) {
    this.#events = events;
    this.#rateHz = rateHz;
  }

  get empty(): boolean {
    return this.#items.length === 0;
  }

  /** An item has begun and is not over. */
  get playing(): boolean {
    return this.#items.length > 0 && this.#items[0]!.started;
  }

  /** The queue may always get another item. */
  get ended(): boolean {
    return false;
  }

  open(playoutId: number): void {
    this.#items.push({
      playoutId,
      first: undefined,
      last: undefined,
      playedSamples: 0,
      started: false,
      complete: false,
      dryAtSamples: undefined,
    });
  }

  /**
   * Adds to an item and keeps the array. Samples for an item no longer here are dropped: it was flushed while
   * they were being made.
   */
  append(playoutId: number, samples: Int16Array): void {
    const item = this.#find(playoutId);
    if (item === undefined || samples.length === 0) return;
    const piece: Piece = { samples, next: undefined };
    if (item.last === undefined) item.first = piece;
    else item.last.next = piece;
    item.last = piece;
  }

  complete(playoutId: number): void {
    const item = this.#find(playoutId);
    if (item !== undefined) item.complete = true;
  }

  /** Ends what plays and forgets what waits. The samples at the head stay, unannounced, to be faded out. */
  flush(atSamples: number): void {
    const head = this.#items[0];
    if (head === undefined) return;
    this.#items.length = 1;
    if (head.started) this.#tellEnd(head, atSamples, 'flushed');
    this.#muted = true;
  }

  ready(atSamples: number): number {
    for (let head = this.#items[0]; head !== undefined; head = this.#items[0]) {
      if (head.first !== undefined) {
        if (!head.started) this.#tellStart(head, atSamples);
        else if (head.dryAtSamples !== undefined) this.underrunSamples += atSamples - head.dryAtSamples;
        head.dryAtSamples = undefined;
        this.#atSamples = atSamples;
        if (this.samples !== head.first.samples) {
          this.samples = head.first.samples;
          this.offset = 0;
        }
        return this.samples.length - this.offset;
      }
      if (!head.complete) {
        if (head.started) head.dryAtSamples ??= atSamples;
        return 0;
      }
      if (!head.started) this.#tellStart(head, atSamples);
      this.#finish(head, head.dryAtSamples ?? atSamples);
    }
    return 0;
  }

  advance(count: number): void {
    const head = this.#items[0]!;
    head.playedSamples += count;
    this.offset += count;
    this.#atSamples += count;
    if (this.offset < this.samples.length) return;
    this.samples = NO_SAMPLES;
    head.first = head.first!.next;
    if (head.first !== undefined) return;
    head.last = undefined;
    if (head.complete) this.#finish(head, this.#atSamples);
  }

  #finish(head: Item, atSamples: number): void {
    this.#items.shift();
    this.#tellEnd(head, atSamples, 'finished');
  }

  #tellStart(item: Item, atSamples: number): void {
    item.started = true;
    if (this.#muted) return;
    this.#events.push({ kind: 'playout-started', playoutId: item.playoutId, atSamples });
  }

  #tellEnd(item: Item, atSamples: number, cause: 'finished' | 'flushed'): void {
    if (this.#muted) return;
    const { playoutId, playedSamples } = item;
    const playedMs = (playedSamples * 1000) / this.#rateHz;
    this.#events.push({ kind: 'playout-ended', playoutId, atSamples, playedSamples, playedMs, cause });
  }

  #find(playoutId: number): Item | undefined {
    return this.#items.find((item) => item.playoutId === playoutId);
  }
}

interface Item {
  readonly playoutId: number;
  /** The pieces not yet played; a chain, so that playing one is no more than a step. */
  first: Piece | undefined;
  last: Piece | undefined;
  playedSamples: number;
  started: boolean;
  /** No more pieces will come. */
  complete: boolean;
  /** Since when a started stream has nothing to play. */
  dryAtSamples: number | undefined;
}

interface Piece {
  readonly samples: Int16Array;
  next: Piece | undefined;
}

const NO_SAMPLES: Int16Array = new Int16Array(0);
