import { refreshTarget } from '../dialog/dialog.ts';
import type { HeaderField, SipRequest, SipResponse } from '../message/message.ts';
import { rackOf } from '../message/views.ts';
import { responseTo } from '../response.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { SipTrunk } from '../trunk.ts';
import type { SipEvent, SipSessionId } from '../user-agent-events.ts';
import { allowHeader, sdpContentType, supportedWithinDialog } from './capabilities.ts';
import type { DialogClient } from './dialog-client.ts';
import { type OfferOutcome, OwnOffers, type OwnOffersUser } from './own-offers.ts';
import { ReceivedInvite, type ReceivedInviteUser } from './received-invite.ts';
import { readSessionBody } from './session-body.ts';
import type { SessionHost } from './session-host.ts';
import { type AgreedTimer, SessionTimer, type SessionTimerUser } from './session-timer.ts';

export interface InviteUsageUser {
  readonly id: SipSessionId;
  tell(event: SipEvent): void;
  /** The ACK to the first INVITE's 2xx. */
  handleConfirmed(answer: string | undefined, nowMs: number): void;
  /** The first INVITE was refused, for a reliable response to it was never acknowledged. */
  handleNoPrack(statusCode: number): void;
  /** The dialog cannot go on: an ACK or refresh never came, or the peer does not know the dialog. */
  handleBroken(by: 'timeout' | 'remote', nowMs: number): void;
}

/**
 * Offers and answers of one dialog: the INVITEs, UPDATEs and PRACKs of both sides, one at a time, what happens when they
 * meet, and the session timer that goes with them.
 *
 * @see RFC 3261 section 14, RFC 3311, RFC 5407 section 3
 */
export class InviteUsage implements ReceivedInviteUser, OwnOffersUser, SessionTimerUser {
  readonly #host: SessionHost;
  readonly #client: DialogClient;
  readonly #trunk: SipTrunk;
  readonly #user: InviteUsageUser;
  readonly #timer: SessionTimer;
  readonly #own: OwnOffers;
  /** The first INVITE of a call that came in, until its ACK. */
  #first: ReceivedInvite | undefined;
  /** The peer's INVITEs that are not over: at most one without a final response, others waiting for their ACK. */
  #received: ReceivedInvite[] = [];
  /** An UPDATE or PRACK whose offer waits for our answer; a PRACK with the INVITE that waits behind it. */
  #offering: { transaction: ServerTransaction; invite: ReceivedInvite | undefined } | undefined;
  /** What each side described last. */
  #localDescription: string | undefined;
  #remoteDescription: string | undefined;

  constructor(host: SessionHost, client: DialogClient, trunk: SipTrunk, user: InviteUsageUser) {
    this.#host = host;
    this.#client = client;
    this.#trunk = trunk;
    this.#user = user;
    this.#timer = new SessionTimer(host, trunk.sessionTimers, this);
    this.#own = new OwnOffers(host, client, trunk, this.#timer, this);
  }

  get first(): ReceivedInvite | undefined {
    return this.#first;
  }

  get timer(): AgreedTimer | undefined {
    return this.#timer.agreed;
  }

  get isPeerBusy(): boolean {
    return this.#received.length > 0 || this.#offering !== undefined;
  }

  begin(transaction: ServerTransaction, nowMs: number): ReceivedInvite {
    this.#first = this.#receive(transaction, nowMs);
    return this.#first;
  }

  /** Takes up a call of ours, with the 2xx that answered it. */
  beginAnswered(offer: string, answer: string | undefined, response: SipResponse, nowMs: number): void {
    this.#localDescription = offer;
    this.#remoteDescription = answer;
    this.#timer.handleAnswered(response, nowMs);
  }

  resume(timer: AgreedTimer, nowMs: number): void {
    this.#timer.resume(timer, nowMs);
  }

  handleInvite(transaction: ServerTransaction, nowMs: number): void {
    if (this.#refuseGlare(transaction, true, nowMs)) return;
    const received = this.#receive(transaction, nowMs);
    transaction.user = {
      localTag: this.#client.dialog.localTag,
      handleCancel: (_cancel, cancelledAtMs) => {
        received.refuse(487, {}, cancelledAtMs);
        this.#sweep();
        this.#own.sendWaiting(cancelledAtMs);
      },
    };
    this.#user.tell({ kind: 'reoffer', session: this.#user.id, offer: received.offer });
  }

  handleUpdate(transaction: ServerTransaction, nowMs: number): void {
    const body = readSessionBody(transaction.request);
    if (this.#refuseGlare(transaction, body.kind === 'sdp', nowMs)) return;
    if (body.kind === 'sdp') this.#takeOffer(transaction, undefined, body.sdp);
    else this.#acceptOffer(transaction, undefined, nowMs);
  }

  /** A PRACK may bring an offer, which its 2xx answers (RFC 3262 section 5). */
  handlePrack(transaction: ServerTransaction, nowMs: number): void {
    const rack = rackOf(transaction.request);
    const body = readSessionBody(transaction.request);
    const invite = rack && this.#received.find((received) => received.acknowledge(rack));
    if (invite === undefined) this.#respond(transaction, 481, [], undefined, nowMs);
    else if (body.kind === 'sdp' && !this.#own.isSent && this.#offering === undefined) {
      this.#takeOffer(transaction, invite, body.sdp);
    } else {
      this.#respond(transaction, body.kind === 'sdp' ? 491 : 200, [], undefined, nowMs);
      invite.proceed(nowMs);
    }
  }

  handleAck(ack: SipRequest, nowMs: number): void {
    for (const received of this.#received) {
      const acknowledged = received.handleAck(ack);
      if (acknowledged === undefined) continue;
      for (const earlier of this.#received) if (earlier.sequence < received.sequence) earlier.settle();
      this.#remoteDescription = acknowledged.answer ?? this.#remoteDescription;
      this.#tellAcknowledged(received, acknowledged.answer, nowMs);
      this.#sweep();
      this.#own.sendWaiting(nowMs);
      return;
    }
  }

  /** Answers the first INVITE. */
  answer(sdp: string, nowMs: number): void {
    this.#localDescription = sdp;
    this.#first?.accept(sdp, nowMs);
  }

  /** Nothing happens when the offer has been taken back meanwhile. */
  accept(sdp: string, nowMs: number): void {
    const offering = this.#offering;
    const invite = this.#pendingInvite;
    if (offering !== undefined) {
      this.#offering = undefined;
      this.#acceptOffer(offering.transaction, sdp, nowMs);
      offering.invite?.proceed(nowMs);
    } else if (invite !== undefined && invite !== this.#first) {
      refreshTarget(this.#client.dialog, invite.transaction.request);
      this.#localDescription = sdp;
      invite.accept(sdp, nowMs);
    }
  }

  /** Refuses the offer that waits: of an UPDATE or PRACK, else of a re-INVITE. */
  refuse(statusCode: number, headers: readonly HeaderField[], nowMs: number): void {
    const offering = this.#offering;
    if (offering === undefined) {
      this.#pendingInvite?.refuse(statusCode, { headers }, nowMs);
    } else {
      this.#offering = undefined;
      this.#respond(offering.transaction, statusCode, headers, undefined, nowMs);
      offering.invite?.proceed(nowMs);
    }
    this.#sweep();
    this.#own.sendWaiting(nowMs);
  }

  offer(method: 'INVITE' | 'UPDATE', sdp: string, nowMs: number): void {
    if (this.#own.isOpen || this.#isOfferOpen) {
      this.#user.tell({ kind: 'reinvite-refused', session: this.#user.id, statusCode: 491 });
      return;
    }
    this.#localDescription = sdp;
    this.#own.begin(method, sdp, nowMs);
  }

  /** The call ends: what is open is answered, what waits is dropped. */
  close(nowMs: number): void {
    this.#own.close();
    this.refuse(487, [], nowMs);
    this.#pendingInvite?.refuse(487, {}, nowMs);
    for (const received of this.#received) received.settle();
    this.#sweep();
    this.#timer.stop();
  }

  handleRefreshDue(nowMs: number): void {
    this.#own.refresh(this.#localDescription, nowMs);
  }

  handleExpired(nowMs: number): void {
    this.#user.handleBroken('timeout', nowMs);
  }

  handleNoAck(nowMs: number): void {
    this.#sweep();
    this.#user.handleBroken('timeout', nowMs);
  }

  handleNoPrack(statusCode: number): void {
    this.#sweep();
    this.#user.handleNoPrack(statusCode);
  }

  /** What the 2xx to the peer's INVITE says of the session timer. */
  timerHeaders(request: SipRequest, nowMs: number): HeaderField[] {
    return this.#timer.accept(request, nowMs);
  }

  handleOfferDone(outcome: OfferOutcome): void {
    const session = this.#user.id;
    if (outcome.kind === 'refused') {
      this.#user.tell({ kind: 'reinvite-refused', session, statusCode: outcome.statusCode });
      return;
    }
    const { answer, isRefresh } = outcome;
    const isNew = answer !== this.#remoteDescription;
    this.#remoteDescription = answer;
    if (isNew || !isRefresh) this.#user.tell({ kind: 'reinvite-answered', session, answer });
  }

  handleBroken(by: 'timeout' | 'remote', nowMs: number): void {
    this.#user.handleBroken(by, nowMs);
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

  /** An offer of either side waits for its answer, but for those of ours. */
  get #isOfferOpen(): boolean {
    return (
      this.#offering !== undefined ||
      this.#received.some((received) => received.isAnswerOwed || received.offer === undefined)
    );
  }

  /**
   * A lost ACK does not keep a new offer out when the exchange before it is complete, the 2xx having carried the
   * answer (RFC 5407 section 3.1.5).
   */
  #refuseGlare(transaction: ServerTransaction, hasOffer: boolean, nowMs: number): boolean {
    if (!hasOffer) return false;
    if (this.#pendingInvite?.isAnswerOwed === true || this.#offering !== undefined) {
      const seconds = Math.floor(this.#host.random() * 11);
      this.#respond(transaction, 500, [{ name: 'Retry-After', value: String(seconds) }], undefined, nowMs);
      return true;
    }
    if (!this.#own.isSent && !this.#isOfferOpen) {
      this.#own.giveWay();
      return false;
    }
    this.#respond(transaction, 491, [], undefined, nowMs);
    return true;
  }

  #receive(transaction: ServerTransaction, nowMs: number): ReceivedInvite {
    const received = new ReceivedInvite(this.#host, transaction, this.#client.dialog, this.#trunk, this);
    this.#received.push(received);
    this.#remoteDescription = received.offer ?? this.#remoteDescription;
    received.trying(nowMs);
    return received;
  }

  #takeOffer(transaction: ServerTransaction, invite: ReceivedInvite | undefined, sdp: string): void {
    this.#offering = { transaction, invite };
    this.#remoteDescription = sdp;
    this.#user.tell({ kind: 'reoffer', session: this.#user.id, offer: sdp });
  }

  #acceptOffer(transaction: ServerTransaction, sdp: string | undefined, nowMs: number): void {
    const { request, source } = transaction;
    const { dialog } = this.#client;
    refreshTarget(dialog, request);
    this.#localDescription = sdp ?? this.#localDescription;
    const timer = request.method === 'UPDATE' ? this.#timer.accept(request, nowMs) : [];
    const contact = this.#host.contact(source, dialog.usesSips);
    const headers = [contact, allowHeader, supportedWithinDialog(this.#trunk), ...timer];
    if (sdp !== undefined) headers.push(sdpContentType);
    this.#respond(transaction, 200, headers, sdp, nowMs);
    this.#own.sendWaiting(nowMs);
  }

  #respond(
    transaction: ServerTransaction,
    statusCode: number,
    headers: readonly HeaderField[],
    sdp: string | undefined,
    nowMs: number,
  ): void {
    const response = responseTo(transaction.request, statusCode, {
      toTag: this.#client.dialog.localTag,
      headers: [...headers, ...this.#host.responseHeaders],
      body: sdp === undefined ? undefined : Buffer.from(sdp, 'utf8'),
    });
    this.#host.servers.respond(transaction, response, nowMs);
  }

  #sweep(): void {
    this.#received = this.#received.filter((received) => received.isPending || received.isAwaitingAck);
  }
}
