import { AuthenticatedRequest } from '../auth/authenticated-request.ts';
import { dialogAsCaller } from '../dialog/dialog.ts';
import type { Flow } from '../flow.ts';
import type { HeaderField, SipResponse } from '../message/message.ts';
import { tagOf } from '../message/name-address.ts';
import { cseqOf, toOf } from '../message/views.ts';
import type {
  ClientTransaction,
  ClientTransactionUser,
  PreparedRequest,
} from '../transaction/client-transaction.ts';
import { TRANSACTION_TIMEOUT_MS } from '../transaction/timers.ts';
import type { SipTrunk } from '../trunk.ts';
import { sendBye } from './bye.ts';
import { supportedHeader } from './capabilities.ts';
import { DialogClient } from './dialog-client.ts';
import { EarlyDialog } from './early-dialog.ts';
import type { InviteDraft } from './outgoing-call.ts';
import { readSessionBody } from './session-body.ts';
import type { SessionHost, Timed } from './session-host.ts';
import { SessionTimer } from './session-timer.ts';

/** Told how an INVITE of ours fares: ringing any number of times, then one of the others once. */
export interface SentInviteUser {
  handleRinging(statusCode: number, answer: string | undefined): void;
  handleAnswered(client: DialogClient, response: SipResponse, nowMs: number): void;
  /** `response` is undefined when none came. */
  handleFailed(
    statusCode: number,
    by: 'remote' | 'timeout' | 'transport',
    response: SipResponse | undefined,
  ): void;
}

/**
 * An INVITE of ours that begins a call. Any number of 2xx may come from forks: the first one is the call, the others
 * are acknowledged and hung up.
 *
 * @see RFC 3261 sections 9.1 and 13.2
 */
export class SentInvite implements ClientTransactionUser, Timed {
  readonly #host: SessionHost;
  readonly #user: SentInviteUser;
  readonly #trunk: SipTrunk;
  readonly #draft: InviteDraft;
  readonly #flow: Flow;
  /** Only words the INVITE: the timer that runs is the dialog's. */
  readonly #timer: SessionTimer;
  #sent: AuthenticatedRequest;
  /** By the tag of the fork. */
  readonly #early: Map<string, EarlyDialog> = new Map();
  readonly #acks: Map<string, PreparedRequest> = new Map();
  /** The transaction a provisional response came to. */
  #proceeding: ClientTransaction | undefined;
  #isOver = false;
  #cancel: 'no' | 'wanted' | 'sent' = 'no';
  #cancelHeaders: readonly HeaderField[] = [];

  constructor(
    host: SessionHost,
    draft: InviteDraft,
    flow: Flow,
    trunk: SipTrunk,
    user: SentInviteUser,
    nowMs: number,
  ) {
    this.#host = host;
    this.#draft = draft;
    this.#flow = flow;
    this.#trunk = trunk;
    this.#user = user;
    this.#timer = new SessionTimer(host, trunk.sessionTimers, unused);
    this.#sent = this.#send(nowMs);
  }

  /** Whether anything has been answered. */
  get isHeard(): boolean {
    return this.#proceeding !== undefined;
  }

  /** "If no provisional response has been received, the CANCEL request MUST NOT be sent" (section 9.1). */
  cancel(headers: readonly HeaderField[], nowMs: number): void {
    if (this.#cancel !== 'no' || this.#isOver) return;
    this.#cancel = 'wanted';
    this.#cancelHeaders = headers;
    this.#sent.giveUp();
    if (this.#proceeding === this.#sent.transaction) this.#sendCancel(nowMs);
  }

  /** The peer took the CANCEL and never ended the INVITE. */
  handleTimeout(): void {
    this.#host.clients.abandon(this.#sent.transaction);
    this.#fail(487, 'timeout', undefined);
  }

  handleResponse(response: SipResponse, source: Flow, nowMs: number): void {
    const { statusCode } = response;
    if (statusCode < 200) this.#handleProvisional(response, source, nowMs);
    else if (statusCode < 300) this.#handleSuccess(response, source, nowMs);
    else if (statusCode === 422 && this.#cancel === 'no' && this.#timer.raise(response)) {
      this.#sent = this.#send(nowMs);
    } else this.#fail(statusCode, 'remote', response);
  }

  handleFailure(cause: 'timeout' | 'transport'): void {
    this.#fail(cause === 'timeout' ? 408 : 503, cause, undefined);
  }

  #send(nowMs: number): AuthenticatedRequest {
    const draft = {
      build: () => this.#draft.build([supportedHeader(this.#trunk), ...this.#timer.requestHeaders()]),
      flow: this.#flow,
      digest: this.#trunk.digest,
      onRefusal: this.#host.noteRefusal,
    };
    return new AuthenticatedRequest(this.#host.clients, draft, this, nowMs);
  }

  #handleProvisional(response: SipResponse, source: Flow, nowMs: number): void {
    this.#proceeding = this.#sent.transaction;
    if (this.#cancel === 'wanted') this.#sendCancel(nowMs);
    if (response.statusCode === 100 || this.#isOver) return;
    const early = this.#earlyDialog(response, source);
    if (early?.take(response, cseqOf(this.#sent.request).sequence, nowMs) === false) return;
    const body = readSessionBody(response);
    this.#user.handleRinging(response.statusCode, body.kind === 'sdp' ? body.sdp : undefined);
  }

  /** The dialog of a fork: an old one, or one begun with this response. */
  #earlyDialog(response: SipResponse, source: Flow): EarlyDialog | undefined {
    const tag = tagOf(toOf(response)) ?? '';
    const known = this.#early.get(tag);
    if (known !== undefined || this.#early.size >= MAX_FORKS) return known;
    const dialog = dialogAsCaller(this.#sent.request, response, source);
    if (dialog === undefined) return undefined;
    const early = new EarlyDialog(this.#host, dialog, this.#trunk);
    this.#early.set(tag, early);
    this.#host.bind(dialog, early);
    return early;
  }

  #handleSuccess(response: SipResponse, source: Flow, nowMs: number): void {
    const tag = tagOf(toOf(response)) ?? '';
    const ack = this.#acks.get(tag);
    if (ack !== undefined) {
      this.#host.clients.repeat(ack);
      return;
    }
    // "The route set of the dialog MUST be recomputed based on the 2xx response" (section 13.2.2.4).
    const dialog = dialogAsCaller(this.#sent.request, response, source);
    if (dialog === undefined) return;
    const early = this.#early.get(tag)?.dialog;
    if (early !== undefined) {
      dialog.localSequence = Math.max(dialog.localSequence, early.localSequence);
      dialog.remoteSequence = early.remoteSequence;
    }
    const client = new DialogClient(this.#host, dialog, this.#trunk);
    this.#acks.set(tag, client.acknowledge(this.#sent));
    if (this.#isOver) {
      sendBye(client, [], nowMs);
      return;
    }
    this.#settle();
    this.#user.handleAnswered(client, response, nowMs);
  }

  #sendCancel(nowMs: number): void {
    this.#cancel = 'sent';
    // "If there is no final response in 64*T1 seconds, the client SHOULD then consider the original transaction
    // cancelled and SHOULD destroy the client transaction."
    this.#host.schedule(this, nowMs + TRANSACTION_TIMEOUT_MS);
    this.#host.clients.cancel(this.#sent.transaction, this.#cancelHeaders, unheard, nowMs);
  }

  #fail(statusCode: number, by: 'remote' | 'timeout' | 'transport', response: SipResponse | undefined): void {
    if (this.#isOver) return;
    this.#settle();
    this.#user.handleFailed(statusCode, by, response);
  }

  #settle(): void {
    this.#isOver = true;
    for (const { dialog } of this.#early.values()) this.#host.unbind(dialog);
    this.#host.schedule(this, undefined);
  }
}

/** What answers the CANCEL itself says nothing: the INVITE's final response does. */
const unheard: ClientTransactionUser = { handleResponse: () => {}, handleFailure: () => {} };
const unused = { handleRefreshDue: () => {}, handleExpired: () => {} };
/** Ours: telephones that ring at once for one call; of further ones only the answer counts. */
const MAX_FORKS = 16;
