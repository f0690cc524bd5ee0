/** What the stand-ins for voice-agent APIs have in common: a WebSocket of JSON, one conversation at a time. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Certified } from '../certificates.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface VoiceAgentPeer {
  /** Refused with 401 otherwise. */
  readonly isAuthorized: (request: IncomingMessage) => boolean;
  readonly connected: (connection: VoiceAgentConnection) => void;
  readonly tls?: Certified | undefined;
}

export interface VoiceAgentConnection {
  readonly socket: WebSocket;
  readonly url: URL;
  readonly send: (message: Json) => void;
  /** Told of each message, parsed. */
  onMessage: (message: Json) => void;
}

export class VoiceAgentServer {
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #scheme: 'ws' | 'wss';

  static async listen(peer: VoiceAgentPeer): Promise<VoiceAgentServer> {
    const server =
      peer.tls === undefined
        ? createServer()
        : createTlsServer({ cert: peer.tls.certificate, key: peer.tls.key });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new VoiceAgentServer(server, peer);
  }

  private constructor(server: Server, peer: VoiceAgentPeer) {
    this.#server = server;
    this.#scheme = peer.tls === undefined ? 'ws' : 'wss';
    this.#sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    server.on('upgrade', (request, socket, head) => {
      if (!peer.isAuthorized(request)) {
        socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const connection: VoiceAgentConnection = {
          socket: webSocket,
          url: new URL(request.url ?? '/', 'http://127.0.0.1'),
          send: (message) => webSocket.send(JSON.stringify(message)),
          onMessage: () => undefined,
        };
        webSocket.on('message', (data: Buffer) => connection.onMessage(JSON.parse(data.toString())));
        webSocket.on('error', () => webSocket.terminate());
        peer.connected(connection);
      });
    });
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
