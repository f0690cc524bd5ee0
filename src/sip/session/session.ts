import { invariant } from '../../invariant.ts';
import { acceptSequence, type Dialog } from '../dialog/dialog.ts';
import type { Flow } from '../flow.ts';
import { headerValue } from '../message/headers.ts';
import type { HeaderField, SipRequest, SipResponse } from '../message/message.ts';
import { cseqOf } from '../message/views.ts';
import { responseTo } from '../response.ts';
import type { InviteUser, ServerTransaction } from '../transaction/server-transaction.ts';
import type { SipTrunk } from '../trunk.ts';
import type { SipEvent, SipSessionId } from '../user-agent-events.ts';
import { sendBye } from './bye.ts';
import type { CallerHeaders } from './caller-headers.ts';
import { allowHeader, capabilityHeaders, refusalOfMethod } from './capabilities.ts';
import { DialogClient } from './dialog-client.ts';
import { answerInfo, sendInfo } from './info.ts';
import { InviteUsage, type InviteUsageUser } from './invite-usage.ts';
import type { InviteDraft } from './outgoing-call.ts';
import { redirectionOf } from './redirection.ts';
import { ReferUsage } from './refer-usage.ts';
import { SentInvite, type SentInviteUser } from './sent-invite.ts';
import { readSessionBody } from './session-body.ts';
import type { DialogUser, SessionHost } from './session-host.ts';
import type { AgreedTimer } from './session-timer.ts';

/**
 * - idle: nothing has been sent or received
 * - incoming: the peer's INVITE waits for our final response
 * - calling: ours waits for the peer's
 * - established: from the 2xx on
 * - closing: over for the call layer; our BYE or CANCEL is under way, or waits for what has to come before it
 */
type Phase = 'idle' | 'incoming' | 'calling' | 'established' | 'closing' | 'over';

type EndedBy = Extract<SipEvent, { kind: 'ended' }>['by'];

/** What works within one dialog. */
interface Usages {
  readonly client: DialogClient;
  readonly invite: InviteUsage;
  readonly refer: ReferUsage;
}

/** One call as SIP has it: the INVITE of either side, the dialog, and the end, which is told once. */
export class Session implements InviteUser, SentInviteUser, InviteUsageUser, DialogUser {
  readonly id: SipSessionId;
  readonly trunk: SipTrunk;
  readonly #host: SessionHost;
  #phase: Phase = 'idle';
  #usages: Usages | undefined;
  #sent: SentInvite | undefined;
  #offer = '';
  #isEndTold = false;
  #isByeSent = false;
  #byeHeaders: readonly HeaderField[] = [];

  constructor(id: SipSessionId, host: SessionHost, trunk: SipTrunk) {
    this.id = id;
    this.#host = host;
    this.trunk = trunk;
  }

  get localTag(): string {
    return this.#usages?.client.dialog.localTag ?? '';
  }

  /** The dialog while the call is established: what another process needs to go on with it. */
  get dialog(): Dialog | undefined {
    return this.#phase === 'established' ? this.#usages?.client.dialog : undefined;
  }

  /** The session timer while the call is established and has one. */
  get timer(): AgreedTimer | undefined {
    return this.#phase === 'established' ? this.#usages?.invite.timer : undefined;
  }

  isHome(source: Flow): boolean {
    if (this.trunk.inboundAuth === 'certificate') return this.trunk.certifies(source);
    return this.trunk.owns(source.remoteAddress) || this.peerAddress === source.remoteAddress;
  }

  /** Whether the peer has answered our INVITE in any way, with 100 say. */
  get isHeard(): boolean {
    return this.#usages !== undefined || this.#sent?.isHeard === true;
  }

  /** Where the peer was last heard from. */
  get peerAddress(): string | undefined {
    return this.#usages?.client.dialog.flow.remoteAddress;
  }

  /** Takes the peer's INVITE. */
  receive(
    invite: ServerTransaction,
    dialog: Dialog,
    parts: { caller: CallerHeaders | undefined; replaces: SipSessionId | undefined },
    nowMs: number,
  ): void {
    this.#phase = 'incoming';
    this.#enterDialog(new DialogClient(this.#host, dialog, this.trunk));
    const { offer } = this.#usages!.invite.begin(invite, nowMs);
    invite.user = this;
    const { request, source } = invite;
    const trunk = this.trunk.name;
    this.tell({ kind: 'incoming-call', session: this.id, request, flow: source, offer, trunk, ...parts });
  }

  /** Sends our INVITE. */
  call(invite: InviteDraft, flow: Flow, sdp: string, nowMs: number): void {
    this.#phase = 'calling';
    this.#offer = sdp;
    this.#sent = new SentInvite(this.#host, invite, flow, this.trunk, this, nowMs);
  }

  /** Goes on with a dialog another process established. */
  resume(dialog: Dialog, timer: AgreedTimer | undefined, nowMs: number): void {
    this.#phase = 'established';
    this.#enterDialog(new DialogClient(this.#host, dialog, this.trunk));
    if (timer !== undefined) this.#usages?.invite.resume(timer, nowMs);
  }

  ring(statusCode: number, sdp: string | undefined, nowMs: number): void {
    if (this.#phase === 'incoming') this.#usages?.invite.first?.ring(statusCode, sdp, nowMs);
  }

  answer(sdp: string, nowMs: number): void {
    if (this.#phase === 'closing') return;
    invariant(this.#phase === 'incoming', 'a call is answered once');
    this.#phase = 'established';
    this.#usages?.invite.answer(sdp, nowMs);
  }

  reject(
    statusCode: number,
    parts: { reasonPhrase?: string | undefined; headers?: readonly HeaderField[] },
    nowMs: number,
  ): void {
    if (this.#phase === 'closing') return;
    invariant(this.#phase === 'incoming', 'what is answered is hung up, not rejected');
    this.#usages?.invite.first?.refuse(statusCode, parts, nowMs);
    this.#end('local', statusCode, undefined);
  }

  acceptReoffer(sdp: string, nowMs: number): void {
    if (this.#isOpen) this.#usages?.invite.accept(sdp, nowMs);
  }

  rejectReoffer(statusCode: number, headers: readonly HeaderField[], nowMs: number): void {
    if (this.#isOpen) this.#usages?.invite.refuse(statusCode, headers, nowMs);
  }

  offer(method: 'INVITE' | 'UPDATE', sdp: string, nowMs: number): void {
    if (this.#phase === 'established') this.#usages?.invite.offer(method, sdp, nowMs);
  }

  sendInfo(contentType: string, body: Uint8Array, nowMs: number): void {
    if (this.#phase === 'established' && this.#usages !== undefined)
      sendInfo(this.#usages.client, contentType, body, this, nowMs);
  }

  /** What the call layer has to do with REFERs; undefined where there is no call to do it in. */
  get refer(): ReferUsage | undefined {
    return this.#phase === 'established' ? this.#usages?.refer : undefined;
  }

  hangUp(headers: readonly HeaderField[], nowMs: number): void {
    switch (this.#phase) {
      case 'incoming':
        this.reject(480, { headers }, nowMs);
        return;
      case 'calling':
        this.#phase = 'closing';
        this.#tellEnd('local', 487, undefined);
        this.#sent?.cancel(headers, nowMs);
        return;
      case 'established': {
        const first = this.#usages?.invite.first;
        if (first?.isPending === true) {
          // Answered, but the 2xx still waits for a PRACK.
          first.refuse(480, { headers }, nowMs);
          this.#end('local', 480, undefined);
          return;
        }
        this.#tellEnd('local', undefined, undefined);
        this.#byeHeaders = headers;
        // "The callee's UA MUST NOT send a BYE on a confirmed dialog until it has received an ACK for its 2xx
        // response or until the server transaction times out" (RFC 3261 section 15).
        if (first === undefined) this.#sayBye(nowMs);
        else this.#phase = 'closing';
        return;
      }
      default:
        return;
    }
  }

  handleRequest(transaction: ServerTransaction, nowMs: number): void {
    const usages = this.#usages;
    invariant(usages !== undefined, 'only requests within the dialog come here');
    const { request, source } = transaction;
    const { dialog } = usages.client;
    if (!acceptSequence(dialog, cseqOf(request).sequence)) {
      this.#respond(transaction, 500, [], nowMs);
      return;
    }
    dialog.flow = source;
    if (request.method === 'BYE') this.#handleBye(transaction, nowMs);
    else if (this.#phase === 'closing') this.#respond(transaction, 481, [], nowMs);
    else this.#serve(transaction, usages, nowMs);
  }

  handleAck(ack: SipRequest, nowMs: number): void {
    this.#usages?.invite.handleAck(ack, nowMs);
  }

  handleCancel(cancel: SipRequest, nowMs: number): void {
    this.#usages?.invite.first?.refuse(487, {}, nowMs);
    this.tell({ kind: 'cancelled', session: this.id, reason: headerValue(cancel, 'Reason') });
    this.#isEndTold = true;
    this.#leave();
  }

  handleConnectionLost(connectionId: number): void {
    const dialog = this.#usages?.client.dialog;
    if (dialog?.flow.connectionId !== connectionId) return;
    const { connectionId: _gone, ...flow } = dialog.flow;
    dialog.flow = flow;
  }

  tell(event: SipEvent): void {
    if (!this.#isEndTold) this.#host.emit(event);
  }

  handleConfirmed(answer: string | undefined, nowMs: number): void {
    if (this.#phase === 'closing') this.#sayBye(nowMs);
    else this.tell({ kind: 'confirmed', session: this.id, answer });
  }

  handleNoPrack(statusCode: number): void {
    this.#end('timeout', statusCode, undefined);
  }

  handleBroken(by: 'timeout' | 'remote', nowMs: number): void {
    if (this.#phase === 'over') return;
    this.#tellEnd(by, undefined, undefined);
    this.#sayBye(nowMs);
  }

  handleRinging(statusCode: number, answer: string | undefined): void {
    this.tell({ kind: 'ringing', session: this.id, statusCode, answer });
  }

  handleAnswered(client: DialogClient, response: SipResponse, nowMs: number): void {
    this.#enterDialog(client);
    if (this.#phase === 'closing') {
      this.#sayBye(nowMs);
      return;
    }
    this.#phase = 'established';
    const body = readSessionBody(response);
    const answer = body.kind === 'sdp' ? body.sdp : undefined;
    this.#usages?.invite.beginAnswered(this.#offer, answer, response, nowMs);
    this.tell({ kind: 'answered', session: this.id, answer });
  }

  handleFailed(
    statusCode: number,
    by: 'remote' | 'timeout' | 'transport',
    response: SipResponse | undefined,
  ): void {
    this.#end(by, statusCode, response && headerValue(response, 'Reason'), redirectionOf(response));
  }

  /** Whether offers can be answered: also while it rings, where a reliable response carried an answer already. */
  get #isOpen(): boolean {
    return this.#phase === 'established' || this.#phase === 'incoming';
  }

  #serve(transaction: ServerTransaction, { invite, refer }: Usages, nowMs: number): void {
    const { request } = transaction;
    switch (request.method) {
      case 'INVITE':
        invite.handleInvite(transaction, nowMs);
        return;
      case 'UPDATE':
        invite.handleUpdate(transaction, nowMs);
        return;
      case 'PRACK':
        invite.handlePrack(transaction, nowMs);
        return;
      case 'REFER':
        refer.handleRefer(transaction, nowMs);
        return;
      case 'NOTIFY':
        refer.handleNotify(transaction, nowMs);
        return;
      case 'INFO': {
        const { statusCode, headers, event } = answerInfo(request, this.id);
        this.#respond(transaction, statusCode, headers, nowMs);
        if (event !== undefined) this.tell(event);
        return;
      }
      case 'OPTIONS':
        this.#respond(transaction, 200, capabilityHeaders(this.trunk), nowMs);
        return;
      default:
        this.#respond(transaction, refusalOfMethod(request.method, true), [allowHeader], nowMs);
    }
  }

  #handleBye(transaction: ServerTransaction, nowMs: number): void {
    this.#respond(transaction, 200, [], nowMs);
    this.#closeUsages(nowMs);
    const statusCode = this.#phase === 'incoming' ? 487 : undefined;
    this.#end('remote', statusCode, headerValue(transaction.request, 'Reason'));
  }

  #sayBye(nowMs: number): void {
    if (this.#isByeSent) return;
    const client = this.#usages?.client;
    invariant(client !== undefined, 'only an established call is hung up with BYE');
    this.#isByeSent = true;
    this.#phase = 'closing';
    this.#closeUsages(nowMs);
    sendBye(client, this.#byeHeaders, nowMs, () => this.#leave());
  }

  #enterDialog(client: DialogClient): void {
    this.#usages = {
      client,
      invite: new InviteUsage(this.#host, client, this.trunk, this),
      refer: new ReferUsage(this.#host, client, this.trunk, this),
    };
    this.#host.bind(client.dialog, this);
  }

  #closeUsages(nowMs: number): void {
    this.#usages?.invite.close(nowMs);
    this.#usages?.refer.close(nowMs);
  }

  #end(
    by: EndedBy,
    statusCode: number | undefined,
    reason: string | undefined,
    contacts?: readonly string[],
  ): void {
    this.#tellEnd(by, statusCode, reason, contacts);
    this.#leave();
  }

  #tellEnd(
    by: EndedBy,
    statusCode: number | undefined,
    reason: string | undefined,
    contacts?: readonly string[],
  ): void {
    const redirection = contacts === undefined ? {} : { contacts };
    this.tell({ kind: 'ended', session: this.id, by, statusCode, reason, ...redirection });
    this.#isEndTold = true;
  }

  #leave(): void {
    this.#phase = 'over';
    if (this.#usages !== undefined) this.#host.unbind(this.#usages.client.dialog);
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
