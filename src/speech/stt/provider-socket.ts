import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { type ProviderRefusal, refusalOf } from '../provider-failure.ts';
import type { RecognitionFailure } from './recognizer.ts';
import type { WireMessage } from './streaming-protocol.ts';

/** One connection to a provider, as `StreamingRecognition` uses it. */
export interface ProviderConnection {
  send(message: WireMessage): void;
  /** Octets that the network has not taken yet. */
  readonly unsentOctets: number;
  /** Nothing is told of it any more. */
  close(): void;
}

/** Told from the event loop, never from within `connect`; `ended` comes once, last. */
export interface ConnectionReceiver {
  opened(): void;
  message(message: WireMessage): void;
  ended(end: ProviderRefusal): void;
}

export type Connect = (
  target: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  receiver: ConnectionReceiver,
) => ProviderConnection;

/** A WebSocket of `ws`. */
export const connectWebSocket: Connect = (target, receiver) => {
  const socket = new WebSocket(target.url, {
    headers: target.headers,
    handshakeTimeout: CONNECT_TIMEOUT_MS,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_OCTETS,
    followRedirects: false,
  });
  let over = false;
  let end: ProviderRefusal | undefined;
  const finish = (reason: ProviderRefusal) => {
    if (over) return;
    over = true;
    receiver.ended(reason);
  };
  socket.on('open', () => {
    if (!over) receiver.opened();
  });
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (!over) receiver.message(isBinary ? data : data.toString());
  });
  socket.on('unexpected-response', (request, response) => {
    void readRefusal(response).then((body) => {
      end = refusalOf(response.statusCode ?? 0, body);
      request.destroy();
      finish(end);
    });
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    end ??= { reason: failureOf(error), lasting: false };
  });
  socket.on('close', () => finish(end ?? { reason: 'closed', lasting: false }));

  return {
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
    },
    get unsentOctets() {
      return socket.bufferedAmount;
    },
    close() {
      over = true;
      socket.close(NORMAL_CLOSURE);
    },
  };
};

function failureOf(error: NodeJS.ErrnoException): RecognitionFailure {
  if (error.message === 'Opening handshake has timed out') return 'timed-out';
  if (error.code?.startsWith('WS_ERR_') === true) return 'bad-response';
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'closed' : 'unreachable';
}

/** The beginning of the answer's body, or as much as comes soon. */
function readRefusal(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let body = '';
    const done = () => {
      clearTimeout(timer);
      resolve(body.slice(0, MOST_REFUSAL_CHARACTERS));
    };
    const timer = setTimeout(done, REFUSAL_TIMEOUT_MS);
    response.on('data', (data: Buffer) => {
      body += data.toString();
      if (body.length >= MOST_REFUSAL_CHARACTERS) done();
    });
    for (const event of ['end', 'error', 'close']) response.on(event, done);
  });
}

const CONNECT_TIMEOUT_MS = 5000;
const REFUSAL_TIMEOUT_MS = 500;
const MOST_REFUSAL_CHARACTERS = 2000;
const MAX_MESSAGE_OCTETS = 1 << 20;
/** RFC 6455 section 7.4.1. */
const NORMAL_CLOSURE = 1000;
