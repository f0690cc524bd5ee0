import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../src/agent/jambonz/link/http-client.ts';
import { JambonzCall } from '../../support/jambonz-call.ts';
import { settle } from '../../support/virtual-clock.ts';

const say = (text: string) => ({ verb: 'say', text });
const answered = (body: unknown, status = 200): HttpResponse => ({
  kind: 'answered',
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** A ringing call to webhooks that answer by path. */
async function ring(answers: Record<string, HttpResponse>, options: object = {}): Promise<JambonzCall> {
  const call = new JambonzCall({ url: 'https://app.example/v1/call', ...options });
  call.respond = ({ url }: HttpRequest) => Promise.resolve(answers[url.pathname] ?? answered('', 204));
  call.agent.handle({ kind: 'ringing' });
  await settle();
  return call;
}

const gather = { verb: 'gather', numDigits: 1, actionHook: 'next' };

describe('a call to webhooks', () => {
  it('posts the call flat, signed and with credentials', async () => {
    const options = {
      webhookSecret: 'shh',
      auth: { username: 'ann', password: 'x' },
      headers: { 'x-tenant': 'acme' },
    };
    const call = await ring({ '/v1/call': answered([say('Hi')]) }, options);
    const [{ method, headers, body = '' }] = call.requests as [HttpRequest];
    expect([method, JSON.parse(body).call_status, headers['x-tenant']]).toEqual(['POST', 'trying', 'acme']);
    expect(headers['authorization']).toBe(`Basic ${Buffer.from('ann:x').toString('base64')}`);
    const time = Math.floor(call.clock.wallMs() / 1000);
    const digest = createHmac('sha256', 'shh').update(`${time}.${body}`).digest('hex');
    expect(headers['jambonz-signature']).toBe(`t=${time},v1=${digest}`);
    expect(call.take()).toEqual([{ kind: 'answer' }]);
  });

  it('asks by GET with what fits a query, where it is told to', async () => {
    const call = await ring({ '/v1/call': answered([say('Hi')]) }, { method: 'GET', envVars: { A: 1 } });
    const { url, method, body } = call.requests[0]!;
    expect([method, body, url.searchParams.get('from')]).toEqual(['GET', undefined, '+4915790000687']);
    expect(url.searchParams.get('env_vars')).toBe('{"A":1}');
  });

  it.each([
    ['relative', 'next', 'https://app.example/v1/next'],
    ['from the root', '/next', 'https://app.example/next'],
    ['elsewhere', 'https://other.example/next', 'https://other.example/next'],
  ])(
    'resolves hooks that are %s, and sends credentials nowhere else',
    async (_what, actionHook, expected) => {
      const call = await ring(
        { '/v1/call': answered([{ ...gather, actionHook }]) },
        { auth: { username: 'a', password: 'b' } },
      );
      call.started();
      call.press('1');
      await settle();
      const { url, headers } = call.requests.at(-1)!;
      expect(url.href).toBe(expected);
      expect(headers['authorization'] === undefined).toBe(!expected.includes('app.example'));
    },
  );

  it('tells its status where that is wanted, one after the other', async () => {
    const call = await ring(
      { '/v1/call': answered([say('Hi')]) },
      { statusUrl: 'https://app.example/status' },
    );
    call.started();
    call.agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    await call.agent.close();
    const statuses = call.requests.filter(({ url }) => url.pathname === '/status');
    expect(statuses.map(({ body = '' }) => JSON.parse(body).call_status)).toEqual([
      'trying',
      'in-progress',
      'completed',
    ]);
  });

  it('hangs up when the verbs are over, or declines with 603 where it was never answered', async () => {
    const call = await ring({ '/v1/call': answered([say('Hi')]) });
    call.started();
    await call.spoken(0);
    expect(call.take().map(({ kind }) => kind)).toEqual(['answer', 'say', 'hang-up']);
    const unanswered = await ring({ '/v1/call': answered([{ verb: 'hangup' }]) });
    expect(unanswered.take()).toMatchObject([{ kind: 'decline', statusCode: 603 }]);
  });

  it.each([
    ['204', answered('', 204)],
    ['an empty body', answered('')],
    ['an empty list', answered([])],
  ])('goes on with what is left after %s', async (_what, answer) => {
    const call = await ring({ '/v1/call': answered([gather, say('after')]), '/v1/next': answer });
    call.started();
    call.press('1');
    await settle();
    expect(call.take().map(({ kind }) => kind)).toEqual(['answer', 'say']);
  });

  it.each([
    ['500', answered('', 500)],
    ['HTML', answered('<html>')],
    ['no connection', { kind: 'failed', reason: 'unreachable', detail: '' } as HttpResponse],
  ])('hangs up after %s', async (_what, answer) => {
    const call = await ring({ '/v1/call': answered([gather, say('after')]), '/v1/next': answer });
    call.started();
    call.press('1');
    await settle();
    expect(call.take().map(({ kind }) => kind)).toEqual(['answer', 'hang-up']);
    expect(call.told('jambonz:error')).toEqual([]);
  });

  it('asks again as the hash says', async () => {
    const call = new JambonzCall({ url: 'https://app.example/call#rc=2&rp=5xx' });
    call.respond = () => Promise.resolve(answered('', 503));
    call.agent.handle({ kind: 'ringing' });
    await settle();
    expect(call.requests.map(({ url }) => url.href)).toEqual(Array(3).fill('https://app.example/call'));
    expect(call.take()).toMatchObject([{ kind: 'decline', statusCode: 480 }]);
    expect(call.counted).toEqual([...Array(3).fill('exchanged server-error'), 'failed refused']);
  });

  it('does not wait longer than 10 s', async () => {
    const call = new JambonzCall({ url: 'https://app.example/call' });
    call.respond = () => new Promise(() => undefined);
    call.agent.handle({ kind: 'ringing' });
    await call.clock.advance(9999);
    expect(call.take()).toEqual([]);
    await call.clock.advance(1);
    expect(call.take()).toMatchObject([
      { kind: 'decline', headers: { 'X-Reason': expect.stringContaining('timed-out') } },
    ]);
    expect(call.requests[0]?.signal.aborted).toBe(true);
  });
});

describe('mixed transports', () => {
  it('an http hook of a WebSocket app is posted, and the app keeps the call', async () => {
    const call = new JambonzCall();
    call.respond = () => Promise.resolve(answered([say('by http')]));
    await call.answer([{ ...gather, actionHook: 'https://hooks.example/next' }]);
    call.press('1');
    await settle();
    expect(call.requests.map(({ url }) => url.href)).toEqual(['https://hooks.example/next']);
    await call.spoken(0);
    await call.command('redirect', [say('by socket')]);
    expect(call.utterances).toHaveLength(2);
  });

  it('a ws hook of a webhook app gets the call with session:new', async () => {
    const call = await ring({
      '/v1/call': answered([{ ...gather, actionHook: 'wss://socket.example/app' }]),
    });
    call.started();
    call.press('1');
    call.socket.handlers.opened();
    expect([call.socket.url, call.socket.messages[0]?.type]).toEqual([
      'wss://socket.example/app',
      'session:new',
    ]);
    await call.ack([say('by socket')]);
    await call.spoken(0);
    expect(call.take().map(({ kind }) => kind)).toEqual(['answer', 'say']);
  });

  it.each([
    ['its status URL', 'https://%zz:%E0%A4%A@app.example/status', 'next'],
    ['a hook', 'https://app.example/status', 'https://%zz@app.example/next'],
  ])('ask and tell although the name in %s is escaped wrongly', async (_what, statusUrl, actionHook) => {
    const call = await ring(
      { '/v1/call': answered([{ ...gather, actionHook }, say('after')]) },
      { statusUrl },
    );
    call.started();
    call.press('1');
    await settle();
    const paths = call.requests.map(({ url }) => url.pathname);
    expect(paths).toEqual(expect.arrayContaining(['/status', actionHook === 'next' ? '/v1/next' : '/next']));
    expect(call.utterances.map(({ kind }) => kind)).toEqual(['say']);
    call.agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    await call.agent.close();
  });
});
