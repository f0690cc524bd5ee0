import type { Socket } from 'node:net';
import type { SipFlow, SipFramer, SipReceiver } from './sip-flow.ts';

export interface SipTcpLimits {
  /** A message that has begun must end in so long, and the first one must come in so long. */
  readonly messageTimeoutMs: number;
  /** Unsent octets past which a peer that does not read is given up. */
  readonly maxUnsentOctets: number;
}

/** One connection, over TCP or over TLS, from either side, that carries SIP. */
export class SipTcpConnection<Failure> {
  readonly #socket: Socket;
  readonly #framer: SipFramer<Failure>;
  readonly #receiver: SipReceiver<Failure>;
  readonly #limits: SipTcpLimits;
  #flow: SipFlow;
  #timer: NodeJS.Timeout | undefined;
  /** What waits until the peer has proven who it is; undefined from then on. */
  #held: Uint8Array[] | undefined;

  constructor(options: {
    socket: Socket;
    flow: SipFlow;
    framer: SipFramer<Failure>;
    receiver: SipReceiver<Failure>;
    limits: SipTcpLimits;
    /** Whether the peer opened it, and so owes the first message. */
    isAccepted: boolean;
    /** Whether anything may be sent before `ready` is called. */
    isReady: boolean;
    /** Something of ours threw over what came in: this connection is given up, the others go on. */
    onBug: (error: unknown) => void;
    onClose: (connection: SipTcpConnection<Failure>) => void;
  }) {
    const { socket, flow, framer, receiver, limits } = options;
    this.#flow = flow;
    this.#held = options.isReady ? undefined : [];
    this.#socket = socket;
    this.#framer = framer;
    this.#receiver = receiver;
    this.#limits = limits;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (octets) => {
      try {
        this.#read(octets);
      } catch (error) {
        socket.destroy();
        options.onBug(error);
      }
    });
    // 'close' follows every error and tells what is to be told.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#stopTimer();
      options.onClose(this);
    });
    if (options.isAccepted) this.#startTimer();
  }

  get flow(): SipFlow {
    return this.#flow;
  }

  /** What waited is sent. */
  ready(certifiedNames: readonly string[] | undefined): void {
    if (certifiedNames !== undefined) this.#flow = { ...this.#flow, certifiedNames };
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const octets of held) this.send(octets);
  }

  send(octets: Uint8Array): void {
    const unsent = this.#held?.reduce((sum, { length }) => sum + length, 0) ?? this.#socket.writableLength;
    if (unsent + octets.length > this.#limits.maxUnsentOctets) this.#socket.destroy();
    else if (this.#held !== undefined) this.#held.push(octets);
    else if (this.#socket.writable) this.#socket.write(octets);
  }

  /** Lets what is unsent leave, but waits for it no longer than `graceMs`. */
  close(graceMs: number): Promise<void> {
    if (this.#held !== undefined) this.#socket.destroy();
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#socket.destroy(), graceMs);
      this.#socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#socket.end(() => this.#socket.destroy());
    });
  }

  #read(octets: Uint8Array): void {
    for (const frame of this.#framer.push(octets)) {
      switch (frame.kind) {
        case 'message':
          this.#stopTimer();
          this.#receiver.message(frame.octets, this.#flow);
          break;
        case 'ping':
          this.send(PONG);
          break;
        case 'broken':
          this.#receiver.broken(frame.failure, this.#flow);
          this.#socket.end(() => this.#socket.destroy());
          return;
      }
    }
    if (this.#framer.isInsideMessage) this.#startTimer();
  }

  /** Runs from a message's first octet: trickling more of them does not put it off. */
  #startTimer(): void {
    this.#timer ??= setTimeout(() => this.#socket.destroy(), this.#limits.messageTimeoutMs);
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** RFC 5626 section 4.4.1. */
const PONG: Uint8Array = Buffer.from('\r\n');
/** Finds peers that vanished without a word. */
const KEEP_ALIVE_MS = 30_000;
