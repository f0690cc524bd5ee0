import { describe, expect, it } from 'vitest';
import { JambonzCall } from '../../support/jambonz-call.ts';

const say = (text: string, fields: object = {}) => ({ verb: 'say', text, ...fields });
const hangup = { verb: 'hangup' };

describe('a call to an app behind a WebSocket', () => {
  it('is told by session:new, with the subprotocol and the credentials', async () => {
    const call = new JambonzCall({
      url: 'ws://app.example/call#rc=2',
      auth: { username: 'ann', password: 'secret' },
      envVars: { MODE: 'test' },
      session: {
        signalling: {
          callId: 'abc@pbx',
          requestUri: 'sip:200@us',
          remoteAddress: '192.0.2.1:5060',
          trunk: 'pbx',
          callerName: 'Ann',
          headers: [
            { name: 'From', value: '<sip:ann@pbx>' },
            { name: 'X-Customer', value: '7' },
          ],
          sdp: 'v=0',
        },
      },
    });
    await call.ring([say('Hi')]);
    const { socket } = call;
    expect([socket.url, socket.subprotocols]).toEqual(['ws://app.example/call', ['ws.jambonz.org']]);
    expect(socket.headers['authorization']).toBe(`Basic ${Buffer.from('ann:secret').toString('base64')}`);
    expect(socket.messages[0]).toMatchObject({
      type: 'session:new',
      call_sid: call.host.session.id,
      data: {
        ...{
          call_sid: call.host.session.id,
          direction: 'inbound',
          from: '+4915790000687',
          to: '+4921155660',
        },
        ...{
          call_id: 'abc@pbx',
          sbc_callid: 'abc@pbx',
          call_status: 'trying',
          sip_status: 100,
          caller_name: 'Ann',
        },
        ...{ originating_sip_ip: '192.0.2.1:5060', originating_sip_trunk_name: 'pbx', sip_reason: 'Trying' },
        sip: {
          method: 'INVITE',
          uri: 'sip:200@us',
          headers: { from: '<sip:ann@pbx>', 'X-Customer': '7' },
          body: 'v=0',
        },
        env_vars: { MODE: 'test' },
      },
    });
  });

  it('has keys in snake case everywhere but in what is not ours', async () => {
    const call = new JambonzCall({ envVars: { someKey: 1 } });
    await call.answer([
      { verb: 'tag', data: { orderId: 1 } },
      { verb: 'gather', actionHook: '/x', numDigits: 1 },
    ]);
    call.press('1');
    const foreign = new Set(['sip', 'env_vars', 'customerData']);
    const camel = call.socket.messages.flatMap(({ data }) =>
      Object.keys(data).filter((key) => /[A-Z]/.test(key) && !foreign.has(key)),
    );
    expect(camel).toEqual([]);
    expect(call.asked.data['customerData']).toEqual({ orderId: 1 });
  });

  it.each([
    ['nothing in 5 s', undefined, 'timed-out', ['failed timed-out']],
    ['an empty list', [], 'no verbs', ['failed bad-response']],
    [
      'an unknown verb',
      [{ verb: 'conference', name: 'x' }],
      'not understood',
      ['warned', 'failed bad-response'],
    ],
    ['a missing field', [{ verb: 'play' }], 'not understood', ['warned', 'failed bad-response']],
  ])('is refused with 480 and the reason when the app answers %s', async (_what, verbs, reason, counted) => {
    const call = new JambonzCall();
    call.agent.handle({ kind: 'ringing' });
    call.socket.handlers.opened();
    if (verbs === undefined) await call.clock.advance(5000);
    else await call.ack(verbs);
    expect(call.take()).toMatchObject([
      { kind: 'decline', statusCode: 480, headers: { 'X-Reason': expect.stringContaining(reason) } },
    ]);
    expect(call.socket.closedWith).toBe(1001);
    expect(call.counted).toEqual(counted);
  });

  it('names the field of a verb that is not understood in jambonz:error', async () => {
    const call = new JambonzCall();
    await call.ring([say('Hi'), { verb: 'gather', timeout: 'soon' }]);
    expect(call.told('jambonz:error')[0]?.data).toMatchObject({
      msg: 'InvalidPayload',
      details: '[1] gather.timeout: expected a number from 0 to 86400',
    });
    expect(call.log.lines).toContainEqual(
      expect.objectContaining({
        fields: expect.objectContaining({ mistake: '[1] gather.timeout: expected a number from 0 to 86400' }),
      }),
    );
  });

  it('stays up when the verbs are over, until the app hangs up', async () => {
    const call = new JambonzCall();
    await call.answer([say('Hi')]);
    await call.spoken(0);
    await call.clock.advance(60_000);
    expect(call.take().map(({ kind }) => kind)).toEqual(['answer', 'say']);
    await call.command('redirect', [hangup]);
    expect(call.take()).toMatchObject([{ kind: 'hang-up' }]);
  });

  it('ends in its own words: completed, with its duration and who ended it', async () => {
    const call = new JambonzCall();
    await call.answer([say('Hi')]);
    await call.clock.advance(12_000);
    call.agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    await call.agent.close();
    expect(call.told('call:status').map(({ data }) => [data['call_status'], data['sip_status']])).toEqual([
      ['trying', 100],
      ['in-progress', 200],
      ['completed', 200],
    ]);
    expect(call.told('call:status').at(-1)?.data).toMatchObject({
      duration: 12,
      call_termination_by: 'caller',
    });
    expect(call.socket.closedWith).toBe(1000);
    expect(call.clock.nextDueMs).toBeUndefined();
  });

  it.each([
    ['a caller who gives up', undefined, 'no-answer', 487],
    ['a decline as busy', { verb: 'sip:decline', status: 486 }, 'busy', 486],
    ['a decline', { verb: 'sip:decline', status: 603, reason: 'No' }, 'failed', 603],
  ])('ends unanswered by %s', async (_how, verb, status, statusCode) => {
    const call = new JambonzCall();
    await call.ring([verb ?? { verb: 'pause', length: 5 }]);
    if (verb !== undefined) expect(call.take()).toMatchObject([{ kind: 'decline', statusCode }]);
    call.agent.handle({ kind: 'ended', cause: verb === undefined ? 'caller-hung-up' : 'agent-hung-up' });
    const last = call.told('call:status').at(-1);
    expect([last?.data['call_status'], last?.data['sip_status']]).toEqual([status, statusCode]);
  });

  it('is told what it cannot read, and goes on', async () => {
    const call = new JambonzCall();
    await call.answer([say('Hi')]);
    for (const bad of [
      '{',
      '[]',
      '{"type":"hello"}',
      '{"type":"command"}',
      '{"type":"command","command":"dub"}',
    ])
      await call.send(bad);
    expect(
      call.told('jambonz:error').map(({ data }) => [data['msg'], data['details'], data['content']]),
    ).toEqual([
      ['InvalidMessage', 'not JSON', '{'],
      ['InvalidMessage', 'not an object', '[]'],
      ['InvalidMessage', 'type: expected ack or command', '{"type":"hello"}'],
      ['InvalidMessage', 'command: expected a text', '{"type":"command"}'],
      ['InvalidMessage', 'data: expected for dub', '{"type":"command","command":"dub"}'],
    ]);
    await call.command('no-such-command', {});
    expect(call.log.warnings.at(-1)).toBe('a command of the app is not supported');
    expect(call.host.failures).toEqual([]);
  });
});

describe('a connection to an app', () => {
  it('that breaks is dialled again, and the session told anew before all that waits', async () => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'gather', actionHook: '/digits', numDigits: 1, timeout: 0 }]);
    call.socket.handlers.closed({ kind: 'closed', detail: '1006', code: 1006 });
    call.press('7');
    await call.clock.advance(500);
    expect(call.sockets).toHaveLength(2);
    call.socket.handlers.opened();
    expect(call.socket.messages.map(({ type }) => type)).toEqual(['session:reconnect']);
    expect(call.socket.messages[0]?.data).toEqual(call.sockets[0]?.messages[0]?.data);
    await call.ack(undefined);
    expect(call.socket.messages.at(-1)).toMatchObject({
      type: 'verb:hook',
      hook: '/digits',
      data: { digits: '7' },
    });
    expect(call.counted).toEqual(['reconnected']);
  });

  it('is dialled five times at doubling distances, then the call goes to its fallback', async () => {
    const call = new JambonzCall();
    await call.answer([say('Hi')]);
    const dialledAtMs: number[] = [];
    call.socket.handlers.closed({ kind: 'closed', detail: '1006', code: 1006 });
    for (let dials = 1; call.host.failures.length === 0 && dials < 20; dials++) {
      const known = call.sockets.length;
      while (call.sockets.length === known) await call.clock.advance(100);
      dialledAtMs.push(call.clock.nowMs());
      call.socket.handlers.closed({ kind: 'refused', detail: 'refused' });
    }
    expect(dialledAtMs).toEqual([500, 1500, 3500, 7500, 15_500]);
    expect(call.host.failures).toEqual(['refused']);
  });

  it('is given up, too, when each connection stands and breaks before the app knows the session again', async () => {
    const call = new JambonzCall();
    await call.answer([say('Hi')]);
    for (let dials = 1; call.host.failures.length === 0 && dials < 20; dials++) {
      const known = call.sockets.length;
      call.socket.handlers.closed({ kind: 'closed', detail: '1006', code: 1006 });
      for (let waits = 0; call.sockets.length === known && waits < 200; waits++)
        await call.clock.advance(100);
      if (call.sockets.length > known) call.socket.handlers.opened();
    }
    expect(call.sockets).toHaveLength(6);
    expect(call.host.failures).toEqual(['closed']);
  });

  it('takes what the app says as it acknowledges the session, though it did not when it was told before', async () => {
    const call = new JambonzCall();
    await call.answer([say('Hi')]);
    call.socket.handlers.closed({ kind: 'closed', detail: '1006', code: 1006 });
    await call.clock.advance(500);
    call.socket.handlers.opened();
    await call.clock.advance(3000);
    call.socket.handlers.closed({ kind: 'closed', detail: '1006', code: 1006 });
    await call.clock.advance(1000);
    call.socket.handlers.opened();
    // The time of the first introduction is over.
    await call.clock.advance(1500);
    await call.ack([say('again')]);
    expect(call.utterances.map(({ kind }) => kind)).toEqual(['say', 'say']);
  });

  it('of which nothing comes any more is dialled again, though nobody has closed it', async () => {
    const call = new JambonzCall();
    await call.answer([say('Hi')]);
    await call.spoken(0);
    await call.clock.advance(100_000);
    expect(call.sockets).toHaveLength(1);
    call.socket.isDead = true;
    await call.clock.advance(61_000);
    expect(call.sockets.map(({ closedWith }) => closedWith)).toEqual([1006, undefined]);
    call.socket.handlers.opened();
    expect(call.asked.type).toBe('session:reconnect');
  });

  it('that the app closes with 1000 lets the call go on with what it has, then end', async () => {
    const call = new JambonzCall();
    await call.answer([say('one'), say('two')]);
    call.socket.handlers.closed({ kind: 'closed', detail: '1000', code: 1000 });
    await call.spoken(0);
    await call.spoken(1);
    expect(call.take().map(({ kind }) => kind)).toEqual(['answer', 'say', 'say', 'hang-up']);
    expect(call.sockets).toHaveLength(1);
  });

  it.each([
    ['#rc=1&rp=ct', { kind: 'refused', detail: '' }, 2],
    ['#rc=0', { kind: 'refused', detail: '' }, 1],
    ['#rc=2&rp=5xx', { kind: 'refused', detail: '', statusCode: 503 }, 3],
    ['#rc=2&rp=5xx', { kind: 'refused', detail: '', statusCode: 404 }, 1],
    ['#rc=1&rp=all', { kind: 'refused', detail: '', statusCode: 404 }, 2],
    ['', { kind: 'refused', detail: '' }, 6],
  ] as const)('with %s after %j is dialled so often in all: %#', async (hash, cause, dials) => {
    const call = new JambonzCall({ url: `ws://app.example/call${hash}` });
    call.agent.handle({ kind: 'ringing' });
    for (let i = 0; i < 10 && call.host.commands.length === 0; i++) {
      const known = call.sockets.length;
      call.socket.handlers.closed(cause);
      while (call.sockets.length === known && call.host.commands.length === 0) await call.clock.advance(100);
    }
    expect(call.sockets).toHaveLength(dials);
    expect(call.host.commands).toMatchObject([{ kind: 'decline', statusCode: 480 }]);
  });
});

describe('verbs that need an answered call', () => {
  it.each([
    ['say', say('Hi'), 'answer'],
    ['say as early media', say('Hi', { earlyMedia: true }), 'answer-early'],
    ['play', { verb: 'play', url: 'http://h/a.mp3' }, 'answer'],
    ['gather', { verb: 'gather', input: ['digits'] }, 'answer'],
    ['dub', { verb: 'dub', action: 'addTrack', track: 'a' }, 'answer'],
    ['answer', { verb: 'answer' }, 'answer'],
    ['dial', { verb: 'dial', target: [{ type: 'phone', number: '1' }] }, 'answer'],
    [
      'dial that answers on the bridge',
      { verb: 'dial', answerOnBridge: true, target: [{ type: 'phone', number: '1' }] },
      'connect',
    ],
  ])('%s first asks for it', async (_name, verb, first) => {
    const call = new JambonzCall();
    await call.ring([verb]);
    expect(call.take()[0]?.kind).toBe(first);
  });

  it('wait until the caller hears', async () => {
    const call = new JambonzCall();
    await call.ring([say('Hi')]);
    expect(call.take().map(({ kind }) => kind)).toEqual(['answer']);
    call.started();
    expect(call.take().map(({ kind }) => kind)).toEqual(['say']);
  });

  it('hangup alone on a ringing call is skipped', async () => {
    const call = new JambonzCall();
    await call.ring([hangup]);
    expect(call.take()).toEqual([]);
    expect(call.log.warnings).toContain('preconditions not met: the verb is skipped');
  });

  it('sip:decline is skipped on an answered one', async () => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'answer' }, { verb: 'sip:decline', status: 486 }, hangup]);
    expect(call.take().map(({ kind }) => kind)).toEqual(['answer', 'hang-up']);
  });
});
