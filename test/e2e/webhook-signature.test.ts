/** Webhooks that are signed, judged by the verifier of docs/ai-flow.md. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAiFlowAgent } from '../../src/agent/ai-flow/ai-flow-agent.ts';
import { RecordingHost, RecordingLogger } from '../support/recording-host.ts';

type Verifier = (rawBody: Buffer, signature: string | undefined, secrets: readonly string[]) => boolean;

const folder = mkdtempSync(join(tmpdir(), 'patchbay-signature-'));
let isSigned: Verifier;
let server: Server;
const requests: { readonly body: Buffer; readonly signature: string | undefined; readonly path: string }[] =
  [];

beforeAll(async () => {
  const docs = readFileSync(resolve(import.meta.dirname, '../../docs/ai-flow.md'), 'utf8');
  const sample = join(folder, 'verifier.mjs');
  writeFileSync(sample, /```js\n(import \{ createHmac[\s\S]*?)```/.exec(docs)![1]!);
  ({ isSigned } = await import(pathToFileURL(sample).href));
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const signature = request.headers['x-sipgate-signature'];
      requests.push({ body: Buffer.concat(chunks), signature: signature?.toString(), path: request.url! });
      if (request.url === '/moved') response.writeHead(307, { location: '/here' }).end();
      else response.writeHead(204).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function told(path: string, signingSecret?: string): Promise<(typeof requests)[number]> {
  requests.length = 0;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const factory = createAiFlowAgent({ url, signingSecret });
  const session = { from: '4917012345', callerName: 'Jürgen Groß ☎' };
  const agent = factory(new RecordingHost(session, new RecordingLogger()));
  agent.handle({ kind: 'started' });
  await agent.close();
  await factory.close();
  return requests.at(-1)!;
}

describe('a webhook with a signing secret', () => {
  it('is known by its signature, and by nothing else', async () => {
    const { body, signature } = await told('/', 'open sesame');
    expect(JSON.parse(body.toString())).toMatchObject({ type: 'session_start' });
    expect(signature).toMatch(/^sha256=[0-9a-f]{64}$/);
    expect(isSigned(body, signature, ['open sesame'])).toBe(true);

    const altered = Buffer.from(body);
    altered[body.indexOf('4917012345')]! ^= 1;
    expect(isSigned(altered, signature, ['open sesame'])).toBe(false);
    expect(isSigned(Buffer.concat([body, Buffer.from(' ')]), signature, ['open sesame'])).toBe(false);
    expect(isSigned(body, signature, ['another'])).toBe(false);
    expect(isSigned(body, undefined, ['open sesame'])).toBe(false);
    expect(isSigned(body, signature!.toUpperCase(), ['open sesame'])).toBe(false);
    expect(isSigned(body, signature!.slice(0, -1), ['open sesame'])).toBe(false);
  });

  it('is known while secrets are changed, and under the old one no more once that is gone', async () => {
    const before = await told('/', 'old secret');
    const after = await told('/', 'new secret');
    for (const { body, signature } of [before, after])
      expect(isSigned(body, signature, ['new secret', 'old secret'])).toBe(true);
    expect(isSigned(before.body, before.signature, ['new secret'])).toBe(false);
  });

  it('is signed again where it is sent on to', async () => {
    const { path, body, signature } = await told('/moved', 'open sesame');
    expect(path).toBe('/here');
    expect(isSigned(body, signature, ['open sesame'])).toBe(true);
  });
});

it('a webhook without one is not signed, nor with an empty one', async () => {
  expect((await told('/')).signature).toBeUndefined();
  expect((await told('/', '')).signature).toBeUndefined();
});
