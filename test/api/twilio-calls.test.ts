import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { twilioSids } from '../../src/agent/twilio/twilio-sids.ts';
import { addTwilioCalls } from '../../src/api/twilio-calls.ts';
import { inboundSession } from '../support/recording-host.ts';

const configuredSid = `AC${'1'.repeat(32)}`;
const sids = twilioSids(inboundSession.id, 'acc-1', undefined);

/** A switch with one call, of the flow `reception`. */
function api() {
  const server = Fastify();
  const ended: string[] = [];
  addTwilioCalls(server, {
    flows: new Map([
      ['reception', { accountId: 'acc-1', authToken: 'token-1' }],
      ['other', { accountId: 'acc-1', accountSid: configuredSid, authToken: 'token-2' }],
    ]),
    sessionById: (id) =>
      id === inboundSession.id
        ? { info: inboundSession, takeFromApi: () => undefined, hangUp: () => ended.push(id) }
        : undefined,
  });
  const post = async (options: { sid?: string; call?: string; token?: string; body?: string }) => {
    const {
      sid = sids.accountSid,
      call = sids.callSid,
      token = 'token-1',
      body = 'Status=completed',
    } = options;
    const response = await server.inject({
      method: 'POST',
      url: `/2010-04-01/Accounts/${sid}/Calls/${call}.json`,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(`${sid}:${token}`).toString('base64')}`,
      },
      body,
    });
    return { status: response.statusCode, body: response.json() };
  };
  return { ended, post };
}

describe("Twilio's call resource", () => {
  it('ends a call that is set to completed', async () => {
    const { ended, post } = api();
    const { status, body } = await post({});
    expect([status, ended]).toEqual([200, [inboundSession.id]]);
    expect(body).toMatchObject({
      sid: sids.callSid,
      account_sid: sids.accountSid,
      status: 'completed',
      direction: 'inbound',
    });
  });

  it.each([
    [{ token: 'token-2' }],
    [{ token: '' }],
    [{ sid: configuredSid }],
    [{ sid: `AC${'2'.repeat(32)}` }],
  ])('is not there for those with other credentials: %o', async (options) => {
    const { ended, post } = api();
    const { status, body } = await post(options);
    expect([status, body.code, ended]).toEqual([401, 20_003, []]);
  });

  it('does not show an account the calls of another, nor calls that are over', async () => {
    const { ended, post } = api();
    const ofOther = await post({ sid: configuredSid, token: 'token-2' });
    const over = await post({ call: `CA${'0'.repeat(32)}` });
    const stranger = await post({ call: 'CA1' });
    for (const { status, body } of [ofOther, over, stranger])
      expect([status, body.code]).toEqual([404, 20_404]);
    expect(ended).toEqual([]);
  });

  it.each([
    ['Url=https%3A%2F%2Fbot.example%2Ftwiml'],
    ['Twiml=%3CResponse%2F%3E'],
    ['Status=canceled'],
    [''],
  ])('says that it does not support %s', async (body) => {
    const { ended, post } = api();
    const answer = await post({ body });
    expect([answer.status, ended]).toEqual([400, []]);
    expect(answer.body.message).toContain('Only Status=completed is supported');
  });
});
