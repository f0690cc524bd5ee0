import { invariant } from '../../invariant.ts';
import type { Flow } from '../flow.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { tagOf } from '../message/name-address.ts';
import { parameterValue } from '../message/parameters.ts';
import { isRfc3261Branch, type Via } from '../message/via.ts';
import { toOf, topViaOf } from '../message/views.ts';
import type { ServerAction } from './actions.ts';
import { DeadlineQueue } from './deadline-queue.ts';
import { InviteServerTransaction } from './invite-server.ts';
import { recordSource } from './response-route.ts';
import { ServerTransaction } from './server-transaction.ts';
import type { TransactionEnvironment } from './transaction-environment.ts';
import { mergeKey, serverTransactionKey } from './transaction-key.ts';

/** A request just arrived, its top Via completed with where it came from. */
export interface ArrivedRequest {
  readonly request: SipRequest;
  readonly via: Via;
  readonly source: Flow;
  readonly key: string;
}

/**
 * What became of a request: taken by the transaction it belongs to, an ACK to a 2xx for the transaction user, or
 * new, to be opened or answered without state.
 */
export type Arrival =
  | { readonly kind: 'absorbed' }
  | { readonly kind: 'ack'; readonly request: SipRequest; readonly source: Flow }
  | { readonly kind: 'new'; readonly arrived: ArrivedRequest };

/** Every request of a peer that has not run its course. */
export class ServerTransactions {
  readonly #environment: TransactionEnvironment;
  readonly #byKey: Map<string, ServerTransaction> = new Map();
  readonly #byMergeKey: Map<string, ServerTransaction> = new Map();
  readonly #deadlines: DeadlineQueue<ServerTransaction> = new DeadlineQueue();

  constructor(environment: TransactionEnvironment) {
    this.#environment = environment;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get deadline(): number | undefined {
    return this.#deadlines.deadline;
  }

  handleRequest(request: SipRequest, source: Flow, nowMs: number): Arrival {
    recordSource(request, source);
    const via = topViaOf(request);
    const key = serverTransactionKey(request, via, request.method);
    const transaction = this.#byKey.get(key);
    if (request.method === 'ACK') return this.#handleAck(transaction, request, via, source, nowMs);
    if (transaction === undefined) return { kind: 'new', arrived: { request, via, source, key } };
    this.#carryOut(transaction, transaction.machine.handleRetransmission());
    return { kind: 'absorbed' };
  }

  /** The INVITE that a CANCEL is about (RFC 3261 section 9.2). */
  pendingInvite({ request, via }: ArrivedRequest): ServerTransaction | undefined {
    return this.#byKey.get(serverTransactionKey(request, via, 'INVITE'));
  }

  /** Whether another copy of this request is being worked on (RFC 3261 section 8.2.2.2). */
  isMerged({ request }: ArrivedRequest): boolean {
    return tagOf(toOf(request)) === undefined && this.#byMergeKey.has(mergeKey(request));
  }

  open({ request, via, source, key }: ArrivedRequest): ServerTransaction {
    invariant(!this.#byKey.has(key), 'only a new request opens a transaction');
    const isInitial = tagOf(toOf(request)) === undefined && request.method !== 'CANCEL';
    const keys = { key, mergeKey: isInitial ? mergeKey(request) : undefined };
    const transaction = new ServerTransaction(request, via, source, keys);
    this.#byKey.set(key, transaction);
    if (keys.mergeKey !== undefined) this.#byMergeKey.set(keys.mergeKey, transaction);
    return transaction;
  }

  respond(transaction: ServerTransaction, response: SipResponse, nowMs: number): void {
    const actions = transaction.respond(response, nowMs);
    this.#settle(transaction);
    this.#carryOut(transaction, actions);
  }

  handleTimeout(nowMs: number): void {
    for (;;) {
      const transaction = this.#deadlines.takeDue(nowMs);
      if (transaction === undefined) return;
      const actions = transaction.machine.handleTimeout(nowMs);
      this.#settle(transaction);
      this.#carryOut(transaction, actions);
    }
  }

  /** Responses whose connection is gone take a new one. */
  handleTransportError({ connectionId }: Flow): void {
    if (connectionId === undefined) return;
    for (const transaction of this.#byKey.values()) transaction.handleConnectionLost(connectionId);
  }

  #handleAck(
    transaction: ServerTransaction | undefined,
    request: SipRequest,
    via: Via,
    source: Flow,
    nowMs: number,
  ): Arrival {
    const machine = transaction?.machine;
    if (transaction === undefined || !(machine instanceof InviteServerTransaction))
      return { kind: 'ack', request, source };
    const isMatched =
      isRfc3261Branch(parameterValue(via.parameters, 'branch')) || transaction.acknowledges(request);
    const actions = isMatched ? machine.handleAck(nowMs) : [];
    this.#settle(transaction);
    return actions.includes('pass-ack') ? { kind: 'ack', request, source } : { kind: 'absorbed' };
  }

  #carryOut(transaction: ServerTransaction, actions: readonly ServerAction[]): void {
    const { latest } = transaction;
    for (const action of actions) {
      // No ACK to a failure, and a lost connection, leave the transaction user nothing to do.
      if (action === 'send-response' && latest !== undefined)
        this.#environment.transmit(transaction.responseFlow, latest);
    }
  }

  #settle(transaction: ServerTransaction): void {
    const { machine, key, mergeKey } = transaction;
    this.#deadlines.set(transaction, machine.deadline);
    if (machine.state !== 'terminated') return;
    this.#byKey.delete(key);
    if (mergeKey !== undefined && this.#byMergeKey.get(mergeKey) === transaction)
      this.#byMergeKey.delete(mergeKey);
  }
}
