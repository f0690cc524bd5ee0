import { WebSocket } from 'ws';
import type { TlsSettings } from './tls.ts';
import type { CloseCause, Dial } from './websocket.ts';

export interface WebSocketForm {
  readonly subprotocols?: readonly string[];
  /** Of one message. */
  readonly mostOctets?: number;
  /** None unless told: credentials would go along. */
  readonly mostRedirects?: number;
}

/** Dials an app with the `ws` client. */
export function webSocketDialler(
  url: URL,
  headers: Readonly<Record<string, string>>,
  tls: TlsSettings,
  form: WebSocketForm = {},
): Dial {
  return (handlers) => {
    const { subprotocols = [], mostOctets = MOST_OCTETS, mostRedirects = 0 } = form;
    const options = {
      ...tls,
      headers,
      perMessageDeflate: false,
      maxPayload: mostOctets,
      followRedirects: mostRedirects > 0,
      maxRedirects: mostRedirects,
    };
    const socket = new WebSocket(url, [...subprotocols], options);
    let problem: CloseCause | undefined;
    socket.on('redirect', (to, request) => {
      if (isSafeFor(url, new URL(to))) return;
      for (const name of [...Object.keys(headers), 'authorization']) request.removeHeader(name);
    });
    socket.on('open', () => handlers.opened());
    socket.on('message', (data) => handlers.message(textOf(data)));
    socket.on('pong', () => handlers.pong());
    socket.on('unexpected-response', (request, response) => {
      const { statusCode } = response;
      problem = { kind: 'refused', detail: `status ${statusCode} to the upgrade`, statusCode };
      response.resume();
      request.destroy();
      socket.terminate();
    });
    socket.on('error', (error) => {
      problem ??= causeOf(error, mostOctets);
    });
    socket.on('close', (code, reason) => {
      const detail = `${code} ${reason.toString()}`.trim();
      handlers.closed(problem ?? { kind: 'closed', detail, code });
    });
    return {
      get unsentOctets() {
        return socket.bufferedAmount;
      },
      send: (text) => socket.send(text, ignoreWhenClosed),
      ping: () => socket.ping(undefined, undefined, ignoreWhenClosed),
      close: (code = 1000) => socket.close(code),
      terminate: () => socket.terminate(),
    };
  };
}

/** Whether what an app is told in headers may go there, too: to the same host, and not in the clear all of a sudden. */
function isSafeFor(url: URL, to: URL): boolean {
  return to.host === url.host && (to.protocol === 'wss:' || url.protocol !== 'wss:');
}

/** One JSON document for each message, also where an app sends it as binary. */
function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}

function causeOf(error: Error, mostOctets: number): CloseCause {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
    return { kind: 'closed', detail: `a message is longer than ${mostOctets} octets` };
  const kind = code === 'ECONNREFUSED' ? 'refused' : code.startsWith('WS_ERR') ? 'closed' : 'unreachable';
  return { kind, detail: error.message };
}

/** Writing to a connection that is closing fails; its `close` event tells, and the next connection tells again. */
function ignoreWhenClosed(): void {}

/** A base64 sound at its limit and the JSON around it; more closes the connection with 1009. */
const MOST_OCTETS = 24 * 1024 * 1024;
