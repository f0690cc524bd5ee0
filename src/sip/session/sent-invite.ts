import { ackWithin, type Dialog, dialogAsCaller } from '../dialog/dialog.ts';
import { nextHop } from '../dialog/next-hop.ts';
import type { Flow } from '../flow.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { tagOf } from '../message/name-address.ts';
import { cseqOf, toOf } from '../message/views.ts';
import type {
  ClientTransaction,
  ClientTransactionUser,
  PreparedRequest,
} from '../transaction/client-transaction.ts';
import { TRANSACTION_TIMEOUT_MS } from '../transaction/timers.ts';
import { sendBye } from './bye.ts';
import { readSessionBody } from './session-body.ts';
import type { SessionHost, Timed } from './session-host.ts';

/** Told how an INVITE of ours fares: ringing any number of times, then one of the others once. */
export interface SentInviteUser {
  handleRinging(statusCode: number, answer: string | undefined): void;
  handleAnswered(dialog: Dialog, answer: string | undefined, nowMs: number): void;
  handleFailed(statusCode: number, by: 'remote' | 'timeout' | 'transport'): void;
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
  readonly #request: SipRequest;
  readonly #transaction: ClientTransaction;
  /** By the tag of the fork. */
  readonly #acks: Map<string, PreparedRequest> = new Map();
  #isProceeding = false;
  #isOver = false;
  #cancel: 'no' | 'wanted' | 'sent' = 'no';

  constructor(host: SessionHost, request: SipRequest, flow: Flow, user: SentInviteUser, nowMs: number) {
    this.#host = host;
    this.#request = request;
    this.#user = user;
    this.#transaction = host.clients.send(request, flow, this, nowMs);
  }

  /** "If no provisional response has been received, the CANCEL request MUST NOT be sent" (section 9.1). */
  cancel(nowMs: number): void {
    if (this.#cancel !== 'no' || this.#isOver) return;
    this.#cancel = 'wanted';
    if (this.#isProceeding) this.#sendCancel(nowMs);
  }

  /** The peer took the CANCEL and never ended the INVITE. */
  handleTimeout(): void {
    this.#host.clients.abandon(this.#transaction);
    this.#fail(487, 'timeout');
  }

  handleResponse(response: SipResponse, source: Flow, nowMs: number): void {
    const { statusCode } = response;
    if (statusCode < 200) this.#handleProvisional(response, nowMs);
    else if (statusCode < 300) this.#handleSuccess(response, source, nowMs);
    else this.#fail(statusCode, 'remote');
  }

  handleFailure(cause: 'timeout' | 'transport'): void {
    this.#fail(cause === 'timeout' ? 408 : 503, cause);
  }

  #handleProvisional(response: SipResponse, nowMs: number): void {
    this.#isProceeding = true;
    if (this.#cancel === 'wanted') this.#sendCancel(nowMs);
    if (response.statusCode === 100) return;
    const body = readSessionBody(response);
    this.#user.handleRinging(response.statusCode, body.kind === 'sdp' ? body.sdp : undefined);
  }

  #handleSuccess(response: SipResponse, source: Flow, nowMs: number): void {
    const tag = tagOf(toOf(response)) ?? '';
    const ack = this.#acks.get(tag);
    if (ack !== undefined) {
      this.#host.clients.repeat(ack);
      return;
    }
    const dialog = dialogAsCaller(this.#request, response, source);
    if (dialog === undefined) return;
    const request = ackWithin(dialog, cseqOf(this.#request).sequence, this.#host.requestHeaders);
    this.#acks.set(tag, this.#host.clients.sendAck(request, nextHop(dialog)));
    if (this.#isOver) {
      sendBye(this.#host, dialog, undefined, nowMs);
      return;
    }
    this.#settle();
    const body = readSessionBody(response);
    this.#user.handleAnswered(dialog, body.kind === 'sdp' ? body.sdp : undefined, nowMs);
  }

  #sendCancel(nowMs: number): void {
    this.#cancel = 'sent';
    // "If there is no final response in 64*T1 seconds, the client SHOULD then consider the original transaction
    // cancelled and SHOULD destroy the client transaction."
    this.#host.schedule(this, nowMs + TRANSACTION_TIMEOUT_MS);
    this.#host.clients.cancel(this.#transaction, unheard, nowMs);
  }

  #fail(statusCode: number, by: 'remote' | 'timeout' | 'transport'): void {
    if (this.#isOver) return;
    this.#settle();
    this.#user.handleFailed(statusCode, by);
  }

  #settle(): void {
    this.#isOver = true;
    this.#host.schedule(this, undefined);
  }
}

/** What answers the CANCEL itself says nothing: the INVITE's final response does. */
const unheard: ClientTransactionUser = { handleResponse: () => {}, handleFailure: () => {} };
