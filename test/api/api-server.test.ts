import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { SessionInfo } from '../../src/agent/agent.ts';
import { createApiServer } from '../../src/api/api-server.ts';
import type { CallOutRequest } from '../../src/call/call-out.ts';
import { SwitchError } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import { inboundSession } from '../support/recording-host.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const everything = 'token-for-everything';
const salesAlone = 'token-for-sales-alone';
const sales: SessionInfo = { ...inboundSession, id: '11111111-2222-4333-8444-555555555555', flow: 'sales' };

/** A switch with a call of the flow `support` and one of `sales`; the agent of the latter takes nothing. */
function api(refusal?: SwitchError) {
  const calls: CallOutRequest[] = [];
  const taken: unknown[] = [];
  const lines: string[] = [];
  const counted: string[] = [];
  const clock = new VirtualClock();
  const support = { ...inboundSession, flow: 'support' };
  const server = createApiServer({
    calls: {
      callOut: async (request) => {
        calls.push(request);
        if (refusal !== undefined) throw refusal;
        return { sessionId: inboundSession.id };
      },
      sessionById: (id) =>
        [support, sales]
          .filter((info) => info.id === id)
          .map((info) => ({
            info,
            hangUp: () => undefined,
            takeFromApi: (body: unknown) => {
              if (info === sales) return undefined;
              taken.push(body);
              const isKnown = (action: unknown) => JSON.stringify(action).includes('"speak"');
              const accepted = [body].flat().filter(isKnown).length;
              return { accepted, mistakes: [body].flat().length > accepted ? ['type: found "dance"'] : [] };
            },
          }))[0],
    },
    tokens: [
      { name: 'crm', token: everything },
      { name: 'dialler', token: salesAlone, flows: ['sales'] },
    ],
    flowNames: new Map([
      ['support', 'support'],
      ['sales', 'sales'],
      ['3dfa-ai-flow-id', 'sales'],
    ]),
    jambonzAccounts: new Map([['sales', 'jambonz-account']]),
    twilioFlows: new Map([['support', { accountId: 'acc-1', authToken: 'twilio-token' }]]),
    clock,
    metrics: { apiRequest: (route, status) => void counted.push(`${status} ${route}`) },
    retryAfterS: 30,
    createServer: (listener) => createServer(listener),
    log: createLogger(
      { level: 'info', redactNumbers: true, redactTranscripts: true },
      { write: (line) => void lines.push(line) },
    ),
  });
  const post = async (url: string, options: PostOptions = {}) => {
    const { token = everything, body, headers = {}, from = '127.0.0.1' } = options;
    const response = await server.inject({
      method: 'POST',
      url,
      headers: { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...headers },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
      remoteAddress: from,
    });
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  };
  return { server, post, calls, taken, lines, counted, clock };
}

interface PostOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly from?: string;
}

const call = '/v3/ai-flows/support/call';
const actions = `/v3/ai-flows/sessions/${inboundSession.id}/actions`;
const callee = { toPhoneNumber: '4915790000687' };

describe('calling out', () => {
  it('answers 201 with the session, as the SDK asks', async () => {
    const { post, calls } = api();
    const answer = await post(call, {
      body: { toPhoneNumber: '+49 1579 0000-687', billingDevice: 'e2' },
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, answer.body]).toEqual([201, { sessionId: inboundSession.id }]);
    expect(calls).toEqual([{ flow: 'support', to: '+4915790000687' }]);
  });

  it('knows a flow by its id as well, and takes JSON whatever the content is called', async () => {
    const { post, calls } = api();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post('/v3/ai-flows/3dfa-ai-flow-id/call', { body: callee, headers })).status).toBe(201);
    expect(calls).toEqual([{ flow: 'sales', to: '4915790000687' }]);
  });

  it.each([
    [{}, 'toPhoneNumber: missing, expected a phone number'],
    [{ toPhoneNumber: 'mother' }, 'toPhoneNumber: found "mother", expected a phone number'],
    [{ toPhoneNumber: 4915790000687 }, 'toPhoneNumber: found 4915790000687, expected a phone number'],
    [{ toPhoneNumber: `4915790000687\r\nX-Evil: 1` }, 'toPhoneNumber: found'],
    [{ toPhoneNumber: 'sip:a@b?Route=c' }, 'toPhoneNumber: found'],
    [[callee], 'expected a JSON object with toPhoneNumber'],
    ['{"toPhone', 'JSON'],
    ['', ''],
  ])('answers 400 to %j, and says what is wrong', async (body, message) => {
    const { post, calls } = api();
    const answer = await post(call, { body, headers: { 'content-type': 'application/json' } });
    expect(answer).toMatchObject({ status: 400, body: { error: 'request-invalid' } });
    expect(answer.body.message).toContain(message);
    expect(calls).toEqual([]);
  });

  it.each([
    ['no-phone-number', 400, undefined],
    ['destination-not-allowed', 403, undefined],
    ['no-outbound-route', 422, undefined],
    ['too-many-outbound-calls', 429, '10'],
    ['destination-unreachable', 502, undefined],
    ['draining', 503, '30'],
  ] as const)('answers %s by %i', async (code, status, retryAfter) => {
    const answer = await api(new SwitchError(code)).post(call, { body: callee });
    expect(answer).toMatchObject({ status, body: { error: code } });
    expect(answer.headers['retry-after']).toBe(retryAfter);
  });

  it('notes a billing device that is no text, and calls all the same', async () => {
    const { post, calls } = api();
    const answer = await post(call, { body: { ...callee, billingDevice: { toString: 1 } } });
    expect([answer.status, calls.length]).toEqual([201, 1]);
  });

  it('ignores what it does not know, and says so in the log', async () => {
    const { post, lines } = api();
    expect((await post(call, { body: { ...callee, colour: 'blue' } })).status).toBe(201);
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: ['colour'] }),
    );
  });
});

describe('actions from outside', () => {
  it('are handed to the call, one or a list, and answered with what was understood', async () => {
    const { post, taken } = api();
    const speak = { type: 'speak', text: 'Hi' };
    const one = await post(actions, { body: speak });
    expect([one.status, one.body]).toEqual([202, { accepted: 1, mistakes: [] }]);
    const several = await post(
      actions
        .toUpperCase()
        .replace(/^.*SESSIONS/, '/v3/ai-flows/sessions')
        .replace('ACTIONS', 'actions'),
      {
        body: [speak, { type: 'dance' }],
      },
    );
    expect([several.status, several.body]).toEqual([202, { accepted: 1, mistakes: ['type: found "dance"'] }]);
    expect(taken).toEqual([speak, [speak, { type: 'dance' }]]);
  });

  it('may have megabytes of sound in them, but not without end; a wrong token sends none', async () => {
    const { post, taken } = api();
    const ofOctets = (count: number) => ({ type: 'speak', audio: 'A'.repeat(count) });
    expect((await post(actions, { body: ofOctets(15_000_000) })).status).toBe(202);
    expect((await post(actions, { body: ofOctets(17_000_000) })).body.error).toBe('request-too-large');
    expect((await post(actions, { body: ofOctets(17_000_000), token: 'wrong' })).status).toBe(401);
    expect((await post(call, { body: ofOctets(100_000) })).status).toBe(413);
    expect(taken.length).toBe(1);
  });

  it.each([
    [{ type: 'dance' }, 'no action is understood'],
    [[], 'expected an action'],
    ['"speak"', 'expected an action'],
    ['null', 'expected an action'],
  ])('are refused by 400 where nothing is understood: %j', async (body, message) => {
    const answer = await api().post(actions, { body });
    expect(answer).toMatchObject({ status: 400, body: { error: 'request-invalid' } });
    expect(answer.body.message).toContain(message);
  });

  it('find no call that is over or never was', async () => {
    const answer = await api().post('/v3/ai-flows/sessions/no-such/actions', { body: { type: 'speak' } });
    expect(answer).toMatchObject({ status: 404, body: { error: 'no-session' } });
  });

  it('are refused by 409 where the agent has no such thing', async () => {
    const answer = await api().post(`/v3/ai-flows/sessions/${sales.id}/actions`, { body: { type: 'speak' } });
    expect(answer).toMatchObject({ status: 409, body: { error: 'no-outside-actions' } });
  });
});

describe('who may use the API', () => {
  it.each([
    ['no token', {}],
    ['a wrong token', { authorization: 'Bearer token-for-everythinG' }],
    ['a right one of another scheme', { authorization: `Basic ${everything}` }],
    ['half a token', { authorization: 'Bearer token-for' }],
    ['two tokens', { authorization: `Bearer ${everything} ${everything}` }],
  ])('is nobody with %s', async (_what, headers) => {
    const { post, calls } = api();
    const answer = await post(call, { token: '', body: callee, headers });
    expect(answer).toMatchObject({ status: 401, body: { error: 'token-invalid' } });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="patchbay"');
    expect(calls).toEqual([]);
  });

  it('learns of flows and calls of others no more than of those there are not', async () => {
    const { post, calls } = api();
    const token = salesAlone;
    const answers = async (known: string, unknown: string, body: unknown) => {
      const [one, other] = [await post(known, { token, body }), await post(unknown, { token, body })];
      const anonymous = (text: string) => text.replace(/support|nowhere/, '');
      expect(one.status).toBe(404);
      expect(anonymous(JSON.stringify(one.body))).toBe(anonymous(JSON.stringify(other.body)));
    };
    await answers(call, '/v3/ai-flows/nowhere/call', callee);
    await answers(call, '/v3/ai-flows/nowhere/call', { toPhoneNumber: 'nonsense' });
    await answers(actions, `/v3/ai-flows/sessions/${'0'.repeat(36)}/actions`, { type: 'speak' });
    expect((await post('/v3/ai-flows/sales/call', { token, body: callee })).status).toBe(201);
    expect(calls.length).toBe(1);
  });

  it('waits after ten wrong tokens, whatever comes next from the same address, and nobody else does', async () => {
    const { post, clock } = api();
    const wrong = { token: 'guess', body: callee, from: '192.0.2.7' };
    for (let guess = 0; guess < 10; guess++) expect((await post(call, wrong)).status).toBe(401);
    const locked = await post(call, { ...wrong, token: everything });
    expect(locked).toMatchObject({ status: 429, body: { error: 'too-many-attempts' } });
    expect(locked.headers['retry-after']).toBe('6');
    expect((await post(call, { body: callee, from: '192.0.2.8' })).status).toBe(201);
    await clock.advance(6_000);
    expect((await post(call, { ...wrong, token: everything })).status).toBe(201);
  });

  it("counts wrong tokens for Twilio's routes too", async () => {
    const { post } = api();
    const url = `/2010-04-01/Accounts/AC${'0'.repeat(32)}/Calls/CA${'0'.repeat(32)}.json`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const guess = () => post(url, { token: '', headers, body: 'Status=completed' });
    for (let count = 0; count < 10; count++) expect((await guess()).status).toBe(401);
    expect((await guess()).status).toBe(429);
  });
});

describe('each request', () => {
  it('leaves one line and one count, under a number of its own, and no token or telephone number', async () => {
    const { post, lines, counted } = api();
    const first = await post(call, { body: { ...callee, billingDevice: 'e2' } });
    await post(`/v3/ai-flows/${'x'.repeat(90)}/call`, { token: 'secret-guess', body: callee });
    await post('/etc/passwd', { token: 'secret-guess' });
    expect(counted).toEqual([
      '201 /v3/ai-flows/:aiFlowId/call',
      '401 /v3/ai-flows/:aiFlowId/call',
      '404 none',
    ]);
    const logged = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'API request');
    expect(logged.map(({ status }) => status)).toEqual([201, 401, 404]);
    expect(logged[0]).toMatchObject({
      ...{ request: first.headers['x-request-id'], method: 'POST', source: '127.0.0.1' },
      ...{ token: 'crm', flow: 'support', session: inboundSession.id, billingDevice: 'e2', to: '[redacted]' },
    });
    expect(logged[1]).toMatchObject({ reason: 'token-invalid' });
    expect(lines.join('')).not.toMatch(/secret-guess|token-for|4915790000687/);
  });

  it('that meets a bug is answered with 500 and no more', async () => {
    const { post, server, lines } = api();
    server.post('/bug', () => {
      throw new Error('the secret is 7');
    });
    const { status, body } = await post('/bug', {
      body: {},
      headers: { 'content-type': 'application/json' },
    });
    expect([status, body]).toEqual([500, { error: 'internal' }]);
    expect(lines.join('')).toContain('the secret is 7');
  });
});
