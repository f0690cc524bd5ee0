/** Passes a caller on by asking the caller's own side to call somebody else (REFER, RFC 3515). */
import type { Timers } from '../clock.ts';
import { SwitchError } from '../errors.ts';
import { parseNameAddress, serializeNameAddress } from '../sip/message/name-address.ts';
import type { CallMetrics } from './metrics.ts';
import { routeOutbound } from './outbound-routes.ts';
import type { CallFailure } from './placed-call.ts';
import type { SessionCall } from './session-call.ts';

export interface ReferTransferOptions {
  readonly call: SessionCall;
  readonly target: string;
  readonly timeoutMs: number;
  readonly timers: Timers;
  readonly metrics: CallMetrics;
  /** The caller's side has somebody else, and no use for us. */
  readonly onDone: () => void;
  readonly onFailed: (failure: CallFailure) => void;
}

export class ReferTransfer {
  readonly #options: ReferTransferOptions;
  #isOver = false;
  #cancelTimer: () => void = () => undefined;

  constructor(options: ReferTransferOptions) {
    this.#options = options;
  }

  start(): void {
    const { call, target, timers, timeoutMs } = this.#options;
    const uri = referTarget(call, target, this.#options.metrics);
    if (typeof uri !== 'string') {
      this.#fail(uri);
      return;
    }
    this.#cancelTimer = timers.schedule(timeoutMs, () =>
      this.#fail({ statusCode: 408, reason: 'no-answer' }),
    );
    call.line.refer(uri, {});
  }

  handleReferred(statusCode: number, isFinal: boolean): void {
    if (this.#isOver || !isFinal) return;
    if (statusCode >= 300) {
      this.#fail({ statusCode, reason: 'failed' });
      return;
    }
    this.end();
    this.#options.onDone();
  }

  end(): void {
    this.#isOver = true;
    this.#cancelTimer();
  }

  #fail(failure: CallFailure): void {
    if (this.#isOver) return;
    this.end();
    this.#options.onFailed(failure);
  }
}

/** What Refer-To says: whom our own calls may not reach, nobody is asked to call for us. */
export function referTarget(call: SessionCall, target: string, metrics: CallMetrics): string | CallFailure {
  const { outboundRules: rules, trunk, log } = call;
  const over = trunk !== undefined && rules.trunks.has(trunk) ? trunk : undefined;
  const routed = routeOutbound(rules, target, over);
  if (routed.ok) return routed.value.requestUri;
  log.warn({ reason: routed.reason, to: target }, 'a call to somebody else is refused');
  metrics.outboundRefused(routed.reason);
  const error = new SwitchError(routed.reason);
  return { statusCode: error.sipStatus, reason: routed.reason, error };
}

/** What Referred-By says (RFC 3892) of a URI or name-addr; undefined where it is neither. */
export function referredByOf(text: string): string | undefined {
  const parsed = parseNameAddress(/^[a-z]+:/i.test(text) ? `<${text}>` : text);
  return parsed && serializeNameAddress(parsed);
}
