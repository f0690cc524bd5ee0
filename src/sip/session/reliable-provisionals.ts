import type { RAck } from '../message/cseq.ts';
import type { HeaderField, SipResponse } from '../message/message.ts';
import { nextInterval, T1_MS, TRANSACTION_TIMEOUT_MS } from '../transaction/timers.ts';
import type { SessionHost, Timed } from './session-host.ts';

interface Unacknowledged {
  readonly sequence: number;
  readonly response: SipResponse;
  intervalMs: number;
  retransmitAtMs: number;
  readonly timeoutAtMs: number;
}

export interface ReliableProvisionalsUser {
  transmit(response: SipResponse, nowMs: number): void;
  /** The peer never acknowledged one. */
  handleNoPrack(nowMs: number): void;
}

/**
 * Provisional responses of one INVITE that are repeated until their PRACK, one at a time.
 *
 * @see RFC 3262 section 3
 */
export class ReliableProvisionals implements Timed {
  readonly #host: SessionHost;
  readonly #user: ReliableProvisionalsUser;
  readonly #inviteSequence: number;
  #sequence: number;
  #unacknowledged: Unacknowledged | undefined;

  constructor(host: SessionHost, inviteSequence: number, user: ReliableProvisionalsUser) {
    this.#host = host;
    this.#inviteSequence = inviteSequence;
    this.#user = user;
    this.#sequence = Math.floor(host.random() * MAX_FIRST_SEQUENCE);
  }

  get isWaiting(): boolean {
    return this.#unacknowledged !== undefined;
  }

  /** What the next response must say. */
  nextHeaders(): HeaderField[] {
    return [
      { name: 'Require', value: '100rel' },
      { name: 'RSeq', value: String(this.#sequence + 1) },
    ];
  }

  /** Sends the response that has those headers. */
  send(response: SipResponse, nowMs: number): void {
    this.#sequence += 1;
    this.#unacknowledged = {
      sequence: this.#sequence,
      response,
      intervalMs: T1_MS,
      retransmitAtMs: nowMs + T1_MS,
      timeoutAtMs: nowMs + TRANSACTION_TIMEOUT_MS,
    };
    this.#schedule();
    this.#user.transmit(response, nowMs);
  }

  /** False: the PRACK is about something else, or about what was acknowledged before. */
  acknowledge({ responseSequence, cseq }: RAck): boolean {
    const isMatched =
      responseSequence === this.#unacknowledged?.sequence &&
      cseq.sequence === this.#inviteSequence &&
      cseq.method === 'INVITE';
    if (isMatched) this.stop();
    return isMatched;
  }

  /** A final response ends the repeats (RFC 3262 section 3). */
  stop(): void {
    this.#unacknowledged = undefined;
    this.#host.schedule(this, undefined);
  }

  handleTimeout(nowMs: number): void {
    const waiting = this.#unacknowledged;
    if (waiting === undefined) return;
    if (nowMs >= waiting.timeoutAtMs) {
      this.stop();
      this.#user.handleNoPrack(nowMs);
      return;
    }
    waiting.intervalMs = nextInterval(waiting.intervalMs);
    waiting.retransmitAtMs = nowMs + waiting.intervalMs;
    this.#schedule();
    this.#user.transmit(waiting.response, nowMs);
  }

  #schedule(): void {
    const waiting = this.#unacknowledged;
    this.#host.schedule(this, waiting && Math.min(waiting.retransmitAtMs, waiting.timeoutAtMs));
  }
}

/** RFC 3262 section 3: the first one is "between 1 and 2**31 - 1". */
const MAX_FIRST_SEQUENCE = 0x7fff_fffe;
