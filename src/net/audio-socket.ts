import { WebSocket } from 'ws';

export interface AudioSocketTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connectTimeoutMs: number;
  /** Unsent octets past which audio is left out: what the agent gets is late rather than never ending. */
  readonly maxUnsentOctets: number;
}

/** Told from the event loop; `closed` comes once, last, also when the socket never opened. */
export interface AudioSocketReceiver {
  opened(): void;
  /** `octets` are the receiver's from now on. */
  audio(octets: Uint8Array): void;
  text(text: string): void;
  closed(reason: AudioSocketEnd): void;
}

export type AudioSocketEnd =
  | 'bad-url'
  | 'refused'
  | 'connect-timed-out'
  | 'closed-by-us'
  | 'closed-by-agent'
  | 'unresponsive'
  | 'message-too-large'
  | 'protocol-error'
  | 'connection-lost';

/**
 * The WebSocket of one raw audio agent: binary messages are audio, text is control. An agent that is neither
 * sending nor answering pings is given up within two seconds.
 */
export class AudioSocket {
  readonly #receiver: AudioSocketReceiver;
  readonly #maxUnsentOctets: number;
  readonly #socket: WebSocket | undefined;
  #open = false;
  #ended = false;
  #reason: AudioSocketEnd | undefined;
  #heard = false;
  #unanswered = 0;
  #dropped = 0;
  #livenessTimer: NodeJS.Timeout | undefined;

  constructor(target: AudioSocketTarget, receiver: AudioSocketReceiver) {
    this.#receiver = receiver;
    this.#maxUnsentOctets = target.maxUnsentOctets;
    this.#socket = this.#connect(target);
    if (this.#socket === undefined) setImmediate(() => this.#end('bad-url'));
  }

  /** Audio messages left out because the agent did not keep up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Sends a message, or leaves it out when too much is unsent. The octets are copied before it returns. */
  sendAudio(message: Buffer): void {
    if (!this.#open) return;
    if (this.#socket!.bufferedAmount > this.#maxUnsentOctets) this.#dropped += 1;
    else this.#socket!.send(message, BINARY);
  }

  sendText(text: string): void {
    if (this.#open) this.#socket!.send(text);
  }

  close(): void {
    if (this.#ended) return;
    this.#giveUp('closed-by-us');
  }

  #connect(target: AudioSocketTarget): WebSocket | undefined {
    let socket: WebSocket;
    try {
      socket = new WebSocket(target.url, {
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
      if (isBinary) this.#receiver.audio(data);
      else this.#receiver.text(data.toString());
    });
    socket.on('pong', () => {
      this.#heard = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#reason ??= this.#open ? openEnd(error) : connectEnd(error);
    });
    socket.on('close', (code) => {
      this.#end(this.#reason ?? (code === ABNORMAL_CLOSURE ? 'connection-lost' : 'closed-by-agent'));
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
    if (this.#unanswered > MAX_UNANSWERED_PINGS) this.#giveUp('unresponsive');
    else this.#socket!.ping();
  }

  /** A polite close for an agent that is there; the connection is cut when it does not answer. */
  #giveUp(reason: AudioSocketEnd): void {
    this.#reason ??= reason;
    this.#open = false;
    clearInterval(this.#livenessTimer);
    if (reason === 'unresponsive') this.#socket!.terminate();
    else this.#socket?.close(NORMAL_CLOSURE);
    this.#end(this.#reason);
  }

  #end(reason: AudioSocketEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#open = false;
    clearInterval(this.#livenessTimer);
    this.#receiver.closed(reason);
  }
}

function connectEnd(error: NodeJS.ErrnoException): AudioSocketEnd {
  return error.message === 'Opening handshake has timed out' ? 'connect-timed-out' : 'refused';
}

function openEnd(error: NodeJS.ErrnoException): AudioSocketEnd {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 'message-too-large';
  return error.code?.startsWith('WS_ERR_') ? 'protocol-error' : 'connection-lost';
}

const BINARY = { binary: true, compress: false, fin: true };
/** RFC 6455 section 7.4.1. */
const NORMAL_CLOSURE = 1000;
const ABNORMAL_CLOSURE = 1006;
const LIVENESS_MS = 500;
const MAX_UNANSWERED_PINGS = 3;
/** Half a minute of audio at 16 kHz. */
const MAX_MESSAGE_OCTETS = 1 << 20;
