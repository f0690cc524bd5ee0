/** A connection to an agent's backend, whatever carries it. Opened by its constructor; ends once. */
export interface AgentConnection {
  /** Octets handed over that have not left yet. */
  readonly unsentOctets: number;
  send(text: string): void;
  /** The octets are copied before it returns. */
  sendOctets(octets: Uint8Array): void;
  /** Polite when the other end is there. */
  close(reason: ConnectionEnd): void;
}

/** Told from the event loop; `closed` comes once, last, also when the connection never opened. */
export interface ConnectionReceiver {
  opened(): void;
  text(message: string): void;
  /** `message` is the receiver's from now on. Of TCP: as much as came. */
  octets(message: Uint8Array): void;
  /** `closeCode`: of the WebSocket, RFC 6455 section 7.4; of TCP 1000 or 1006. `detail`: what the error said, for the log. */
  closed(reason: ConnectionEnd, closeCode: number, detail?: string): void;
}

export type ConnectionEnd =
  | 'bad-url'
  | 'refused'
  | 'connect-timed-out'
  | 'not-ready'
  | 'rejected'
  | 'flooded'
  | 'closed-by-us'
  | 'closed-by-agent'
  | 'unresponsive'
  | 'message-too-large'
  | 'protocol-error'
  | 'connection-lost';

/** RFC 6455 section 7.4.1. */
export const NORMAL_CLOSURE = 1000;
export const ABNORMAL_CLOSURE = 1006;
/** An agent that neither sends nor answers for five of these is gone: within two seconds. */
export const LIVENESS_MS = 350;
export const MAX_UNANSWERED = 3;
/** Half a minute of audio at 16 kHz. */
export const MAX_MESSAGE_OCTETS: number = 1 << 20;
