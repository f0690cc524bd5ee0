import type { Dialog } from '../dialog/dialog.ts';
import type { RAck } from '../message/cseq.ts';
import type { HeaderField, SipRequest, SipResponse } from '../message/message.ts';
import { cseqOf, hasOptionTag } from '../message/views.ts';
import { responseTo } from '../response.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import { nextInterval, T1_MS, TRANSACTION_TIMEOUT_MS } from '../transaction/timers.ts';
import type { SipTrunk } from '../trunk.ts';
import { allowHeader, sdpContentType, supportedHeader } from './capabilities.ts';
import { ReliableProvisionals, type ReliableProvisionalsUser } from './reliable-provisionals.ts';
import { readSessionBody } from './session-body.ts';
import type { SessionHost, Timed } from './session-host.ts';

/** What is still to be said: a provisional response, or the 2xx. */
type Waiting = { statusCode: number; sdp: string | undefined };

type State =
  | { name: 'pending'; ringing: number | undefined; refreshAtMs: number | undefined }
  | { name: 'accepted'; ok: SipResponse; intervalMs: number; retransmitAtMs: number; timeoutAtMs: number }
  | { name: 'over' };

export interface ReceivedInviteUser {
  /** Our 2xx was never acknowledged. */
  handleNoAck(nowMs: number): void;
  /** A reliable provisional response was never acknowledged; the INVITE has been refused. */
  handleNoPrack(statusCode: number): void;
  /** What the 2xx says of the session timer, which starts with it. */
  timerHeaders(request: SipRequest, nowMs: number): HeaderField[];
}

/**
 * One INVITE of the peer, the first or a re-INVITE, from its arrival to the ACK: provisional responses and their
 * refresh, the 2xx and its repeats.
 *
 * @see RFC 3261 section 13.3.1, RFC 3262 section 3
 */
export class ReceivedInvite implements Timed, ReliableProvisionalsUser {
  readonly transaction: ServerTransaction;
  readonly sequence: number;
  /** The peer's SDP; without it our 2xx carries the offer. */
  readonly offer: string | undefined;
  readonly #host: SessionHost;
  readonly #localTag: string;
  readonly #usesSips: boolean;
  readonly #trunk: SipTrunk;
  readonly #user: ReceivedInviteUser;
  readonly #reliable: ReliableProvisionals;
  #state: State = { name: 'pending', ringing: undefined, refreshAtMs: undefined };
  /** Waits for a PRACK. */
  #waiting: Waiting | undefined;
  /** Our answer went out in a reliable response: nothing may answer again (RFC 3262 section 5). */
  #isAnswered = false;

  constructor(
    host: SessionHost,
    transaction: ServerTransaction,
    dialog: Dialog,
    trunk: SipTrunk,
    user: ReceivedInviteUser,
  ) {
    this.#user = user;
    this.#host = host;
    this.transaction = transaction;
    this.#localTag = dialog.localTag;
    this.#usesSips = dialog.usesSips;
    this.#trunk = trunk;
    this.sequence = cseqOf(transaction.request).sequence;
    this.#reliable = new ReliableProvisionals(host, this.sequence, this);
    const body = readSessionBody(transaction.request);
    this.offer = body.kind === 'sdp' ? body.sdp : undefined;
  }

  get isPending(): boolean {
    return this.#state.name === 'pending';
  }

  get isAwaitingAck(): boolean {
    return this.#state.name === 'accepted';
  }

  /** The peer waits for our answer, or for the offer it asked us for. */
  get isAnswerOwed(): boolean {
    return this.isPending && !this.#isAnswered;
  }

  trying(nowMs: number): void {
    this.transmit(responseTo(this.transaction.request, 100), nowMs);
  }

  /** With SDP for early media. It is left out where the INVITE had no offer: ours belongs into the 2xx. */
  ring(statusCode: number, sdp: string | undefined, nowMs: number): void {
    if (this.#state.name !== 'pending') return;
    this.#provision({ statusCode, sdp: this.offer === undefined ? undefined : sdp }, nowMs);
  }

  accept(sdp: string, nowMs: number): void {
    if (this.#state.name !== 'pending') return;
    // "If … any of the unacknowledged reliable provisional responses contained a session description", the 2xx waits.
    if (this.#reliable.isWaiting && this.#isAnswered) this.#waiting = { statusCode: 200, sdp };
    else this.#accept(sdp, nowMs);
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
    this.transmit(response, nowMs);
  }

  /** A PRACK has come. False: it acknowledges nothing that is open. */
  acknowledge(rack: RAck): boolean {
    return this.#reliable.acknowledge(rack);
  }

  /** Says what waited for the PRACK. */
  proceed(nowMs: number): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined || this.#state.name !== 'pending') return;
    if (waiting.statusCode === 200) this.#accept(waiting.sdp, nowMs);
    else this.#provision(waiting, nowMs);
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

  handleNoPrack(nowMs: number): void {
    // "the UAS SHOULD reject the original request with a 5xx response" (RFC 3262 section 3).
    this.refuse(504, {}, nowMs);
    this.#user.handleNoPrack(504);
  }

  handleTimeout(nowMs: number): void {
    const state = this.#state;
    if (state.name === 'pending' && state.ringing !== undefined) {
      // "The UAS MUST send a non-100 provisional response at every minute" (section 13.3.1.1).
      this.#provision({ statusCode: state.ringing, sdp: undefined }, nowMs);
    } else if (state.name === 'accepted' && nowMs >= state.timeoutAtMs) {
      this.#enter({ name: 'over' });
      this.#user.handleNoAck(nowMs);
    } else if (state.name === 'accepted') {
      // Also over TCP: the next hop may be a proxy that goes on over UDP (section 13.3.1.4).
      const intervalMs = nextInterval(state.intervalMs);
      this.#enter({ ...state, intervalMs, retransmitAtMs: nowMs + intervalMs });
      this.transmit(state.ok, nowMs);
    }
  }

  transmit(response: SipResponse, nowMs: number): void {
    this.#host.servers.respond(this.transaction, response, nowMs);
  }

  #provision({ statusCode, sdp }: Waiting, nowMs: number): void {
    if (this.#reliable.isWaiting) {
      if (this.#waiting?.statusCode !== 200) this.#waiting = { statusCode, sdp: sdp ?? this.#waiting?.sdp };
      return;
    }
    const answer = this.#isAnswered ? undefined : sdp;
    this.#enter({ name: 'pending', ringing: statusCode, refreshAtMs: nowMs + REFRESH_MS });
    if (!this.#isReliable(answer)) {
      this.transmit(this.#establishing(statusCode, answer, []), nowMs);
      return;
    }
    this.#isAnswered ||= answer !== undefined;
    this.#reliable.send(this.#establishing(statusCode, answer, this.#reliable.nextHeaders()), nowMs);
  }

  /** Always where the peer requires it; where it only can, for what it must not miss. */
  #isReliable(sdp: string | undefined): boolean {
    const { request } = this.transaction;
    if (!this.#trunk.reliableProvisionals) return false;
    if (hasOptionTag(request, 'Require', '100rel')) return true;
    return sdp !== undefined && hasOptionTag(request, 'Supported', '100rel');
  }

  #accept(sdp: string | undefined, nowMs: number): void {
    const timer = this.#user.timerHeaders(this.transaction.request, nowMs);
    const ok = this.#establishing(200, this.#isAnswered ? undefined : sdp, timer);
    this.#enter({
      name: 'accepted',
      ok,
      intervalMs: T1_MS,
      retransmitAtMs: nowMs + T1_MS,
      timeoutAtMs: nowMs + TRANSACTION_TIMEOUT_MS,
    });
    this.transmit(ok, nowMs);
  }

  #establishing(statusCode: number, sdp: string | undefined, headers: readonly HeaderField[]): SipResponse {
    const { request, source } = this.transaction;
    return responseTo(request, statusCode, {
      toTag: this.#localTag,
      headers: [
        this.#host.contact(source, this.#usesSips),
        allowHeader,
        supportedHeader(this.#trunk),
        ...headers,
        ...this.#host.responseHeaders,
        ...(sdp === undefined ? [] : [sdpContentType]),
      ],
      body: sdp === undefined ? undefined : Buffer.from(sdp, 'utf8'),
    });
  }

  #enter(state: State): void {
    if (state.name !== 'pending') this.#reliable.stop();
    this.#state = state;
    this.#host.schedule(this, deadlineOf(state));
  }
}

function deadlineOf(state: State): number | undefined {
  if (state.name === 'pending') return state.refreshAtMs;
  return state.name === 'accepted' ? Math.min(state.retransmitAtMs, state.timeoutAtMs) : undefined;
}

const REFRESH_MS = 60_000;
