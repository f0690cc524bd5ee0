import { type Flow, isReliable } from '../flow.ts';
import type { HeaderField, SipRequest, SipResponse } from '../message/message.ts';
import { parameterValue } from '../message/parameters.ts';
import { serializeMessage } from '../message/serialize.ts';
import { MAGIC_COOKIE } from '../message/via.ts';
import { cseqOf, topViaOf } from '../message/views.ts';
import { cancelFor } from './ack.ts';
import type { ClientAction } from './actions.ts';
import { ClientTransaction, type ClientTransactionUser, type PreparedRequest } from './client-transaction.ts';
import { DeadlineQueue } from './deadline-queue.ts';
import { InviteClientTransaction } from './invite-client.ts';
import type { TransactionEnvironment } from './transaction-environment.ts';
import { clientTransactionKey } from './transaction-key.ts';

/** Every request of ours that has not run its course. */
export class ClientTransactions {
  readonly #environment: TransactionEnvironment;
  readonly #byKey: Map<string, ClientTransaction> = new Map();
  readonly #deadlines: DeadlineQueue<ClientTransaction> = new DeadlineQueue();

  constructor(environment: TransactionEnvironment) {
    this.#environment = environment;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get deadline(): number | undefined {
    return this.#deadlines.deadline;
  }

  /** Sends a request that has no Via yet. */
  send(request: SipRequest, flow: Flow, user: ClientTransactionUser, nowMs: number): ClientTransaction {
    return this.#begin(this.#prepare(request, flow), user, nowMs);
  }

  /** Sends an ACK to a 2xx, which is a transaction of its own without responses. Its octets serve every repeat. */
  sendAck(ack: SipRequest, flow: Flow): PreparedRequest {
    const prepared = this.#prepare(ack, flow);
    this.#environment.transmit(prepared.flow, prepared.octets);
    return prepared;
  }

  /** Sends an ACK again: for each repeat of its 2xx. */
  repeat({ flow, octets }: PreparedRequest): void {
    this.#environment.transmit(flow, octets);
  }

  /** Sends the CANCEL of an INVITE that a provisional response has come to. */
  cancel(
    invite: ClientTransaction,
    headers: readonly HeaderField[],
    user: ClientTransactionUser,
    nowMs: number,
  ): void {
    const { request: pending, flow } = invite.prepared;
    const request = cancelFor(pending);
    request.headers.push(...headers);
    const branch = parameterValue(topViaOf(request).parameters, 'branch') ?? '';
    const key = clientTransactionKey(branch, 'CANCEL');
    this.#begin({ request, octets: serializeMessage(request), flow, key, fallback: undefined }, user, nowMs);
  }

  /** Forgets an INVITE whose final response never comes. */
  abandon(invite: ClientTransaction): void {
    if (invite.machine instanceof InviteClientTransaction) invite.machine.terminate();
    this.#settle(invite);
  }

  /** False: it answers nothing of ours. */
  handleResponse(response: SipResponse, source: Flow, nowMs: number): boolean {
    const branch = parameterValue(topViaOf(response).parameters, 'branch') ?? '';
    const transaction = this.#byKey.get(clientTransactionKey(branch, cseqOf(response).method));
    if (transaction === undefined) return false;
    const actions = transaction.machine.handleResponse(response.statusCode, nowMs);
    this.#settle(transaction);
    this.#carryOut(transaction, actions, nowMs, response, source);
    return true;
  }

  /** What was sent on this flow did not arrive, or its connection is gone. */
  handleTransportError(flow: Flow, nowMs: number): void {
    for (const transaction of [...this.#byKey.values()]) {
      if (!isSameWay(transaction.prepared.flow, flow)) continue;
      const { fallback, request } = transaction.prepared;
      if (fallback === undefined || transaction.machine.state === 'terminated') {
        const actions = transaction.machine.handleTransportError();
        this.#settle(transaction);
        this.#carryOut(transaction, actions, nowMs);
        continue;
      }
      this.#byKey.delete(transaction.prepared.key);
      const [, ...headers] = request.headers;
      transaction.restart(this.#stamp({ ...request, headers }, fallback, undefined), nowMs);
      this.#enter(transaction);
    }
  }

  handleTimeout(nowMs: number): void {
    for (;;) {
      const transaction = this.#deadlines.takeDue(nowMs);
      if (transaction === undefined) return;
      const actions = transaction.machine.handleTimeout(nowMs);
      this.#settle(transaction);
      this.#carryOut(transaction, actions, nowMs);
    }
  }

  #begin(prepared: PreparedRequest, user: ClientTransactionUser, nowMs: number): ClientTransaction {
    const transaction = new ClientTransaction(prepared, user, nowMs);
    this.#enter(transaction);
    return transaction;
  }

  #enter(transaction: ClientTransaction): void {
    const { key, flow, octets } = transaction.prepared;
    this.#byKey.set(key, transaction);
    this.#environment.transmit(flow, octets);
    this.#settle(transaction);
  }

  #carryOut(
    transaction: ClientTransaction,
    actions: readonly ClientAction[],
    nowMs: number,
    response?: SipResponse,
    source?: Flow,
  ): void {
    const { user, prepared } = transaction;
    for (const action of actions) {
      switch (action) {
        case 'send-request':
          this.#environment.transmit(prepared.flow, prepared.octets);
          break;
        case 'send-ack':
          if (response !== undefined) this.#environment.transmit(prepared.flow, transaction.ackFor(response));
          break;
        case 'pass-response':
          if (response !== undefined) user.handleResponse(response, source ?? prepared.flow, nowMs);
          break;
        case 'report-timeout':
          user.handleFailure('timeout', nowMs);
          break;
        case 'report-transport-error':
          user.handleFailure('transport', nowMs);
          break;
      }
    }
  }

  #settle(transaction: ClientTransaction): void {
    if (transaction.machine.state === 'terminated') this.#byKey.delete(transaction.prepared.key);
    this.#deadlines.set(transaction, transaction.machine.deadline);
  }

  /** "If a request is within 200 bytes of the path MTU, or larger than 1300 bytes", it goes over TCP. */
  #prepare(request: SipRequest, flow: Flow): PreparedRequest {
    const prepared = this.#stamp(request, flow, undefined);
    const limit = this.#environment.tcpAboveOctets;
    if (isReliable(flow) || limit === undefined || prepared.octets.length <= limit) return prepared;
    return this.#stamp(request, { ...flow, transport: 'tcp' }, flow);
  }

  #stamp(request: SipRequest, flow: Flow, fallback: Flow | undefined): PreparedRequest {
    const { newBranch, sentBy } = this.#environment;
    const branch = `${MAGIC_COOKIE}${newBranch()}`;
    const via = `SIP/2.0/${flow.transport.toUpperCase()} ${sentBy(flow)};rport;branch=${branch}`;
    const stamped = { ...request, headers: [{ name: 'Via', value: via }, ...request.headers] };
    const key = clientTransactionKey(branch, request.method);
    return { request: stamped, octets: serializeMessage(stamped), flow, key, fallback };
  }
}

/** A flow without a connection goes over whichever is open to its address; over TLS, to its server by its identity. */
function isSameWay(used: Flow, failed: Flow): boolean {
  if (used.connectionId !== undefined) return used.connectionId === failed.connectionId;
  return (
    used.transport === failed.transport &&
    used.remotePort === failed.remotePort &&
    used.remoteAddress === failed.remoteAddress &&
    (used.tls === undefined || used.tls.serverName === failed.tls?.serverName) &&
    (used.tls?.identity === undefined || used.tls.identity === failed.tls?.identity)
  );
}
