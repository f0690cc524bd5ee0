/** Tells whether a new call can be taken: one that is refused at once can go elsewhere, one that waits is lost with the others. */
export interface LoadGuardOptions {
  /** Of all sources together; undefined: as many as can be followed. */
  readonly maxSetupsPerSecond: number | undefined;
  /** For how long the oldest call that was taken has been waiting for its media; undefined: none waits. */
  readonly longestOpeningMs: (nowMs: number) => number | undefined;
}

/**
 * Why a call is not taken: more of them a second than the configuration allows; messages, or calls for their media, wait
 * for too long; or the media workers are late with every packet of the calls there are.
 */
export type Overload = 'setup-rate' | 'signalling-late' | 'media-opening-late' | 'media-late';

export class LoadGuard {
  readonly #options: LoadGuardOptions;
  /** By listener, those whose socket has not been empty since. */
  readonly #unreadSinceMs: Map<string, number> = new Map();
  /** By worker: half of the slots of the last second were later. */
  readonly #latenessMs: Map<number, number> = new Map();
  #setups: number;
  #filledAtMs = 0;

  constructor(options: LoadGuardOptions) {
    this.#options = options;
    this.#setups = options.maxSetupsPerSecond ?? 0;
  }

  /** A turn of the event loop has read what had come; `isUnread`: there may be more than it reads at a time. */
  noteTurn(listener: string, isUnread: boolean, nowMs: number): void {
    if (!isUnread) this.#unreadSinceMs.delete(listener);
    else if (!this.#unreadSinceMs.has(listener)) this.#unreadSinceMs.set(listener, nowMs);
  }

  noteMediaLateness(worker: number, medianMs: number): void {
    this.#latenessMs.set(worker, medianMs);
  }

  /** A new call has come; undefined: it can be taken, and is counted. */
  judge(nowMs: number): Overload | undefined {
    const { maxSetupsPerSecond, longestOpeningMs } = this.#options;
    for (const sinceMs of this.#unreadSinceMs.values())
      if (nowMs - sinceMs > LONGEST_UNREAD_MS) return 'signalling-late';
    if ((longestOpeningMs(nowMs) ?? 0) > LONGEST_OPENING_MS) return 'media-opening-late';
    if (this.#latenessMs.size > 0 && Math.min(...this.#latenessMs.values()) > LONGEST_LATENESS_MS)
      return 'media-late';
    return maxSetupsPerSecond === undefined ? undefined : this.#take(maxSetupsPerSecond, nowMs);
  }

  #take(perSecond: number, nowMs: number): 'setup-rate' | undefined {
    this.#setups = Math.min(perSecond, this.#setups + ((nowMs - this.#filledAtMs) / 1000) * perSecond);
    this.#filledAtMs = nowMs;
    if (this.#setups < 1) return 'setup-rate';
    this.#setups -= 1;
    return undefined;
  }
}

/**
 * Ours. What waits unread has waited for no longer than the socket was never empty; callers repeat an INVITE after half a
 * second, and then everything is to be read twice.
 */
const LONGEST_UNREAD_MS = 300;
/** Ours: a worker takes about a millisecond. */
const LONGEST_OPENING_MS = 500;
/** Ours: half a tick. What is late by chance is late less often. */
const LONGEST_LATENESS_MS = 10;
