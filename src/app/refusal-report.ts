import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Flow } from '../sip/flow.ts';

/** What a source was refused. */
export interface RefusedSource {
  /** A literal of ours, the label of a count. */
  readonly reason: string;
  readonly address: string;
  readonly transport: Flow['transport'];
  /** What it was answered; absent: nothing. */
  readonly statusCode?: number | undefined;
}

/**
 * Tells the log who is refused and why. A flood fills no disk: of each source and reason there is a line a minute, and of
 * more sources than are remembered there is none.
 */
export class RefusalReport {
  readonly #log: Logger;
  readonly #clock: Clock;
  /** The latest last. */
  readonly #told: Map<string, { atMs: number; unsaid: number }> = new Map();
  #fullSinceMs: number | undefined;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  note(refused: RefusedSource): void {
    const key = `${refused.reason} ${refused.address}`;
    const nowMs = this.#clock.nowMs();
    const told = this.#told.get(key);
    if (told !== undefined && nowMs - told.atMs < SILENT_MS) {
      told.unsaid += 1;
      return;
    }
    this.#told.delete(key);
    if (!this.#hasRoom(nowMs)) return;
    this.#told.set(key, { atMs: nowMs, unsaid: 0 });
    const unsaid = told === undefined || told.unsaid === 0 ? {} : { unsaid: told.unsaid };
    this.#log.warn({ ...refused, ...unsaid }, 'a SIP source is refused');
  }

  #hasRoom(nowMs: number): boolean {
    if (this.#told.size >= MOST_REMEMBERED) {
      for (const [key, { atMs }] of this.#told) {
        if (nowMs - atMs < SILENT_MS) break;
        this.#told.delete(key);
      }
    }
    if (this.#told.size < MOST_REMEMBERED) return true;
    if (this.#fullSinceMs === undefined || nowMs - this.#fullSinceMs >= SILENT_MS) {
      this.#fullSinceMs = nowMs;
      this.#log.warn(
        { sources: MOST_REMEMBERED },
        'so many SIP sources are refused that others are only counted',
      );
    }
    return false;
  }
}

const SILENT_MS = 60_000;
const MOST_REMEMBERED = 500;
