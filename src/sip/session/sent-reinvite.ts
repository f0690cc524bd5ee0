import { ackWithin, type Dialog, refreshTarget, requestWithin } from '../dialog/dialog.ts';
import { nextHop } from '../dialog/next-hop.ts';
import type { Flow } from '../flow.ts';
import type { SipResponse } from '../message/message.ts';
import type { ClientTransactionUser, PreparedRequest } from '../transaction/client-transaction.ts';
import { allowHeader, sdpContentType, supportedHeader } from './capabilities.ts';
import { readSessionBody } from './session-body.ts';
import type { SessionHost } from './session-host.ts';

export interface SentReinviteUser {
  /** `answer` is undefined when the 2xx carries none, against RFC 3264. */
  handleReinviteAnswered(answer: string | undefined, nowMs: number): void;
  handleReinviteRefused(statusCode: number, nowMs: number): void;
}

/** An INVITE of ours within a dialog: its response, and the ACK to each repeat of a 2xx. @see RFC 3261 section 14.1 */
export class SentReinvite implements ClientTransactionUser {
  readonly sdp: string;
  readonly #host: SessionHost;
  readonly #dialog: Dialog;
  readonly #user: SentReinviteUser;
  readonly #sequence: number;
  #ack: PreparedRequest | undefined;

  constructor(host: SessionHost, dialog: Dialog, sdp: string, user: SentReinviteUser, nowMs: number) {
    this.sdp = sdp;
    this.#host = host;
    this.#dialog = dialog;
    this.#user = user;
    const flow = nextHop(dialog);
    const headers = [
      host.contact(flow),
      allowHeader,
      supportedHeader,
      ...host.requestHeaders,
      sdpContentType,
    ];
    const request = requestWithin(dialog, 'INVITE', headers, Buffer.from(sdp, 'utf8'));
    this.#sequence = dialog.localSequence;
    host.clients.send(request, flow, this, nowMs);
  }

  handleResponse(response: SipResponse, source: Flow, nowMs: number): void {
    const { statusCode } = response;
    if (statusCode < 200) return;
    if (statusCode >= 300) {
      this.#user.handleReinviteRefused(statusCode, nowMs);
      return;
    }
    if (this.#ack !== undefined) {
      this.#host.clients.repeat(this.#ack);
      return;
    }
    this.#dialog.flow = source;
    refreshTarget(this.#dialog, response);
    const ack = ackWithin(this.#dialog, this.#sequence, this.#host.requestHeaders);
    this.#ack = this.#host.clients.sendAck(ack, nextHop(this.#dialog));
    const body = readSessionBody(response);
    this.#user.handleReinviteAnswered(body.kind === 'sdp' ? body.sdp : undefined, nowMs);
  }

  handleFailure(cause: 'timeout' | 'transport', nowMs: number): void {
    this.#user.handleReinviteRefused(cause === 'timeout' ? 408 : 503, nowMs);
  }
}
