import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { webSocketDialler } from '../../src/agent/ai-flow/dial-websocket.ts';

/** Who dials an app that sends it on: what the app at the other place is told of the first one's secrets. */
async function sentOn(location: ((port: number) => string) | undefined): Promise<IncomingHttpHeaders> {
  const elsewhere = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(elsewhere, 'listening');
  const first = createServer();
  first.on('upgrade', (request, socket, head) => {
    if (request.url === '/again') {
      elsewhere.handleUpgrade(request, socket, head, (opened) =>
        elsewhere.emit('connection', opened, request),
      );
      return;
    }
    const to = location?.((elsewhere.address() as AddressInfo).port) ?? '/again';
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`);
  });
  first.listen(0, '127.0.0.1');
  await once(first, 'listening');
  const { port } = first.address() as AddressInfo;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingHttpHeaders>();
  elsewhere.on('connection', (_socket, request) => resolve(request.headers));
  const nothing = () => undefined;
  const secrets = { authorization: 'Basic c2VjcmV0', 'x-api-key': 'secret', 'user-agent': 'patchbay' };
  const connection = webSocketDialler(
    new URL(`ws://127.0.0.1:${port}/call`),
    secrets,
    {},
    { mostRedirects: 2 },
  )({
    opened: nothing,
    message: nothing,
    pong: nothing,
    closed: ({ detail }) => reject(new Error(detail)),
  });
  try {
    return await promise;
  } finally {
    connection.terminate();
    elsewhere.close();
    first.close();
  }
}

describe('an app that sends its calls on', () => {
  it('does not give its secrets to another host', async () => {
    const headers = await sentOn((port) => `ws://localhost:${port}/other`);
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('x-api-key');
  });

  it('gives them to the same host again', async () => {
    const headers = await sentOn(undefined);
    expect(headers).toMatchObject({ authorization: 'Basic c2VjcmV0', 'x-api-key': 'secret' });
  });
});
