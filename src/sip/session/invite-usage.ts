import { type Dialog, refreshTarget } from '../dialog/dialog.ts';
import type { HeaderField, SipRequest } from '../message/message.ts';
import { responseTo } from '../response.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { SipEvent, SipSessionId } from '../user-agent-events.ts';
import { allowHeader, sdpContentType, supportedHeader } from './capabilities.ts';
import { ReceivedInvite, type ReceivedInviteUser } from './received-invite.ts';
import { SentReinvite, type SentReinviteUser } from './sent-reinvite.ts';
import { readSessionBody } from './session-body.ts';
import type { SessionHost, Timed } from './session-host.ts';

export interface InviteUsageUser {
  readonly id: SipSessionId;
  tell(event: SipEvent): void;
  /** The ACK to the first INVITE's 2xx. */
  handleConfirmed(answer: string | undefined, nowMs: number): void;
  /** The dialog cannot go on: an ACK never came, or the peer does not know the dialog. */
  handleBroken(by: 'timeout' | 'remote', nowMs: number): void;
}

interface OwnReinvite {
  readonly sdp: string;
  readonly attempts: number;
  readonly sent: SentReinvite | undefined;
}

/**
 * Offers and answers of one dialog: the INVITEs and UPDATEs of both sides, one at a time, and what happens when they
 * meet.
 *
 * @see RFC 3261 section 14, RFC 3311, RFC 5407 section 3
 */
export class InviteUsage implements ReceivedInviteUser, SentReinviteUser, Timed {
  readonly #host: SessionHost;
  readonly #dialog: Dialog;
  readonly #user: InviteUsageUser;
  /** The first INVITE of a call that came in, until its ACK. */
  #first: ReceivedInvite | undefined;
  /** The peer's INVITEs that are not over: at most one without a final response, others waiting for their ACK. */
  #received: ReceivedInvite[] = [];
  #update: ServerTransaction | undefined;
  #own: OwnReinvite | undefined;

  constructor(host: SessionHost, dialog: Dialog, user: InviteUsageUser) {
    this.#host = host;
    this.#dialog = dialog;
    this.#user = user;
  }

  get first(): ReceivedInvite | undefined {
    return this.#first;
  }

  begin(transaction: ServerTransaction, nowMs: number): ReceivedInvite {
    this.#first = this.#receive(transaction, nowMs);
    return this.#first;
  }

  handleInvite(transaction: ServerTransaction, nowMs: number): void {
    if (this.#refuseGlare(transaction, true, nowMs)) return;
    const received = this.#receive(transaction, nowMs);
    transaction.user = {
      localTag: this.#dialog.localTag,
      handleCancel: (cancelledAtMs) => {
        received.refuse(487, {}, cancelledAtMs);
        this.#sweep();
      },
    };
    this.#user.tell({ kind: 'reoffer', session: this.#user.id, offer: received.offer });
  }

  handleUpdate(transaction: ServerTransaction, nowMs: number): void {
    const body = readSessionBody(transaction.request);
    if (this.#refuseGlare(transaction, body.kind === 'sdp', nowMs)) return;
    if (body.kind !== 'sdp') {
      this.#acceptUpdate(transaction, undefined, nowMs);
      return;
    }
    this.#update = transaction;
    this.#user.tell({ kind: 'reoffer', session: this.#user.id, offer: body.sdp });
  }

  handleAck(ack: SipRequest, nowMs: number): void {
    for (const received of this.#received) {
      const acknowledged = received.handleAck(ack);
      if (acknowledged === undefined) continue;
      for (const earlier of this.#received) if (earlier.sequence < received.sequence) earlier.settle();
      this.#tellAcknowledged(received, acknowledged.answer, nowMs);
      this.#sweep();
      this.#sendWaiting(nowMs);
      return;
    }
  }

  /** Nothing happens when the offer has been taken back meanwhile. */
  accept(sdp: string, nowMs: number): void {
    const update = this.#update;
    const invite = this.#pendingInvite;
    if (update !== undefined) {
      this.#update = undefined;
      this.#acceptUpdate(update, sdp, nowMs);
    } else if (invite !== undefined) {
      refreshTarget(this.#dialog, invite.transaction.request);
      invite.accept(sdp, nowMs);
    }
  }

  refuse(statusCode: number, headers: readonly HeaderField[], nowMs: number): void {
    this.#pendingInvite?.refuse(statusCode, { headers }, nowMs);
    this.#sweep();
    if (this.#update === undefined) return;
    this.#respond(this.#update, statusCode, headers, undefined, nowMs);
    this.#update = undefined;
  }

  reinvite(sdp: string, nowMs: number): void {
    if (this.#own !== undefined || this.#isOfferOpen) {
      this.#user.tell({ kind: 'reinvite-refused', session: this.#user.id, statusCode: 491 });
      return;
    }
    this.#own = { sdp, attempts: 0, sent: undefined };
    this.#sendWaiting(nowMs);
  }

  /** The call ends: what is open is answered, what waits is dropped. */
  close(nowMs: number): void {
    this.refuse(487, [], nowMs);
    for (const received of this.#received) received.settle();
    this.#sweep();
    this.#own = undefined;
    this.#host.schedule(this, undefined);
  }

  /** The wait after a glare is over. */
  handleTimeout(nowMs: number): void {
    this.#sendWaiting(nowMs);
  }

  handleNoAck(nowMs: number): void {
    this.#sweep();
    this.#user.handleBroken('timeout', nowMs);
  }

  handleReinviteAnswered(answer: string | undefined): void {
    this.#own = undefined;
    const session = this.#user.id;
    this.#user.tell(
      answer === undefined
        ? { kind: 'reinvite-refused', session, statusCode: 200 }
        : { kind: 'reinvite-answered', session, answer },
    );
  }

  handleReinviteRefused(statusCode: number, nowMs: number): void {
    const own = this.#own;
    if (own === undefined) return;
    if (statusCode === 491 && own.attempts < MAX_ATTEMPTS) {
      this.#own = { ...own, sent: undefined };
      this.#host.schedule(this, nowMs + this.#glareDelayMs());
      return;
    }
    this.#own = undefined;
    // "If the response is 481 or 408, or no response at all", the dialog ends (RFC 3261 section 12.2.1.2).
    if (statusCode === 481) this.#user.handleBroken('remote', nowMs);
    else if (statusCode === 408) this.#user.handleBroken('timeout', nowMs);
    else this.#user.tell({ kind: 'reinvite-refused', session: this.#user.id, statusCode });
  }

  /** An ACK to a re-INVITE also confirms the call whose own ACK was lost. */
  #tellAcknowledged(received: ReceivedInvite, answer: string | undefined, nowMs: number): void {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) this.#user.handleConfirmed(received === first ? answer : undefined, nowMs);
    if (received !== first && answer !== undefined)
      this.#user.tell({ kind: 'reoffer-answered', session: this.#user.id, answer });
  }

  get #pendingInvite(): ReceivedInvite | undefined {
    return this.#received.find((received) => received.isPending);
  }

  /** An offer of either side waits for its answer, but for those in an INVITE of ours. */
  get #isOfferOpen(): boolean {
    return (
      this.#update !== undefined ||
      this.#received.some((received) => received.isPending || received.offer === undefined)
    );
  }

  /**
   * A lost ACK does not keep a new offer out when the exchange before it is complete, the 2xx having carried the
   * answer (RFC 5407 section 3.1.5).
   */
  #refuseGlare(transaction: ServerTransaction, hasOffer: boolean, nowMs: number): boolean {
    if (!hasOffer) return false;
    if (this.#pendingInvite !== undefined || this.#update !== undefined) {
      const seconds = Math.floor(this.#host.random() * 11);
      this.#respond(transaction, 500, [{ name: 'Retry-After', value: String(seconds) }], undefined, nowMs);
      return true;
    }
    if (this.#own?.sent === undefined && !this.#isOfferOpen) {
      this.#giveWay();
      return false;
    }
    this.#respond(transaction, 491, [], undefined, nowMs);
    return true;
  }

  /** The peer offers while ours waits to be sent again: ours describes media that are about to change. */
  #giveWay(): void {
    if (this.#own === undefined) return;
    this.#own = undefined;
    this.#host.schedule(this, undefined);
    this.#user.tell({ kind: 'reinvite-refused', session: this.#user.id, statusCode: 491 });
  }

  /** "A UAC MUST NOT initiate a new INVITE transaction while another is in progress in either direction" (14.1). */
  #sendWaiting(nowMs: number): void {
    const own = this.#own;
    if (own === undefined || own.sent !== undefined || this.#received.length > 0) return;
    const sent = new SentReinvite(this.#host, this.#dialog, own.sdp, this, nowMs);
    this.#own = { sdp: own.sdp, attempts: own.attempts + 1, sent };
  }

  /** RFC 3261 section 14.1: the owner of the Call-ID waits longer, in units of 10 ms. */
  #glareDelayMs(): number {
    const [fromMs, toMs] = this.#dialog.isCaller ? [2100, 4000] : [0, 2000];
    return fromMs + Math.round((this.#host.random() * (toMs - fromMs)) / 10) * 10;
  }

  #receive(transaction: ServerTransaction, nowMs: number): ReceivedInvite {
    const received = new ReceivedInvite(this.#host, transaction, this.#dialog.localTag, this);
    this.#received.push(received);
    received.trying(nowMs);
    return received;
  }

  #acceptUpdate(transaction: ServerTransaction, sdp: string | undefined, nowMs: number): void {
    refreshTarget(this.#dialog, transaction.request);
    const headers = [this.#host.contact(transaction.source), allowHeader, supportedHeader];
    if (sdp !== undefined) headers.push(sdpContentType);
    this.#respond(transaction, 200, headers, sdp, nowMs);
  }

  #respond(
    transaction: ServerTransaction,
    statusCode: number,
    headers: readonly HeaderField[],
    sdp: string | undefined,
    nowMs: number,
  ): void {
    const response = responseTo(transaction.request, statusCode, {
      toTag: this.#dialog.localTag,
      headers: [...headers, ...this.#host.responseHeaders],
      body: sdp === undefined ? undefined : Buffer.from(sdp, 'utf8'),
    });
    this.#host.servers.respond(transaction, response, nowMs);
  }

  #sweep(): void {
    this.#received = this.#received.filter((received) => received.isPending || received.isAwaitingAck);
  }
}

/** Ours: a peer that answers 491 for ever is let go. */
const MAX_ATTEMPTS = 5;
