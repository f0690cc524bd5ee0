import type { AuthenticatedRequest } from '../auth/authenticated-request.ts';
import { refreshTarget } from '../dialog/dialog.ts';
import type { Flow } from '../flow.ts';
import type { HeaderField, SipResponse } from '../message/message.ts';
import type { ClientTransactionUser, PreparedRequest } from '../transaction/client-transaction.ts';
import { sdpContentType } from './capabilities.ts';
import type { DialogClient } from './dialog-client.ts';
import { readSessionBody } from './session-body.ts';
import type { SessionHost } from './session-host.ts';

export interface SentOfferUser {
  /** `answer` is undefined when the 2xx carries none. */
  handleOfferAnswered(answer: string | undefined, response: SipResponse, nowMs: number): void;
  /** `response` is undefined when none came. */
  handleOfferRefused(statusCode: number, response: SipResponse | undefined, nowMs: number): void;
}

export interface OfferRequest {
  readonly method: 'INVITE' | 'UPDATE';
  /** Undefined: an UPDATE that only says that we are still there. */
  readonly sdp: string | undefined;
  readonly headers: readonly HeaderField[];
}

/**
 * An INVITE or UPDATE of ours within a dialog: its response, and the ACK to each repeat of a 2xx to an INVITE.
 *
 * @see RFC 3261 section 14.1, RFC 3311
 */
export class SentOffer implements ClientTransactionUser {
  readonly #host: SessionHost;
  readonly #client: DialogClient;
  readonly #method: OfferRequest['method'];
  readonly #user: SentOfferUser;
  readonly #sent: AuthenticatedRequest;
  #ack: PreparedRequest | undefined;

  constructor(
    host: SessionHost,
    client: DialogClient,
    offer: OfferRequest,
    user: SentOfferUser,
    nowMs: number,
  ) {
    this.#host = host;
    this.#client = client;
    this.#method = offer.method;
    this.#user = user;
    const { sdp } = offer;
    const headers = [
      host.contact(client.hop, client.dialog.usesSips),
      ...offer.headers,
      ...(sdp === undefined ? [] : [sdpContentType]),
    ];
    const body = sdp === undefined ? undefined : Buffer.from(sdp, 'utf8');
    this.#sent = client.send(offer.method, headers, body, this, nowMs);
  }

  handleResponse(response: SipResponse, source: Flow, nowMs: number): void {
    const { statusCode } = response;
    if (statusCode < 200) return;
    if (statusCode >= 300) {
      this.#user.handleOfferRefused(statusCode, response, nowMs);
      return;
    }
    if (this.#ack !== undefined) {
      this.#host.clients.repeat(this.#ack);
      return;
    }
    const { dialog } = this.#client;
    dialog.flow = source;
    refreshTarget(dialog, response);
    if (this.#method === 'INVITE') this.#ack = this.#client.acknowledge(this.#sent);
    const body = readSessionBody(response);
    this.#user.handleOfferAnswered(body.kind === 'sdp' ? body.sdp : undefined, response, nowMs);
  }

  handleFailure(cause: 'timeout' | 'transport', nowMs: number): void {
    this.#user.handleOfferRefused(cause === 'timeout' ? 408 : 503, undefined, nowMs);
  }
}
