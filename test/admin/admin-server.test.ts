import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createAdminServer, listen } from '../../src/admin/admin-server.ts';
import { Metrics } from '../../src/admin/metrics.ts';
import { Readiness } from '../../src/admin/readiness.ts';
import { SwitchError } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function setUp() {
  const lines: string[] = [];
  const log = createLogger(
    { level: 'info', redactNumbers: false, redactTranscripts: false },
    { write: (line) => void lines.push(line) },
  );
  const metrics = new Metrics();
  const readiness = new Readiness();
  const server = createAdminServer({ metrics, readiness, log });
  closing.push(() => server.close());
  const get = async (url: string) => {
    const { statusCode, body, headers } = await server.inject({ method: 'GET', url });
    return { statusCode, body, type: headers['content-type'] };
  };
  return { server, metrics, readiness, get, lines };
}

describe('the admin server', () => {
  it('says that the process is alive', async () => {
    expect(await setUp().get('/healthz')).toMatchObject({ statusCode: 200, body: '{"status":"alive"}' });
  });

  it('says whether calls may come, and why not', async () => {
    const { get, readiness } = setUp();
    expect(await get('/readyz')).toMatchObject({
      statusCode: 503,
      body: '{"status":"not-ready","reasons":["starting"]}',
    });
    readiness.started();
    expect(await get('/readyz')).toMatchObject({ statusCode: 200, body: '{"status":"ready"}' });
    readiness.drain();
    expect(await get('/readyz')).toMatchObject({
      statusCode: 503,
      body: '{"status":"not-ready","reasons":["draining"]}',
    });
  });

  it('gives the metrics in the form Prometheus reads', async () => {
    const { get, metrics } = setUp();
    metrics.callOffered();
    const { statusCode, body, type } = await get('/metrics');
    expect(statusCode).toBe(200);
    expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(body).toContain('\npatchbay_calls_offered_total 1\n');
    expect(body).toMatch(/^process_resident_memory_bytes \d+$/m);
  });

  it('answers what it does not know without telling more', async () => {
    const { get, server } = setUp();
    expect(await get('/etc/passwd')).toMatchObject({ statusCode: 404, body: '{"error":"not-found"}' });
    const { statusCode, body } = await server.inject({ method: 'POST', url: '/healthz', payload: {} });
    expect([statusCode, body]).toEqual([404, '{"error":"not-found"}']);
  });

  it('answers an operational error with its status, and a bug with a log line and nothing else', async () => {
    const { server, get, lines } = setUp();
    server.get('/busy', () => {
      throw new SwitchError('media-ports-exhausted');
    });
    server.get('/bug', () => {
      throw new Error('the secret is 7');
    });
    expect(await get('/busy')).toMatchObject({
      statusCode: 503,
      body: expect.stringContaining('media-ports'),
    });
    expect(await get('/bug')).toMatchObject({ statusCode: 500, body: '{"error":"internal"}' });
    expect(lines.join('')).toContain('the secret is 7');
  });

  it('refuses a body that is no JSON or too large without blaming itself', async () => {
    const { server, lines } = setUp();
    server.post('/echo', (request) => request.body);
    const post = async (payload: string): Promise<number> => {
      const headers = { 'content-type': 'application/json' };
      return (await server.inject({ method: 'POST', url: '/echo', headers, payload })).statusCode;
    };
    expect(await post('{"a":')).toBe(400);
    expect(await post(JSON.stringify('x'.repeat(70_000)))).toBe(413);
    expect(lines).toEqual([]);
  });

  it('names the port and its key when someone else has it', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    closing.push(() => other.close());
    const { port } = other.address() as AddressInfo;
    await expect(listen(setUp().server, '127.0.0.1', port)).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}.*admin\\.port`)),
    });
  });

  it('tells the port it was given', async () => {
    const { server } = setUp();
    const port = await listen(server, '127.0.0.1', 0);
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'alive' }]);
  });
});
