import { WebSocket } from 'ws';
import { errorDetail } from '../error-detail.ts';
import {
  ABNORMAL_CLOSURE,
  type AgentConnection,
  type ConnectionEnd,
  type ConnectionReceiver,
  LIVENESS_MS,
  MAX_MESSAGE_OCTETS,
  MAX_UNANSWERED,
  NORMAL_CLOSURE,
} from './agent-connection.ts';

export interface WebSocketTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly subprotocols?: readonly string[];
  readonly connectTimeoutMs: number;
}

/** The WebSocket of one agent. One that is neither sending nor answering pings is given up within two seconds. */
export class WebSocketClient implements AgentConnection {
  readonly #receiver: ConnectionReceiver;
  readonly #socket: WebSocket | undefined;
  #open = false;
  #ended = false;
  #reason: ConnectionEnd | undefined;
  #detail: string | undefined;
  #heard = false;
  #unanswered = 0;
  #livenessTimer: NodeJS.Timeout | undefined;

  constructor(target: WebSocketTarget, receiver: ConnectionReceiver) {
    this.#receiver = receiver;
    this.#socket = this.#connect(target);
    if (this.#socket === undefined) setImmediate(() => this.#end('bad-url', ABNORMAL_CLOSURE));
  }

  get unsentOctets(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(text: string): void {
    if (this.#open) this.#socket!.send(text);
  }

  sendOctets(octets: Uint8Array): void {
    if (this.#open) this.#socket!.send(octets, BINARY);
  }

  /** A polite close for an agent that is there; the connection is cut when it does not answer. */
  close(reason: ConnectionEnd): void {
    if (this.#ended) return;
    this.#reason ??= reason;
    this.#open = false;
    clearInterval(this.#livenessTimer);
    if (reason === 'closed-by-us') this.#socket?.close(NORMAL_CLOSURE);
    else this.#socket?.terminate();
    this.#end(this.#reason, NORMAL_CLOSURE);
  }

  #connect(target: WebSocketTarget): WebSocket | undefined {
    let socket: WebSocket;
    try {
      socket = new WebSocket(target.url, [...(target.subprotocols ?? [])], {
        headers: target.headers,
        handshakeTimeout: target.connectTimeoutMs,
        perMessageDeflate: false,
        skipUTF8Validation: true,
        maxPayload: MAX_MESSAGE_OCTETS,
        followRedirects: false,
      });
    } catch {
      return undefined; // A URL that WHATWG or ws refuses; told as `bad-url`.
    }
    socket.on('open', () => this.#opened());
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#heard = true;
      if (this.#reason !== undefined) return;
      if (isBinary) this.#receiver.octets(data);
      else this.#receiver.text(data.toString());
    });
    socket.on('pong', () => {
      this.#heard = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#reason !== undefined) return;
      this.#reason = this.#open ? openEnd(error) : connectEnd(error);
      this.#detail = errorDetail(error);
    });
    socket.on('close', (code) => {
      this.#end(this.#reason ?? (code === ABNORMAL_CLOSURE ? 'connection-lost' : 'closed-by-agent'), code);
    });
    return socket;
  }

  #opened(): void {
    if (this.#reason !== undefined) return;
    this.#open = true;
    this.#livenessTimer = setInterval(() => this.#checkLiveness(), LIVENESS_MS);
    this.#receiver.opened();
  }

  /** A talking agent is alive; a silent one is asked. */
  #checkLiveness(): void {
    if (this.#heard) {
      this.#heard = false;
      this.#unanswered = 0;
      return;
    }
    this.#unanswered += 1;
    if (this.#unanswered > MAX_UNANSWERED) this.close('unresponsive');
    else this.#socket!.ping();
  }

  #end(reason: ConnectionEnd, closeCode: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#open = false;
    clearInterval(this.#livenessTimer);
    this.#receiver.closed(reason, closeCode, this.#detail);
  }
}

function connectEnd(error: NodeJS.ErrnoException): ConnectionEnd {
  return error.message === 'Opening handshake has timed out' ? 'connect-timed-out' : 'refused';
}

function openEnd(error: NodeJS.ErrnoException): ConnectionEnd {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 'message-too-large';
  return error.code?.startsWith('WS_ERR_') ? 'protocol-error' : 'connection-lost';
}

const BINARY = { binary: true, compress: false, fin: true };
