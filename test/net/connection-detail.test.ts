import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { AgentConnection, ConnectionReceiver } from '../../src/net/agent-connection.ts';
import { TcpClient } from '../../src/net/tcp-client.ts';
import { WebSocketClient } from '../../src/net/web-socket-client.ts';
import { freePort } from '../support/free-port.ts';

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Who refuses everybody, as a backend does whose key is wrong. */
async function refusing(statusCode: number): Promise<string> {
  const server = createServer();
  server.on('upgrade', (_request, socket) =>
    socket.end(`HTTP/1.1 ${statusCode} No\r\nContent-Length: 0\r\n\r\n`),
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closing.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function ending(connect: (receiver: ConnectionReceiver) => AgentConnection) {
  return new Promise<{ reason: string; detail: string | undefined }>((resolve) => {
    connect({
      opened: () => undefined,
      text: () => undefined,
      octets: () => undefined,
      closed: (reason, _closeCode, detail) => resolve({ reason, detail }),
    });
  });
}

const toWebSocket = (host: string) =>
  ending((receiver) => {
    const url = `ws://user:secret@${host}/talk?key=secret`;
    return new WebSocketClient({ url, headers: { 'X-Key': 'secret' }, connectTimeoutMs: 5000 }, receiver);
  });
const toTcp = (host: string, port: number) =>
  ending((receiver) => new TcpClient({ host, port, connectTimeoutMs: 5000 }, receiver));

const NOT_FOUND = /^getaddrinfo (ENOTFOUND|EAI_AGAIN) no-such-host\.invalid$/;

describe('a connection that is refused', () => {
  it('tells a wrong key from a dead server and from a mistyped host', async () => {
    const port = await freePort();
    expect(await toWebSocket(await refusing(401))).toEqual({
      reason: 'refused',
      detail: 'Unexpected server response: 401',
    });
    expect(await toWebSocket(`127.0.0.1:${port}`)).toEqual({
      reason: 'refused',
      detail: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    const mistyped = await toWebSocket('no-such-host.invalid');
    expect(mistyped).toEqual({ reason: 'refused', detail: expect.stringMatching(NOT_FOUND) });
  });

  it('tells as much without a WebSocket', async () => {
    const port = await freePort();
    expect(await toTcp('127.0.0.1', port)).toEqual({
      reason: 'refused',
      detail: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    const mistyped = await toTcp('no-such-host.invalid', 9);
    expect(mistyped).toEqual({ reason: 'refused', detail: expect.stringMatching(NOT_FOUND) });
  });
});
