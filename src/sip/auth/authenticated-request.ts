import type { Flow } from '../flow.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import type { ClientTransaction, ClientTransactionUser } from '../transaction/client-transaction.ts';
import type { ClientTransactions } from '../transaction/client-transactions.ts';
import type { ChallengeRefusal, DigestClient } from './digest-client.ts';

/** Why a challenge was not answered; with `credentials-rejected` it was, in vain. */
export type AuthenticationRefusal = ChallengeRefusal | 'credentials-rejected';

/** A request that may have to be made again, with proof of who we are. */
export interface RequestDraft {
  /** Gives it without Via, each time with a sequence number of its own; the proof is put behind its headers. */
  readonly build: () => SipRequest;
  readonly flow: Flow;
  /** Undefined: no challenge is answered. */
  readonly digest: DigestClient | undefined;
  readonly onRefusal?: ((reason: AuthenticationRefusal) => void) | undefined;
}

/**
 * A request of ours and, where its peer asks for proof and may have it, the same request again. The user sees one
 * request: provisional responses, then the final response that no proof could change.
 *
 * @see RFC 3261 section 22.2
 */
export class AuthenticatedRequest implements ClientTransactionUser {
  readonly #clients: ClientTransactions;
  readonly #draft: RequestDraft;
  readonly #user: ClientTransactionUser;
  /** What was answered already, by challenger and realm: the same is not answered twice. */
  readonly #answered: Set<string> = new Set();
  #request: SipRequest;
  #transaction: ClientTransaction;
  #isFinal = false;

  constructor(clients: ClientTransactions, draft: RequestDraft, user: ClientTransactionUser, nowMs: number) {
    this.#clients = clients;
    this.#draft = draft;
    this.#user = user;
    this.#request = this.#build();
    this.#transaction = clients.send(this.#request, draft.flow, this, nowMs);
  }

  /** As sent last. */
  get request(): SipRequest {
    return this.#request;
  }

  get transaction(): ClientTransaction {
    return this.#transaction;
  }

  /** From now on challenges are failures like others: the request is not wanted any more. */
  giveUp(): void {
    this.#isFinal = true;
  }

  handleResponse(response: SipResponse, source: Flow, nowMs: number): void {
    if (this.#answers(response, source)) {
      this.#request = this.#build();
      this.#transaction = this.#clients.send(this.#request, this.#draft.flow, this, nowMs);
    } else {
      this.#user.handleResponse(response, source, nowMs);
    }
  }

  handleFailure(cause: 'timeout' | 'transport', nowMs: number): void {
    this.#user.handleFailure(cause, nowMs);
  }

  #answers(response: SipResponse, source: Flow): boolean {
    const { digest, flow, onRefusal } = this.#draft;
    if ((response.statusCode !== 401 && response.statusCode !== 407) || this.#isFinal) return false;
    const challenge = digest === undefined ? 'foreign-challenge' : digest.accept(response, flow, source);
    if (typeof challenge === 'string') {
      onRefusal?.(challenge);
      return false;
    }
    const key = `${challenge.challenger} ${challenge.realm} ${challenge.stale}`;
    if (this.#answered.has(key)) {
      digest?.forget(challenge);
      onRefusal?.('credentials-rejected');
      return false;
    }
    this.#answered.add(key);
    return true;
  }

  #build(): SipRequest {
    const { build, digest, flow } = this.#draft;
    const request = build();
    request.headers.push(...(digest?.authorize(request.method, request.requestUri, flow) ?? []));
    return request;
  }
}
