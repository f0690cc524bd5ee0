import { connect, type Socket } from 'node:net';
import { errorDetail } from '../error-detail.ts';
import {
  ABNORMAL_CLOSURE,
  type AgentConnection,
  type ConnectionEnd,
  type ConnectionReceiver,
  LIVENESS_MS,
  MAX_UNANSWERED,
  NORMAL_CLOSURE,
} from './agent-connection.ts';

export interface TcpTarget {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
}

/** The bare TCP connection of one agent. One that takes nothing of what waits for it is given up within two seconds. */
export class TcpClient implements AgentConnection {
  readonly #receiver: ConnectionReceiver;
  readonly #socket: Socket;
  readonly #connectTimer: NodeJS.Timeout;
  #livenessTimer: NodeJS.Timeout | undefined;
  #open = false;
  #ended = false;
  #sentOctets = 0;
  #unanswered = 0;

  constructor(target: TcpTarget, receiver: ConnectionReceiver) {
    this.#receiver = receiver;
    this.#socket = connect({ host: target.host, port: target.port, noDelay: true, keepAlive: true });
    this.#connectTimer = setTimeout(() => this.close('connect-timed-out'), target.connectTimeoutMs);
    this.#socket.on('connect', () => this.#opened());
    this.#socket.on('data', (data: Buffer) => {
      if (!this.#ended) this.#receiver.octets(data);
    });
    this.#socket.on('end', () => this.#end('closed-by-agent', NORMAL_CLOSURE));
    this.#socket.on('error', (error) =>
      this.#end(this.#open ? 'connection-lost' : 'refused', ABNORMAL_CLOSURE, errorDetail(error)),
    );
    this.#socket.on('close', () => this.#end('connection-lost', ABNORMAL_CLOSURE));
  }

  get unsentOctets(): number {
    return this.#socket.writableLength;
  }

  send(text: string): void {
    if (this.#open) this.#socket.write(text);
  }

  sendOctets(octets: Uint8Array): void {
    if (this.#open) this.#socket.write(Uint8Array.from(octets));
  }

  /** What was sent before still goes out to an agent that takes it. */
  close(reason: ConnectionEnd): void {
    if (this.#ended) return;
    if (reason === 'closed-by-us' && this.#open) {
      this.#socket.end();
      setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    } else {
      this.#socket.destroy();
    }
    this.#end(reason, NORMAL_CLOSURE);
  }

  #opened(): void {
    clearTimeout(this.#connectTimer);
    if (this.#ended) return;
    this.#open = true;
    this.#livenessTimer = setInterval(() => this.#checkLiveness(), LIVENESS_MS);
    this.#receiver.opened();
  }

  #checkLiveness(): void {
    const sentOctets = this.#socket.bytesWritten - this.#socket.writableLength;
    const isStuck = this.#socket.writableLength > 0 && sentOctets === this.#sentOctets;
    this.#sentOctets = sentOctets;
    this.#unanswered = isStuck ? this.#unanswered + 1 : 0;
    if (this.#unanswered > MAX_UNANSWERED) this.close('unresponsive');
  }

  #end(reason: ConnectionEnd, closeCode: number, detail?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#open = false;
    clearTimeout(this.#connectTimer);
    clearInterval(this.#livenessTimer);
    if (reason !== 'closed-by-us') this.#socket.destroy();
    this.#receiver.closed(reason, closeCode, detail);
  }
}

/** An agent that does not close its own end is cut off. */
const LINGER_MS = 1000;
