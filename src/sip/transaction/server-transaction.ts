import type { Flow } from '../flow.ts';
import { isReliable } from '../flow.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { tagOf } from '../message/name-address.ts';
import { serializeMessage } from '../message/serialize.ts';
import type { Via } from '../message/via.ts';
import { toOf } from '../message/views.ts';
import type { ServerMachine } from './actions.ts';
import { InviteServerTransaction } from './invite-server.ts';
import { NonInviteServerTransaction } from './non-invite-server.ts';
import { responseFlow, responseFlowWithoutConnection } from './response-route.ts';

/** Who works on a peer's INVITE. */
export interface InviteUser {
  /** The tag of our responses, which the response to CANCEL has too (RFC 3261 section 9.2). */
  readonly localTag: string;
  /** CANCEL came before a final response. */
  handleCancel(cancel: SipRequest, nowMs: number): void;
}

/** A request of a peer with its state machine, the latest response to it, and the way its responses go. */
export class ServerTransaction {
  readonly request: SipRequest;
  /** Where the request came from. */
  readonly source: Flow;
  readonly key: string;
  /** Set while this request is the one that copies of it are merged into (RFC 3261 section 8.2.2.2). */
  readonly mergeKey: string | undefined;
  readonly machine: InviteServerTransaction | NonInviteServerTransaction;
  /** Set once the INVITE has somebody who works on it. */
  user: InviteUser | undefined;
  readonly #via: Via;
  #responseFlow: Flow;
  #latest: Uint8Array | undefined;
  #responseTag: string | undefined;

  constructor(
    request: SipRequest,
    via: Via,
    source: Flow,
    keys: { key: string; mergeKey: string | undefined },
  ) {
    this.request = request;
    this.source = source;
    this.key = keys.key;
    this.mergeKey = keys.mergeKey;
    this.#via = via;
    this.#responseFlow = responseFlow(via, source);
    const reliable = isReliable(source);
    this.machine =
      request.method === 'INVITE'
        ? new InviteServerTransaction(reliable)
        : new NonInviteServerTransaction(reliable);
  }

  get responseFlow(): Flow {
    return this.#responseFlow;
  }

  /** The response last given to the transaction, as octets. */
  get latest(): Uint8Array | undefined {
    return this.#latest;
  }

  /** Whether a final response was given. */
  get isFinal(): boolean {
    const { state } = this.machine;
    return state !== 'trying' && state !== 'proceeding';
  }

  respond(response: SipResponse, nowMs: number): ReturnType<ServerMachine['respond']> {
    const actions = this.machine.respond(response.statusCode, nowMs);
    if (actions.length > 0) {
      this.#latest = serializeMessage(response);
      this.#responseTag = tagOf(toOf(response));
    }
    return actions;
  }

  /** RFC 2543 peers: "the tag in the To field of the ACK" must be ours (RFC 3261 section 17.2.3). */
  acknowledges(ack: SipRequest): boolean {
    return this.#responseTag === undefined || tagOf(toOf(ack)) === this.#responseTag;
  }

  handleConnectionLost(connectionId: number): void {
    if (this.#responseFlow.connectionId !== connectionId) return;
    this.#responseFlow = responseFlowWithoutConnection(this.#via, this.#responseFlow);
  }
}
