import { acceptSequence, type Dialog, refreshTarget } from '../dialog/dialog.ts';
import type { Flow } from '../flow.ts';
import { serializeRAck } from '../message/cseq.ts';
import type { SipResponse } from '../message/message.ts';
import { cseqOf, hasOptionTag, rseqOf } from '../message/views.ts';
import { responseTo } from '../response.ts';
import type { ClientTransactionUser } from '../transaction/client-transaction.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { SipTrunk } from '../trunk.ts';
import { allowHeader, refusalOfMethod, supportedWithinDialog } from './capabilities.ts';
import { DialogClient } from './dialog-client.ts';
import { readSessionBody } from './session-body.ts';
import type { DialogUser, SessionHost } from './session-host.ts';

/**
 * One fork of a call of ours that rings: acknowledges its reliable responses, and answers what the callee asks before
 * it answers.
 *
 * @see RFC 3261 section 12.1, RFC 3262 section 4
 */
export class EarlyDialog implements DialogUser {
  readonly dialog: Dialog;
  readonly trunk: SipTrunk;
  readonly #host: SessionHost;
  readonly #client: DialogClient;
  #responseSequence: number | undefined;

  constructor(host: SessionHost, dialog: Dialog, trunk: SipTrunk) {
    this.#host = host;
    this.dialog = dialog;
    this.trunk = trunk;
    this.#client = new DialogClient(host, dialog, trunk);
  }

  isHome(source: Flow): boolean {
    if (this.trunk.inboundAuth === 'certificate') return this.trunk.certifies(source);
    return this.trunk.owns(source.remoteAddress) || this.dialog.flow.remoteAddress === source.remoteAddress;
  }

  /** Acknowledges a reliable response. False: it was seen before, or one before it was not (RFC 3262 section 4). */
  take(response: SipResponse, inviteSequence: number, nowMs: number): boolean {
    const responseSequence = rseqOf(response);
    if (responseSequence === undefined || !hasOptionTag(response, 'Require', '100rel')) return true;
    if (this.#responseSequence !== undefined && responseSequence !== this.#responseSequence + 1) return false;
    this.#responseSequence = responseSequence;
    const rack = serializeRAck({ responseSequence, cseq: { sequence: inviteSequence, method: 'INVITE' } });
    this.#client.send('PRACK', [{ name: 'RAck', value: rack }], undefined, unheard, nowMs);
    return true;
  }

  handleRequest(transaction: ServerTransaction, nowMs: number): void {
    const { request, source } = transaction;
    if (!acceptSequence(this.dialog, cseqOf(request).sequence)) {
      this.#respond(transaction, 500, nowMs);
      return;
    }
    if (request.method === 'OPTIONS') this.#respond(transaction, 200, nowMs);
    else if (request.method !== 'UPDATE')
      this.#respond(transaction, refusalOfMethod(request.method, true), nowMs);
    else if (readSessionBody(request).kind === 'sdp') {
      // Our offer has no final answer yet: "Retry-After … between 0 and 10 seconds" (RFC 3311 section 5.2).
      this.#respond(transaction, 500, nowMs, 'Retry-After', String(Math.floor(this.#host.random() * 11)));
    } else {
      this.dialog.flow = source;
      refreshTarget(this.dialog, request);
      this.#respond(transaction, 200, nowMs);
    }
  }

  handleAck(): void {}

  #respond(
    transaction: ServerTransaction,
    statusCode: number,
    nowMs: number,
    name?: string,
    value = '',
  ): void {
    const more = name === undefined ? [] : [{ name, value }];
    const response = responseTo(transaction.request, statusCode, {
      headers: [
        this.#host.contact(transaction.source, this.dialog.usesSips),
        allowHeader,
        supportedWithinDialog(this.trunk),
        ...more,
        ...this.#host.responseHeaders,
      ],
    });
    this.#host.servers.respond(transaction, response, nowMs);
  }
}

/** Without a PRACK the callee gives up by itself. */
const unheard: ClientTransactionUser = { handleResponse: () => {}, handleFailure: () => {} };
