import type { SipResponse } from '../message/message.ts';
import type { SipTrunk } from '../trunk.ts';
import { allowHeader, supportedWithinDialog } from './capabilities.ts';
import type { DialogClient } from './dialog-client.ts';
import { type OfferRequest, SentOffer, type SentOfferUser } from './sent-offer.ts';
import type { SessionHost, Timed } from './session-host.ts';
import type { SessionTimer } from './session-timer.ts';

export interface OwnOffersUser {
  /** Whether an INVITE or UPDATE of ours would meet one of the peer's that is not over. */
  readonly isPeerBusy: boolean;
  handleOfferDone(outcome: OfferOutcome): void;
  /** The dialog cannot go on. */
  handleBroken(by: 'timeout' | 'remote', nowMs: number): void;
}

export type OfferOutcome =
  /** `isRefresh`: nobody had asked for it. */
  | { readonly kind: 'answered'; readonly answer: string; readonly isRefresh: boolean }
  | { readonly kind: 'refused'; readonly statusCode: number };

interface OwnOffer {
  readonly method: OfferRequest['method'];
  readonly sdp: string | undefined;
  /** Only says that we are still there; nobody above waits for it. */
  readonly isRefresh: boolean;
  readonly attempts: number;
  readonly sent: SentOffer | undefined;
}

/**
 * What we offer within a dialog, one offer at a time: sent when the peer is not busy, sent again after a glare, and the
 * refreshes of the session timer.
 *
 * @see RFC 3261 section 14.1, RFC 4028 section 7.4
 */
export class OwnOffers implements SentOfferUser, Timed {
  readonly #host: SessionHost;
  readonly #client: DialogClient;
  readonly #trunk: SipTrunk;
  readonly #timer: SessionTimer;
  readonly #user: OwnOffersUser;
  #own: OwnOffer | undefined;

  constructor(
    host: SessionHost,
    client: DialogClient,
    trunk: SipTrunk,
    timer: SessionTimer,
    user: OwnOffersUser,
  ) {
    this.#host = host;
    this.#client = client;
    this.#trunk = trunk;
    this.#timer = timer;
    this.#user = user;
  }

  get isOpen(): boolean {
    return this.#own !== undefined;
  }

  /** An offer is with the peer. */
  get isSent(): boolean {
    return this.#own?.sent !== undefined && this.#own.sdp !== undefined;
  }

  begin(method: OfferRequest['method'], sdp: string, nowMs: number): void {
    this.#own = { method, sdp, isRefresh: false, attempts: 0, sent: undefined };
    this.sendWaiting(nowMs);
  }

  /**
   * Says that the session is still there: by UPDATE where the peer knows it, else by an INVITE with the description that
   * holds already. A request of ours that is under way or waits says it too.
   */
  refresh(description: string | undefined, nowMs: number): void {
    if (this.#own !== undefined) return;
    const { allowsUpdate } = this.#client.dialog;
    if (!allowsUpdate && description === undefined) return;
    const change = allowsUpdate
      ? ({ method: 'UPDATE', sdp: undefined } as const)
      : ({ method: 'INVITE', sdp: description } as const);
    this.#own = { ...change, isRefresh: true, attempts: 0, sent: undefined };
    this.sendWaiting(nowMs);
  }

  /** "A UAC MUST NOT initiate a new INVITE transaction while another is in progress in either direction" (14.1). */
  sendWaiting(nowMs: number): void {
    const own = this.#own;
    if (own === undefined || own.sent !== undefined || this.#user.isPeerBusy) return;
    const headers = [allowHeader, supportedWithinDialog(this.#trunk), ...this.#timer.requestHeaders()];
    const sent = new SentOffer(this.#host, this.#client, { ...own, headers }, this, nowMs);
    this.#own = { ...own, attempts: own.attempts + 1, sent };
  }

  /** The peer offers while ours waits to be sent again: ours describes media that are about to change. */
  giveWay(): void {
    const own = this.#own;
    if (own === undefined || own.sent !== undefined || own.sdp === undefined) return;
    this.close();
    if (!own.isRefresh) this.#user.handleOfferDone({ kind: 'refused', statusCode: 491 });
  }

  close(): void {
    this.#own = undefined;
    this.#host.schedule(this, undefined);
  }

  /** The wait after a glare is over. */
  handleTimeout(nowMs: number): void {
    this.sendWaiting(nowMs);
  }

  handleOfferAnswered(answer: string | undefined, response: SipResponse, nowMs: number): void {
    const own = this.#own;
    this.#own = undefined;
    this.#timer.handleAnswered(response, nowMs);
    if (own === undefined) return;
    const { isRefresh } = own;
    if (answer !== undefined) this.#user.handleOfferDone({ kind: 'answered', answer, isRefresh });
    else if (!isRefresh) this.#user.handleOfferDone({ kind: 'refused', statusCode: response.statusCode });
  }

  handleOfferRefused(statusCode: number, response: SipResponse | undefined, nowMs: number): void {
    const own = this.#own;
    if (own === undefined) return;
    if (statusCode === 491 && own.attempts < MAX_ATTEMPTS) {
      this.#own = { ...own, sent: undefined };
      this.#host.schedule(this, nowMs + this.#glareDelayMs());
      return;
    }
    if (statusCode === 422 && response !== undefined && this.#timer.raise(response)) {
      this.#own = { ...own, sent: undefined };
      this.sendWaiting(nowMs);
      return;
    }
    this.#own = undefined;
    // "If the response is 481 or 408, or no response at all", the dialog ends (RFC 3261 section 12.2.1.2).
    if (statusCode === 481) this.#user.handleBroken('remote', nowMs);
    else if (statusCode === 408) this.#user.handleBroken('timeout', nowMs);
    else {
      this.#timer.handleRefreshRefused(nowMs);
      if (!own.isRefresh) this.#user.handleOfferDone({ kind: 'refused', statusCode });
    }
  }

  /** RFC 3261 section 14.1: the owner of the Call-ID waits longer, in units of 10 ms. */
  #glareDelayMs(): number {
    const [fromMs, toMs] = this.#client.dialog.isCaller ? [2100, 4000] : [0, 2000];
    return fromMs + Math.round((this.#host.random() * (toMs - fromMs)) / 10) * 10;
  }
}

/** Ours: a peer that answers 491 for ever is let go. */
const MAX_ATTEMPTS = 5;
