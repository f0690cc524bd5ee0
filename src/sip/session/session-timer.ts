import type { HeaderField, SipRequest, SipResponse } from '../message/message.ts';
import { type SessionExpires, serializeSessionExpires } from '../message/session-timer.ts';
import { hasOptionTag, minSeOf, sessionExpiresOf } from '../message/views.ts';
import type { SessionTimerPolicy } from '../trunk.ts';
import type { SessionHost, Timed } from './session-host.ts';

export interface SessionTimerUser {
  /** The time has come to refresh the session; told again until it succeeds or the session expires. */
  handleRefreshDue(nowMs: number): void;
  /** Nobody has refreshed the session. */
  handleExpired(nowMs: number): void;
}

/** What has been agreed: plain data, to be stored with the dialog. */
export interface AgreedTimer {
  readonly intervalS: number;
  readonly isRefresher: boolean;
}

/**
 * The time by which one of both sides must have said that the call is still there. Every INVITE and UPDATE agrees on it
 * anew, and starts it again.
 *
 * @see RFC 4028
 */
export class SessionTimer implements Timed {
  readonly #host: SessionHost;
  readonly #policy: SessionTimerPolicy;
  readonly #user: SessionTimerUser;
  #agreed: AgreedTimer | undefined;
  /** What is asked for in requests: more than the policy says once the peer found that too little. */
  #minS: number;
  #refreshAtMs: number | undefined;
  #expireAtMs = 0;

  constructor(host: SessionHost, policy: SessionTimerPolicy, user: SessionTimerUser) {
    this.#host = host;
    this.#policy = policy;
    this.#user = user;
    this.#minS = policy.minS;
  }

  get agreed(): AgreedTimer | undefined {
    return this.#agreed;
  }

  /** What an INVITE or UPDATE of ours says. "The UAC SHOULD include the refresher parameter" once roles are known. */
  requestHeaders(): HeaderField[] {
    const { mode, intervalS } = this.#policy;
    if (mode === 'off') return [];
    const minimum = this.#minS > DEFAULT_MIN_S ? [{ name: 'Min-SE', value: String(this.#minS) }] : [];
    if (this.#agreed === undefined) {
      // Nothing was asked for by us; but a 422 says that somebody on the way did.
      if (mode === 'accept' && this.#minS === this.#policy.minS) return minimum;
      return [
        expiresHeader({ intervalSeconds: Math.max(intervalS, this.#minS), refresher: undefined }),
        ...minimum,
      ];
    }
    const intervalSeconds = Math.max(this.#agreed.intervalS, this.#minS);
    const refresher = this.#agreed.isRefresher ? 'uac' : 'uas';
    return [expiresHeader({ intervalSeconds, refresher }), ...minimum];
  }

  /** Our request was refused with 422. False: trying again would change nothing. */
  raise(refusal: SipResponse): boolean {
    const wantedS = minSeOf(refusal);
    if (wantedS === undefined || wantedS <= this.#minS || wantedS > LONGEST_S) return false;
    this.#minS = wantedS;
    return true;
  }

  /** The 2xx to our request. */
  handleAnswered(response: SipResponse, nowMs: number): void {
    const { mode, intervalS, minS } = this.#policy;
    const granted = mode === 'off' ? undefined : sessionExpiresOf(response);
    if (granted !== undefined) {
      const isRefresher = granted.refresher !== 'uas';
      // Who grants less than the least there is, would have us refresh without end.
      this.#start({ intervalS: Math.max(granted.intervalSeconds, minS), isRefresher }, nowMs);
    } else if (mode === 'request') {
      // The peer knows no timers: that it answers our refreshes is all we ask (section 7.2).
      this.#start({ intervalS: Math.max(intervalS, this.#minS), isRefresher: true }, nowMs);
    } else this.stop();
  }

  /** What our 2xx to the peer's request says; the timer starts with it. @see RFC 4028 section 9, table 2 */
  accept(request: SipRequest, nowMs: number): HeaderField[] {
    const { mode, intervalS, minS } = this.#policy;
    const asked = sessionExpiresOf(request);
    if (mode === 'off' || (asked === undefined && mode === 'accept')) {
      this.stop();
      return [];
    }
    const isSupported = hasOptionTag(request, 'Supported', 'timer');
    const refresher = isSupported ? (asked?.refresher ?? 'uac') : 'uas';
    const leastS = Math.max(minS, minSeOf(request) ?? 0);
    const intervalSeconds = Math.max(asked?.intervalSeconds ?? intervalS, leastS);
    this.#start({ intervalS: intervalSeconds, isRefresher: refresher === 'uas' }, nowMs);
    const required = isSupported ? [{ name: 'Require', value: 'timer' }] : [];
    return [...required, expiresHeader({ intervalSeconds, refresher })];
  }

  /** Goes on with what another process agreed on. */
  resume(agreed: AgreedTimer, nowMs: number): void {
    this.#start(agreed, nowMs);
  }

  /** The refresh was refused, and the call is still there: it is tried again before the session expires. */
  handleRefreshRefused(nowMs: number): void {
    if (this.#agreed?.isRefresher !== true || this.#refreshAtMs !== undefined) return;
    this.#refreshAtMs = nowMs + Math.max(MIN_RETRY_MS, (this.#expireAtMs - nowMs) / 4);
    this.#schedule();
  }

  stop(): void {
    this.#agreed = undefined;
    this.#host.schedule(this, undefined);
  }

  handleTimeout(nowMs: number): void {
    if (nowMs >= this.#expireAtMs) {
      this.stop();
      this.#user.handleExpired(nowMs);
      return;
    }
    this.#refreshAtMs = undefined;
    this.#schedule();
    this.#user.handleRefreshDue(nowMs);
  }

  #start(agreed: AgreedTimer, nowMs: number): void {
    const intervalMs = Math.min(agreed.intervalS, LONGEST_S) * 1000;
    this.#agreed = agreed;
    this.#refreshAtMs = agreed.isRefresher ? nowMs + intervalMs / 2 : undefined;
    // "a BYE … min(32 seconds, 1/3 session interval) before the session expiration" (section 10).
    this.#expireAtMs = nowMs + intervalMs - Math.min(EXPIRY_MARGIN_MS, intervalMs / 3);
    this.#schedule();
  }

  #schedule(): void {
    this.#host.schedule(this, Math.min(this.#refreshAtMs ?? Infinity, this.#expireAtMs));
  }
}

function expiresHeader(value: SessionExpires): HeaderField {
  return { name: 'Session-Expires', value: serializeSessionExpires(value) };
}

/** What Min-SE means when it is not there (RFC 4028 section 5). */
const DEFAULT_MIN_S = 90;
/** Ours: eleven days. No call lasts longer, and timers of the runtime do not hold much more. */
const LONGEST_S = 1_000_000;
const EXPIRY_MARGIN_MS = 32_000;
const MIN_RETRY_MS = 1000;
