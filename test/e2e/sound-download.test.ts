import type { LookupAddress } from 'node:dns';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AddressGuard } from '../../src/sound/address-guard.ts';
import { type Download, Downloader, type DownloadLimits } from '../../src/sound/download.ts';

const requests: { path: string; headers: IncomingMessage['headers'] }[] = [];
const server = createServer((request, response) => {
  requests.push({ path: request.url ?? '', headers: request.headers });
  answer(request, response);
});
let port = 0;
const open: Downloader[] = [];

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  await Promise.all(open.map((downloader) => downloader.close()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const at = (path: string, host = '127.0.0.1') => `http://${host}:${port}${path}`;

describe('a download', () => {
  it('gives the octets, and what a later request may make use of', async () => {
    const got = await get(at('/sound'));
    expect(got).toMatchObject({
      ok: true,
      validators: { etag: '"one"', lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' },
      cacheControl: 'max-age=60',
    });
    expect(got.ok && [...(got.octets ?? [])]).toEqual([1, 2, 3]);
  });

  it('asks only for what has changed', async () => {
    const got = await get(at('/sound'), {}, { etag: '"one"', lastModified: undefined });
    expect(got).toMatchObject({ ok: true, octets: undefined });
  });

  it('follows redirects, and gives a password to the host it is for alone', async () => {
    const elsewhere = encodeURIComponent(at('/sound', 'localhost'));
    const url = `http://user:p%40ss@127.0.0.1:${port}/redirect?to=${elsewhere}`;
    expect(await get(url, { allowed: ['127.0.0.1', '::1'] })).toMatchObject({ ok: true });
    const [first, second] = requests.slice(-2);
    expect(first?.headers.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    expect(second?.headers.authorization).toBeUndefined();
  });

  it.each([
    ['a page that is not there', '/missing', 'http-status', 'HTTP 404'],
    ['a server in trouble', '/broken', 'http-status', 'HTTP 500'],
    ['redirects without end', '/loop', 'too-many-redirects', undefined],
    ['a redirect to a file', '/redirect?to=file:///etc/passwd', 'url-invalid', undefined],
    ['a length that is too large', '/huge', 'sound-too-large', undefined],
    ['a stream without end', '/endless', 'sound-too-large', undefined],
    ['an octet now and then', '/slow', 'download-timed-out', undefined],
    ['headers that never come', '/silent', 'download-timed-out', undefined],
    ['a connection that breaks off', '/torn', 'unreachable', undefined],
  ])('is given up for %s', async (_what, path, reason, detail) => {
    const startedMs = performance.now();
    const got = await get(at(path));
    expect(got).toMatchObject({ ok: false, reason, ...(detail && { detail }) });
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  it.each(['ftp://127.0.0.1/x', 'file:///etc/passwd', 'http://', 'gopher://x', 'nonsense'])(
    'is not made from %s',
    async (url) => {
      expect(await get(url)).toMatchObject({ ok: false, reason: 'url-invalid' });
    },
  );
});

describe('a download from where it may not be', () => {
  const forbidden = { ok: false, reason: 'address-forbidden' };

  it.each([
    ...['127.0.0.1', 'localhost', '0.0.0.0', '[::]', '[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
    ...['0x7f000001', '2130706433', '0177.0.0.1', '127.1', '169.254.169.254', '10.0.0.1', '[fe80::1]'],
  ])('is refused: %s', async (host) => {
    const before = requests.length;
    expect(await get(at('/sound', host), { allowed: [] })).toMatchObject(forbidden);
    expect(requests).toHaveLength(before);
  });

  it('is refused when a redirect leads there', async () => {
    for (const target of [
      'http://169.254.169.254/latest/meta-data/',
      `http://10.0.0.1:${port}/`,
      'http://[::1]/',
    ]) {
      const got = await get(at(`/redirect?to=${encodeURIComponent(target)}`));
      expect(got).toMatchObject(forbidden);
    }
  });

  it('is refused when its name resolves there, be it beside a public address', async () => {
    for (const addresses of [['127.0.0.1'], ['93.184.216.34', '127.0.0.1'], ['::ffff:127.0.0.1']]) {
      const resolve = () => Promise.resolve(addresses.map(lookedUp));
      expect(await get(at('/sound', 'rebind.example.com'), { allowed: [], resolve })).toMatchObject(
        forbidden,
      );
    }
  });

  it('is judged by the address that is connected to, whatever the name resolved to before or does after', async () => {
    let lookups = 0;
    // Public at the first look, private at every other one: a check before the connection would be fooled.
    const resolve = () => {
      lookups += 1;
      return Promise.resolve([lookedUp(lookups === 1 ? '192.0.2.1' : '127.0.0.1')]);
    };
    const before = requests.length;
    // The first address is let through here, so that the connection to it is tried, and nobody is there.
    const options = { allowed: ['192.0.2.0/24'], resolve };
    expect(await get(at('/sound', 'rebind.example.com'), options)).toMatchObject({ ok: false });
    expect(await get(at('/sound', 'rebind.example.com'), options)).toMatchObject(forbidden);
    expect(requests).toHaveLength(before);
  });

  it('is made where the name resolves to what is allowed', async () => {
    const resolve = () => Promise.resolve([lookedUp('127.0.0.1')]);
    expect(await get(at('/sound', 'sounds.example.com'), { resolve })).toMatchObject({ ok: true });
  });
});

async function get(
  url: string,
  options: { allowed?: readonly string[]; resolve?: (host: string) => Promise<LookupAddress[]> } = {},
  known?: Parameters<Downloader['get']>[1],
): Promise<Download> {
  const { allowed = ['127.0.0.1'], resolve = localhost } = options;
  const downloader = new Downloader({ guard: new AddressGuard(allowed), resolve, limits });
  open.push(downloader);
  return downloader.get(url, known);
}

const limits: DownloadLimits = { mostOctets: 100_000, connectTimeoutMs: 300, timeoutMs: 1000 };

function localhost(host: string): Promise<LookupAddress[]> {
  return host === 'localhost'
    ? Promise.resolve([lookedUp('127.0.0.1'), lookedUp('::1')])
    : Promise.reject(new Error(`${host} is not known`));
}

function lookedUp(address: string): LookupAddress {
  return { address, family: address.includes(':') ? 6 : 4 };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '', 'http://server');
  switch (url.pathname) {
    case '/sound':
      response.setHeader('etag', '"one"').setHeader('last-modified', 'Mon, 01 Jan 2024 00:00:00 GMT');
      response.setHeader('cache-control', 'max-age=60');
      if (request.headers['if-none-match'] === '"one"') response.writeHead(304).end();
      else response.end(Uint8Array.of(1, 2, 3));
      return;
    case '/redirect':
      response.writeHead(302, { location: url.searchParams.get('to') ?? '' }).end();
      return;
    case '/loop':
      response.writeHead(307, { location: '/loop' }).end();
      return;
    case '/broken':
      response.writeHead(500).end('oops');
      return;
    case '/huge':
      response.writeHead(200, { 'content-length': '4294967295' });
      response.write('RIFF');
      return;
    case '/endless':
      response.writeHead(200);
      pour(response);
      return;
    case '/slow': {
      response.writeHead(200);
      const dripping = setInterval(() => response.write('x'), 100);
      response.on('close', () => clearInterval(dripping));
      return;
    }
    case '/silent':
      return;
    case '/torn':
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => response.destroy());
      return;
    default:
      response.writeHead(404).end('<html>');
  }
}

function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write(new Uint8Array(16_384)));
  response.once('drain', () => pour(response));
}
