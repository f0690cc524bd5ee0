import type { Clock } from '../clock.ts';
import type { Download, DownloadRefusal, Validators } from './download.ts';
import { OctetsCache } from './octets-cache.ts';
import type { Refused } from './refusal.ts';

export interface WebSoundsOptions {
  readonly download: (url: string, known: Validators | undefined) => Promise<Download>;
  readonly clock: Clock;
  readonly capacityOctets: number;
}

export type WebSound = { readonly ok: true; readonly value: Uint8Array } | Refused<DownloadRefusal>;

/**
 * Sounds from the web, kept for as long as their server says, then asked for again only if they have changed. A
 * server that cannot be reached by then does not take away what it once gave (RFC 5861 section 4).
 *
 * @see RFC 9111
 */
export class WebSounds {
  readonly #options: WebSoundsOptions;
  readonly #kept: OctetsCache<Kept>;
  /** Downloads under way: whoever wants the same sound waits for the same one. */
  readonly #running = new Map<string, Promise<WebSound>>();

  constructor(options: WebSoundsOptions) {
    this.#options = options;
    this.#kept = new OctetsCache(options.capacityOctets, ({ octets }) => octets.length);
  }

  /** The same octets are the same object, as long as they are kept. */
  get(address: string): Promise<WebSound> {
    const key = URL.parse(address)?.href.replace(/#.*$/, '') ?? address;
    const kept = this.#kept.get(key);
    if (kept !== undefined && this.#options.clock.nowMs() < kept.freshUntilMs)
      return Promise.resolve({ ok: true, value: kept.octets });
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const download = this.#fetch(key, kept).finally(() => this.#running.delete(key));
    this.#running.set(key, download);
    return download;
  }

  async #fetch(key: string, kept: Kept | undefined): Promise<WebSound> {
    const answer = await this.#options.download(key, kept?.validators);
    if (!answer.ok) {
      if (kept === undefined || !passing.has(answer.reason)) return answer;
      this.#keep(key, { ...kept, freshUntilMs: this.#options.clock.nowMs() + AFTER_FAILURE_MS });
      return { ok: true, value: kept.octets };
    }
    const octets = answer.octets ?? kept?.octets;
    if (octets === undefined)
      return { ok: false, reason: 'http-status', detail: 'HTTP 304 to a first request' };
    const validators =
      answer.octets === undefined ? (kept?.validators ?? answer.validators) : answer.validators;
    const freshMs = freshnessMs(answer.cacheControl);
    if (freshMs === undefined) this.#kept.delete(key);
    else this.#keep(key, { octets, validators, freshUntilMs: this.#options.clock.nowMs() + freshMs });
    return { ok: true, value: octets };
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.set(key, kept);
  }
}

interface Kept {
  readonly octets: Uint8Array;
  readonly validators: Validators;
  readonly freshUntilMs: number;
}

/** Undefined for what must not be kept. */
function freshnessMs(cacheControl: string): number | undefined {
  const directives = cacheControl.toLowerCase();
  if (/\bno-store\b/.test(directives)) return undefined;
  if (/\bno-cache\b/.test(directives)) return 0;
  const age = /\bmax-age=(\d+)/.exec(directives)?.[1];
  return age === undefined ? UNTOLD_MS : Math.min(Number(age) * 1000, LONGEST_MS);
}

/** Refusals that may be over in a minute. */
const passing: ReadonlySet<DownloadRefusal> = new Set(['unreachable', 'http-status', 'download-timed-out']);
/** Where a server says nothing about it: a changed file is picked up a minute later. */
const UNTOLD_MS = 60_000;
const LONGEST_MS = 24 * 3_600_000;
const AFTER_FAILURE_MS = 10_000;
