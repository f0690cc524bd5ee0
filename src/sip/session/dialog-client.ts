import { AuthenticatedRequest } from '../auth/authenticated-request.ts';
import { ackWithin, type Dialog, requestWithin } from '../dialog/dialog.ts';
import { nextHop } from '../dialog/next-hop.ts';
import type { Flow } from '../flow.ts';
import { headerFields } from '../message/headers.ts';
import type { HeaderField } from '../message/message.ts';
import { cseqOf } from '../message/views.ts';
import type { ClientTransactionUser, PreparedRequest } from '../transaction/client-transaction.ts';
import type { SipTrunk } from '../trunk.ts';
import type { SessionHost } from './session-host.ts';

/** Sends requests within one dialog. */
export class DialogClient {
  readonly dialog: Dialog;
  readonly #host: SessionHost;
  readonly #trunk: SipTrunk;

  constructor(host: SessionHost, dialog: Dialog, trunk: SipTrunk) {
    this.#host = host;
    this.dialog = dialog;
    this.#trunk = trunk;
  }

  /** Where the next request goes. */
  get hop(): Flow {
    return nextHop(this.dialog, this.#trunk.name);
  }

  /**
   * A challenge is answered only in calls that we made ourselves: a caller could have us prove our password to him by
   * challenging our BYE (the class of CVE-2021-41158).
   */
  send(
    method: string,
    headers: readonly HeaderField[],
    body: Uint8Array | undefined,
    user: ClientTransactionUser,
    nowMs: number,
  ): AuthenticatedRequest {
    const { clients, requestHeaders, noteRefusal } = this.#host;
    const draft = {
      build: () => requestWithin(this.dialog, method, [...requestHeaders, ...headers], body),
      flow: this.hop,
      digest: this.dialog.isCaller ? this.#trunk.digest : undefined,
      onRefusal: noteRefusal,
    };
    return new AuthenticatedRequest(clients, draft, user, nowMs);
  }

  /** The ACK to the 2xx of an INVITE, with the proof that the INVITE carried (RFC 3261 section 22.1) to whom it went. */
  acknowledge(invite: AuthenticatedRequest): PreparedRequest {
    const { request, transaction } = invite;
    const flow = this.hop;
    const isSameHost = flow.remoteAddress === transaction.prepared.flow.remoteAddress;
    const proof = isSameHost ? proofNames.flatMap((name) => headerFields(request, name)) : [];
    const headers = [...this.#host.requestHeaders, ...proof];
    return this.#host.clients.sendAck(ackWithin(this.dialog, cseqOf(request).sequence, headers), flow);
  }
}

const proofNames = ['Authorization', 'Proxy-Authorization'] as const;
