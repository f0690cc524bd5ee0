import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { SipTlsReload } from '../net/sip-transport.ts';
import type { TlsRefusal, TlsTrouble } from '../net/tls-trouble.ts';

/** Counts and tells what goes wrong over TLS, and what certificates are in use. */
export class TlsReport {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #counts: Map<TlsRefusal, number> = new Map();
  /** When a line of each reason was last written, and what was passed over since. */
  readonly #told: Map<TlsRefusal, { atMs: number; since: number }> = new Map();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  get refusals(): ReadonlyMap<TlsRefusal, number> {
    return this.#counts;
  }

  /** A flood fills no disk: a line for each reason and second, with the number of those left out before it. */
  note({ reason, ...fields }: TlsTrouble): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const nowMs = this.#clock.nowMs();
    const told = this.#told.get(reason);
    if (told !== undefined && nowMs - told.atMs < SILENT_MS) {
      told.since += 1;
      return;
    }
    this.#told.set(reason, { atMs: nowMs, since: 0 });
    const unsaid = told === undefined || told.since === 0 ? {} : { unsaid: told.since };
    this.#log.warn({ reason, ...fields, ...unsaid }, 'a TLS connection did not come about');
  }

  noteReload(listeners: readonly SipTlsReload[], identities: string | undefined): void {
    for (const listener of listeners) this.judge(listener);
    if (identities !== undefined) this.#log.error({ reason: identities }, KEPT);
  }

  /** What a listener has read. An expired certificate is used all the same: some peers do not look. */
  judge(reload: SipTlsReload): void {
    const { address, port } = reload.listening;
    const listener = { address, port };
    if (reload.kind === 'kept') {
      this.#log.error({ listener, reason: reload.trouble }, KEPT);
      return;
    }
    for (const { names, validFrom, validTo } of reload.certificates) {
      const fields = { listener, names, validFrom: validFrom.toISOString(), validTo: validTo.toISOString() };
      const nowMs = Date.now();
      if (validTo.getTime() <= nowMs) this.#log.warn(fields, 'the certificate has expired');
      else if (validFrom.getTime() > nowMs) this.#log.warn(fields, 'the certificate is not valid yet');
      else if (validTo.getTime() - nowMs < EXPIRES_SOON_MS)
        this.#log.warn(fields, 'the certificate expires soon');
      else this.#log.info(fields, 'certificate in use');
    }
  }
}

const KEPT = 'the new certificates cannot be used: the old ones stay';
const SILENT_MS = 1000;
/** Ours: two weeks, in which a renewal that did not happen can still be made. */
const EXPIRES_SOON_MS = 14 * 86_400_000;
