import type { LogFields, Logger } from '../logger.ts';

/**
 * The log of a call of ours: what names it in each line is known only when its INVITE is on its way, and is another when
 * the next server is tried.
 */
export class OutboundCallLog implements Logger {
  readonly #log: Logger;
  #named: Logger;

  constructor(log: Logger) {
    this.#log = log;
    this.#named = log;
  }

  /** `fields` in place of those it was named with before. */
  name(fields: LogFields): void {
    this.#named = this.#log.child(fields);
  }

  debug(fields: LogFields, message: string): void {
    this.#named.debug(fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#named.info(fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#named.warn(fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#named.error(fields, message);
  }

  child(fields: LogFields): Logger {
    return this.#named.child(fields);
  }
}
