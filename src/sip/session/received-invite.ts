import type { HeaderField, SipRequest, SipResponse } from '../message/message.ts';
import { cseqOf } from '../message/views.ts';
import { responseTo } from '../response.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import { nextInterval, T1_MS, TRANSACTION_TIMEOUT_MS } from '../transaction/timers.ts';
import { allowHeader, sdpContentType, supportedHeader } from './capabilities.ts';
import { readSessionBody } from './session-body.ts';
import type { SessionHost, Timed } from './session-host.ts';

type State =
  | { name: 'pending'; ringing: SipResponse | undefined; refreshAtMs: number | undefined }
  | { name: 'accepted'; ok: SipResponse; intervalMs: number; retransmitAtMs: number; timeoutAtMs: number }
  | { name: 'over' };

export interface ReceivedInviteUser {
  /** Our 2xx was never acknowledged. */
  handleNoAck(nowMs: number): void;
}

/**
 * One INVITE of the peer, the first or a re-INVITE, from its arrival to the ACK: provisional responses and their
 * refresh, the 2xx and its repeats.
 *
 * @see RFC 3261 section 13.3.1
 */
export class ReceivedInvite implements Timed {
  readonly transaction: ServerTransaction;
  readonly sequence: number;
  /** The peer's SDP; without it our 2xx carries the offer. */
  readonly offer: string | undefined;
  readonly #host: SessionHost;
  readonly #localTag: string;
  readonly #user: ReceivedInviteUser;
  #state: State = { name: 'pending', ringing: undefined, refreshAtMs: undefined };

  constructor(host: SessionHost, transaction: ServerTransaction, localTag: string, user: ReceivedInviteUser) {
    this.#user = user;
    this.#host = host;
    this.transaction = transaction;
    this.#localTag = localTag;
    this.sequence = cseqOf(transaction.request).sequence;
    const body = readSessionBody(transaction.request);
    this.offer = body.kind === 'sdp' ? body.sdp : undefined;
  }

  get isPending(): boolean {
    return this.#state.name === 'pending';
  }

  get isAwaitingAck(): boolean {
    return this.#state.name === 'accepted';
  }

  trying(nowMs: number): void {
    this.#respond(responseTo(this.transaction.request, 100), nowMs);
  }

  ring(statusCode: number, sdp: string | undefined, nowMs: number): void {
    if (this.#state.name !== 'pending') return;
    const ringing = this.#establishing(statusCode, sdp);
    this.#enter({ name: 'pending', ringing, refreshAtMs: nowMs + REFRESH_MS });
    this.#respond(ringing, nowMs);
  }

  accept(sdp: string, nowMs: number): void {
    if (this.#state.name !== 'pending') return;
    const ok = this.#establishing(200, sdp);
    this.#enter({
      name: 'accepted',
      ok,
      intervalMs: T1_MS,
      retransmitAtMs: nowMs + T1_MS,
      timeoutAtMs: nowMs + TRANSACTION_TIMEOUT_MS,
    });
    this.#respond(ok, nowMs);
  }

  refuse(
    statusCode: number,
    parts: { reasonPhrase?: string | undefined; headers?: readonly HeaderField[] },
    nowMs: number,
  ): void {
    if (this.#state.name !== 'pending') return;
    this.#enter({ name: 'over' });
    const headers = [...this.#host.responseHeaders, ...(parts.headers ?? [])];
    const { reasonPhrase } = parts;
    const response = responseTo(this.transaction.request, statusCode, {
      toTag: this.#localTag,
      reasonPhrase,
      headers,
    });
    this.#respond(response, nowMs);
  }

  /** Undefined: a repeat, or an ACK to something else. */
  handleAck(ack: SipRequest): { readonly answer: string | undefined } | undefined {
    if (this.#state.name !== 'accepted' || cseqOf(ack).sequence !== this.sequence) return undefined;
    this.#enter({ name: 'over' });
    const body = readSessionBody(ack);
    return { answer: this.offer === undefined && body.kind === 'sdp' ? body.sdp : undefined };
  }

  /** The peer's ACK to a later INVITE says that it had our 2xx to this one. */
  settle(): void {
    if (this.#state.name === 'accepted') this.#enter({ name: 'over' });
  }

  handleTimeout(nowMs: number): void {
    const state = this.#state;
    if (state.name === 'pending' && state.ringing !== undefined) {
      // "The UAS MUST send a non-100 provisional response at every minute" (section 13.3.1.1).
      this.#enter({ ...state, refreshAtMs: nowMs + REFRESH_MS });
      this.#respond(state.ringing, nowMs);
    } else if (state.name === 'accepted' && nowMs >= state.timeoutAtMs) {
      this.#enter({ name: 'over' });
      this.#user.handleNoAck(nowMs);
    } else if (state.name === 'accepted') {
      // Also over TCP: the next hop may be a proxy that goes on over UDP (section 13.3.1.4).
      const intervalMs = nextInterval(state.intervalMs);
      this.#enter({ ...state, intervalMs, retransmitAtMs: nowMs + intervalMs });
      this.#respond(state.ok, nowMs);
    }
  }

  #establishing(statusCode: number, sdp: string | undefined): SipResponse {
    const { request, source } = this.transaction;
    return responseTo(request, statusCode, {
      toTag: this.#localTag,
      headers: [
        this.#host.contact(source),
        allowHeader,
        supportedHeader,
        ...this.#host.responseHeaders,
        ...(sdp === undefined ? [] : [sdpContentType]),
      ],
      body: sdp === undefined ? undefined : Buffer.from(sdp, 'utf8'),
    });
  }

  #enter(state: State): void {
    this.#state = state;
    this.#host.schedule(this, deadlineOf(state));
  }

  #respond(response: SipResponse, nowMs: number): void {
    this.#host.servers.respond(this.transaction, response, nowMs);
  }
}

function deadlineOf(state: State): number | undefined {
  if (state.name === 'pending') return state.refreshAtMs;
  return state.name === 'accepted' ? Math.min(state.retransmitAtMs, state.timeoutAtMs) : undefined;
}

const REFRESH_MS = 60_000;
