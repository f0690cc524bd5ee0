import { invariant } from '../../invariant.ts';
import { acceptSequence, type Dialog, requestWithin } from '../dialog/dialog.ts';
import { nextHop } from '../dialog/next-hop.ts';
import type { Flow } from '../flow.ts';
import { hasHeader, headerValue } from '../message/headers.ts';
import type { HeaderField, SipRequest } from '../message/message.ts';
import { contentTypeOf, cseqOf } from '../message/views.ts';
import { responseTo } from '../response.ts';
import type { ClientTransactionUser } from '../transaction/client-transaction.ts';
import type { InviteUser, ServerTransaction } from '../transaction/server-transaction.ts';
import type { SipEvent, SipSessionId } from '../user-agent-events.ts';
import { sendBye } from './bye.ts';
import { allowHeader, capabilityHeaders, refusalOfMethod } from './capabilities.ts';
import { InviteUsage, type InviteUsageUser } from './invite-usage.ts';
import { SentInvite, type SentInviteUser } from './sent-invite.ts';
import type { SessionHost } from './session-host.ts';

/**
 * - idle: nothing has been sent or received
 * - incoming: the peer's INVITE waits for our final response
 * - calling: ours waits for the peer's
 * - established: from the 2xx on
 * - closing: over for the call layer; our BYE or CANCEL is under way, or waits for what has to come before it
 */
type Phase = 'idle' | 'incoming' | 'calling' | 'established' | 'closing' | 'over';

type EndedBy = Extract<SipEvent, { kind: 'ended' }>['by'];

/** One call as SIP has it: the INVITE of either side, the dialog, and the end, which is told once. */
export class Session implements InviteUser, SentInviteUser, InviteUsageUser {
  readonly id: SipSessionId;
  readonly #host: SessionHost;
  #phase: Phase = 'idle';
  #dialog: Dialog | undefined;
  #usage: InviteUsage | undefined;
  #sent: SentInvite | undefined;
  #isEndTold = false;
  #isByeSent = false;
  #byeReason: string | undefined;

  constructor(id: SipSessionId, host: SessionHost) {
    this.id = id;
    this.#host = host;
  }

  get localTag(): string {
    return this.#dialog?.localTag ?? '';
  }

  /** The dialog while the call is established: what another process needs to go on with it. */
  get dialog(): Dialog | undefined {
    return this.#phase === 'established' ? this.#dialog : undefined;
  }

  /** Takes the peer's INVITE. */
  receive(invite: ServerTransaction, dialog: Dialog, nowMs: number): void {
    this.#phase = 'incoming';
    this.#enterDialog(dialog);
    const { offer } = this.#usage!.begin(invite, nowMs);
    invite.user = this;
    const { request, source } = invite;
    this.tell({ kind: 'incoming-call', session: this.id, request, flow: source, offer });
  }

  /** Sends our INVITE. */
  call(invite: SipRequest, flow: Flow, nowMs: number): void {
    this.#phase = 'calling';
    this.#sent = new SentInvite(this.#host, invite, flow, this, nowMs);
  }

  /** Goes on with a dialog another process established. */
  resume(dialog: Dialog): void {
    this.#phase = 'established';
    this.#enterDialog(dialog);
  }

  ring(statusCode: number, sdp: string | undefined, nowMs: number): void {
    if (this.#phase === 'incoming') this.#usage?.first?.ring(statusCode, sdp, nowMs);
  }

  answer(sdp: string, nowMs: number): void {
    if (this.#phase === 'closing') return;
    invariant(this.#phase === 'incoming', 'a call is answered once');
    this.#phase = 'established';
    this.#usage?.first?.accept(sdp, nowMs);
  }

  reject(
    statusCode: number,
    parts: { reasonPhrase?: string | undefined; headers?: readonly HeaderField[] },
    nowMs: number,
  ): void {
    if (this.#phase === 'closing') return;
    invariant(this.#phase === 'incoming', 'what is answered is hung up, not rejected');
    this.#usage?.first?.refuse(statusCode, parts, nowMs);
    this.#end('local', statusCode, undefined);
  }

  acceptReoffer(sdp: string, nowMs: number): void {
    if (this.#phase === 'established') this.#usage?.accept(sdp, nowMs);
  }

  rejectReoffer(statusCode: number, headers: readonly HeaderField[], nowMs: number): void {
    if (this.#phase === 'established') this.#usage?.refuse(statusCode, headers, nowMs);
  }

  reinvite(sdp: string, nowMs: number): void {
    if (this.#phase === 'established') this.#usage?.reinvite(sdp, nowMs);
  }

  sendInfo(contentType: string, body: Uint8Array, nowMs: number): void {
    if (this.#phase !== 'established' || this.#dialog === undefined) return;
    const headers = [...this.#host.requestHeaders, { name: 'Content-Type', value: contentType }];
    const user: ClientTransactionUser = {
      handleResponse: ({ statusCode }, _source, atMs) => {
        if (statusCode === 481) this.handleBroken('remote', atMs);
      },
      // A peer that leaves INFO unanswered may still hold the call.
      handleFailure: () => {},
    };
    this.#host.clients.send(
      requestWithin(this.#dialog, 'INFO', headers, body),
      nextHop(this.#dialog),
      user,
      nowMs,
    );
  }

  hangUp(reason: string | undefined, nowMs: number): void {
    switch (this.#phase) {
      case 'incoming':
        this.reject(480, {}, nowMs);
        return;
      case 'calling':
        this.#phase = 'closing';
        this.#tellEnd('local', 487, undefined);
        this.#sent?.cancel(nowMs);
        return;
      case 'established':
        this.#tellEnd('local', undefined, undefined);
        this.#byeReason = reason;
        // "The callee's UA MUST NOT send a BYE on a confirmed dialog until it has received an ACK for its 2xx
        // response or until the server transaction times out" (RFC 3261 section 15).
        if (this.#usage?.first === undefined) this.#sayBye(nowMs);
        else this.#phase = 'closing';
        return;
      default:
        return;
    }
  }

  handleRequest(transaction: ServerTransaction, nowMs: number): void {
    const dialog = this.#dialog;
    invariant(dialog !== undefined, 'only requests within the dialog come here');
    const { request, source } = transaction;
    if (!acceptSequence(dialog, cseqOf(request).sequence)) {
      this.#respond(transaction, 500, [], nowMs);
      return;
    }
    dialog.flow = source;
    if (request.method === 'BYE') this.#handleBye(transaction, nowMs);
    else if (this.#phase === 'closing') this.#respond(transaction, 481, [], nowMs);
    else this.#serve(transaction, nowMs);
  }

  handleAck(ack: SipRequest, nowMs: number): void {
    this.#usage?.handleAck(ack, nowMs);
  }

  handleCancel(nowMs: number): void {
    this.#usage?.first?.refuse(487, {}, nowMs);
    this.tell({ kind: 'cancelled', session: this.id });
    this.#isEndTold = true;
    this.#leave();
  }

  handleConnectionLost(connectionId: number): void {
    if (this.#dialog?.flow.connectionId !== connectionId) return;
    const { connectionId: _gone, ...flow } = this.#dialog.flow;
    this.#dialog.flow = flow;
  }

  tell(event: SipEvent): void {
    if (!this.#isEndTold) this.#host.emit(event);
  }

  handleConfirmed(answer: string | undefined, nowMs: number): void {
    if (this.#phase === 'closing') this.#sayBye(nowMs);
    else this.tell({ kind: 'confirmed', session: this.id, answer });
  }

  handleBroken(by: 'timeout' | 'remote', nowMs: number): void {
    if (this.#phase === 'over') return;
    this.#tellEnd(by, undefined, undefined);
    this.#sayBye(nowMs);
  }

  handleRinging(statusCode: number, answer: string | undefined): void {
    this.tell({ kind: 'ringing', session: this.id, statusCode, answer });
  }

  handleAnswered(dialog: Dialog, answer: string | undefined, nowMs: number): void {
    this.#enterDialog(dialog);
    if (this.#phase === 'closing') {
      this.#sayBye(nowMs);
      return;
    }
    this.#phase = 'established';
    this.tell({ kind: 'answered', session: this.id, answer });
  }

  handleFailed(statusCode: number, by: 'remote' | 'timeout' | 'transport'): void {
    this.#end(by, statusCode, undefined);
  }

  #serve(transaction: ServerTransaction, nowMs: number): void {
    const { request } = transaction;
    switch (request.method) {
      case 'INVITE':
        this.#usage?.handleInvite(transaction, nowMs);
        return;
      case 'UPDATE':
        this.#usage?.handleUpdate(transaction, nowMs);
        return;
      case 'INFO':
        this.#handleInfo(transaction, nowMs);
        return;
      case 'OPTIONS':
        this.#respond(transaction, 200, capabilityHeaders, nowMs);
        return;
      default:
        this.#respond(transaction, refusalOfMethod(request.method, true), [allowHeader], nowMs);
    }
  }

  #handleBye(transaction: ServerTransaction, nowMs: number): void {
    this.#respond(transaction, 200, [], nowMs);
    this.#usage?.close(nowMs);
    const statusCode = this.#phase === 'incoming' ? 487 : undefined;
    this.#end('remote', statusCode, headerValue(transaction.request, 'Reason'));
  }

  #handleInfo(transaction: ServerTransaction, nowMs: number): void {
    const { request } = transaction;
    if (hasHeader(request, 'Info-Package')) {
      // We have asked for no package with Recv-Info (RFC 6086 section 4.2.2).
      this.#respond(transaction, 469, [{ name: 'Recv-Info', value: '' }], nowMs);
      return;
    }
    this.#respond(transaction, 200, [], nowMs);
    const contentType = contentTypeOf(request)?.mediaType ?? '';
    this.tell({ kind: 'info', session: this.id, contentType, body: request.body });
  }

  #sayBye(nowMs: number): void {
    if (this.#isByeSent) return;
    const dialog = this.#dialog;
    invariant(dialog !== undefined, 'only an established call is hung up with BYE');
    this.#isByeSent = true;
    this.#phase = 'closing';
    this.#usage?.close(nowMs);
    sendBye(this.#host, dialog, this.#byeReason, nowMs, () => this.#leave());
  }

  #enterDialog(dialog: Dialog): void {
    this.#dialog = dialog;
    this.#usage = new InviteUsage(this.#host, dialog, this);
    this.#host.bind(dialog, this);
  }

  #end(by: EndedBy, statusCode: number | undefined, reason: string | undefined): void {
    this.#tellEnd(by, statusCode, reason);
    this.#leave();
  }

  #tellEnd(by: EndedBy, statusCode: number | undefined, reason: string | undefined): void {
    this.tell({ kind: 'ended', session: this.id, by, statusCode, reason });
    this.#isEndTold = true;
  }

  #leave(): void {
    this.#phase = 'over';
    if (this.#dialog !== undefined) this.#host.unbind(this.#dialog);
    this.#host.forget(this);
  }

  #respond(
    transaction: ServerTransaction,
    statusCode: number,
    headers: readonly HeaderField[],
    nowMs: number,
  ): void {
    const response = responseTo(transaction.request, statusCode, {
      headers: [...headers, ...this.#host.responseHeaders],
    });
    this.#host.servers.respond(transaction, response, nowMs);
  }
}
