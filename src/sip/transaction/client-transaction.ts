import { type Flow, isReliable } from '../flow.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { serializeMessage } from '../message/serialize.ts';
import { ackForFailure } from './ack.ts';
import { InviteClientTransaction } from './invite-client.ts';
import { NonInviteClientTransaction } from './non-invite-client.ts';

/** Who sent a request: told of each response passed up, or of one failure instead. */
export interface ClientTransactionUser {
  /** `source` is where the response came from: over TCP the connection that was opened for the request. */
  handleResponse(response: SipResponse, source: Flow, nowMs: number): void;
  handleFailure(cause: 'timeout' | 'transport', nowMs: number): void;
}

/** A request as it goes on the wire, and the way it goes. */
export interface PreparedRequest {
  readonly request: SipRequest;
  readonly octets: Uint8Array;
  readonly flow: Flow;
  readonly key: string;
  /** The way to try when this one fails (RFC 3261 section 18.1.1). */
  readonly fallback: Flow | undefined;
}

/** A request of ours with its state machine. */
export class ClientTransaction {
  readonly user: ClientTransactionUser;
  #prepared: PreparedRequest;
  #machine: InviteClientTransaction | NonInviteClientTransaction;
  #ack: Uint8Array | undefined;

  constructor(prepared: PreparedRequest, user: ClientTransactionUser, nowMs: number) {
    this.user = user;
    this.#prepared = prepared;
    this.#machine = machineFor(prepared, nowMs);
  }

  get prepared(): PreparedRequest {
    return this.#prepared;
  }

  get machine(): InviteClientTransaction | NonInviteClientTransaction {
    return this.#machine;
  }

  /** Begins anew on another way, the first having failed. */
  restart(prepared: PreparedRequest, nowMs: number): void {
    this.#prepared = prepared;
    this.#machine = machineFor(prepared, nowMs);
  }

  /** The ACK to a failure, the same octets for each repeat of it. */
  ackFor(failure: SipResponse): Uint8Array {
    this.#ack ??= serializeMessage(ackForFailure(this.#prepared.request, failure));
    return this.#ack;
  }
}

function machineFor(
  { request, flow }: PreparedRequest,
  nowMs: number,
): InviteClientTransaction | NonInviteClientTransaction {
  return request.method === 'INVITE'
    ? new InviteClientTransaction(isReliable(flow), nowMs)
    : new NonInviteClientTransaction(isReliable(flow), nowMs);
}
