import { describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../../src/agent/agent.ts';
import { JambonzCall } from '../../support/jambonz-call.ts';

type Connection = Extract<AgentEvent, { kind: 'connection' }>;

/** A call that dials; `told` says what becomes of a target. */
async function dialling(fields: object = {}) {
  const call = new JambonzCall();
  const target = [
    { type: 'phone', number: '4921155660' },
    { type: 'sip', sipUri: 'sip:bob@example.com', headers: { 'X-Leg': 'b' } },
  ];
  await call.answer([{ verb: 'answer' }, { verb: 'dial', target, actionHook: '/dialled', ...fields }]);
  const connect = call.host.commands.find((command) => command.kind === 'connect')!;
  const told = (target: number, state: Connection['state'], statusCode: number) =>
    call.agent.handle({
      ...{
        kind: 'connection',
        connectionId: connect.connectionId,
        target,
        state,
        statusCode,
        callId: `id-${target}`,
      },
    });
  return { call, connect, told };
}

const legStatuses = (call: JambonzCall) =>
  call
    .told('call:status')
    .filter(({ data }) => data['parent_call_sid'] !== undefined)
    .map(({ data }) => [data['call_sid'], data['call_status'], data['sip_status']]);

describe('dial', () => {
  it('shows each target who calls it, and calls what stands in place of its address', async () => {
    const { call, connect, told } = await dialling({
      callerId: '+49211',
      target: [
        { type: 'phone', number: '1', from: { user: '+4930', host: 'h.example' }, proxy: 'sip:p.example' },
        { type: 'user', name: 'bob@example.com', overrideTo: '+4940' },
        { type: 'phone', number: '2', overrideTo: 'carol@example.com' },
      ],
    });
    expect(connect).toMatchObject({
      callerIdNumber: '+49211',
      targets: [
        { to: '1', callerIdNumber: '+4930' },
        { to: '+4940', callerIdNumber: undefined },
        { to: 'sip:carol@example.com', callerIdNumber: undefined },
      ],
    });
    told(0, 'trying', 100);
    told(1, 'trying', 100);
    const shown = call.told('call:status').slice(-2);
    expect(shown.map(({ data }) => [data['from'], data['to']])).toEqual([
      ['+4930', '1'],
      ['+49211', '+4940'],
    ]);
    const ignored = call.log.lines.flatMap(({ fields }) => fields['field'] ?? []);
    expect(ignored).toEqual(['dial.target.proxy']);
  });

  it('rings all targets, each as a call of its own', async () => {
    const { call, connect, told } = await dialling({
      callerId: '+49211',
      timeout: 20,
      timeLimit: 60,
      dialMusic: 'https://h/music.mp3',
    });
    expect(connect).toMatchObject({
      targets: [{ to: '4921155660' }, { to: 'sip:bob@example.com', headers: { 'X-Leg': 'b' } }],
      ...{
        callerIdNumber: '+49211',
        ringTimeoutMs: 20_000,
        longestMs: 60_000,
        whileRinging: { url: 'https://h/music.mp3' },
      },
    });
    told(0, 'trying', 100);
    told(1, 'ringing', 180);
    told(1, 'answered', 200);
    told(0, 'failed', 487);
    told(1, 'ended', 200);
    expect(legStatuses(call)).toEqual([
      ['leg-1', 'trying', 100],
      ['leg-2', 'ringing', 180],
      ['leg-2', 'in-progress', 200],
      ['leg-1', 'no-answer', 487],
      ['leg-2', 'completed', 200],
    ]);
    expect(call.told('call:status')[2]?.data).toMatchObject({
      direction: 'outbound',
      parent_call_sid: call.host.session.id,
    });
    expect(call.asked).toMatchObject({
      hook: '/dialled',
      data: {
        dial_call_status: 'completed',
        dial_sip_status: 200,
        dial_call_sid: 'leg-2',
        dial_sbc_callid: 'id-1',
      },
    });
  });

  it.each([
    [486, 'busy'],
    [600, 'busy'],
    [408, 'no-answer'],
    [480, 'no-answer'],
    [404, 'failed'],
    [503, 'failed'],
  ])('tells %i as %s when nobody answers', async (statusCode, status) => {
    const { call, told } = await dialling();
    told(0, 'failed', 404);
    told(1, 'failed', statusCode);
    expect(call.asked.data).toMatchObject({ dial_call_status: status, dial_sip_status: statusCode });
  });

  it('that answers on the bridge takes the call when somebody answers', async () => {
    const call = new JambonzCall();
    await call.ring([
      { verb: 'dial', answerOnBridge: true, target: [{ type: 'user', name: 'bob@example.com' }] },
    ]);
    const [connect] = call.take();
    expect(connect).toMatchObject({
      kind: 'connect',
      targets: [{ to: 'sip:bob@example.com' }],
      whileRinging: 'ringback',
    });
    const { connectionId } = connect as { connectionId: number };
    call.agent.handle({
      kind: 'connection',
      connectionId,
      target: 0,
      state: 'answered',
      statusCode: 200,
      callId: 'x',
    });
    expect(call.take()).toEqual([{ kind: 'answer' }]);
  });

  it('plays dub tracks to the one who was called, also by command', async () => {
    const { call, told } = await dialling({
      dub: [{ verb: 'dub', action: 'addTrack', track: 'b', play: 'https://h/b.mp3' }],
    });
    told(1, 'answered', 200);
    expect(call.take().at(-1)).toMatchObject({
      kind: 'far-track',
      command: { kind: 'play-on-track', track: 'dub/b' },
    });
    await call.command('dub', { action: 'silenceTrack', track: 'b' }, { callSid: 'leg-2' });
    expect(call.take()).toMatchObject([
      { kind: 'far-track', command: { kind: 'stop-loop', track: 'dub/b' } },
    ]);
    await call.command('dub', { action: 'addTrack', track: 'a', play: 'https://h/a.mp3' });
    expect(call.take()).toMatchObject([{ kind: 'play-on-track', track: 'dub/a' }]);
  });

  it('tells dtmfHook of keys that either presses', async () => {
    const { call, told } = await dialling({
      dtmfCapture: { childCall: ['*2'], parentCall: ['#'] },
      dtmfHook: '/keys',
    });
    told(1, 'answered', 200);
    const { connectionId } = call.host.commands.find((command) => command.kind === 'connect')!;
    for (const digit of ['1', '*', '2']) call.agent.handle({ kind: 'far-digit', connectionId, digit });
    expect(call.asked).toMatchObject({ hook: '/keys', data: { dtmf: '*2' } });
    call.press('#');
    expect(call.asked).toMatchObject({ hook: '/keys', data: { dtmf: '#' } });
  });

  it('is given up when other verbs come', async () => {
    const { call, connect } = await dialling();
    call.take();
    await call.command('redirect', [{ verb: 'hangup' }]);
    expect(call.take()).toMatchObject([
      { kind: 'disconnect', connectionId: connect.connectionId },
      { kind: 'hang-up' },
    ]);
  });

  it('with a confirmHook is refused, and says why', async () => {
    const { call } = await dialling().catch(() => ({ call: undefined }));
    expect(call).toBeDefined();
    const other = new JambonzCall();
    await other.ring([{ verb: 'dial', target: [{ type: 'phone', number: '1' }], confirmHook: '/screen' }]);
    expect(other.told('jambonz:error')[0]?.data['details']).toBe(
      '[0] dial.confirmHook: is not supported: nobody is asked before calls are joined',
    );
  });
});

describe('sip:refer', () => {
  const refer = { verb: 'sip:refer', referTo: '4921155661', actionHook: '/referred', eventHook: '/event' };

  it('tells how the other call goes', async () => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'answer' }, refer]);
    expect(call.take().at(-1)).toMatchObject({ kind: 'refer', target: '4921155661' });
    call.agent.handle({ kind: 'referred', statusCode: 180, isFinal: false });
    expect(call.asked).toMatchObject({
      hook: '/event',
      data: { event: 'transfer-status', call_status: 180 },
    });
    call.agent.handle({ kind: 'referred', statusCode: 200, isFinal: true });
    expect(call.asked).toMatchObject({
      hook: '/referred',
      data: { refer_status: 202, final_referred_call_status: 200 },
    });
  });

  it('tells a refusal', async () => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'answer' }, refer]);
    call.agent.handle({ kind: 'referred', statusCode: 403, isFinal: true });
    expect(call.asked.data).toMatchObject({ refer_status: 403 });
  });

  it('waits 15 s for the last of it', async () => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'answer' }, refer]);
    call.agent.handle({ kind: 'referred', statusCode: 202, isFinal: false });
    await call.clock.advance(15_000);
    expect(call.asked).toMatchObject({ hook: '/referred', data: { refer_status: 202 } });
  });
});

describe('listen', () => {
  const listen = {
    verb: 'listen',
    url: 'ws://audio.example/a',
    actionHook: '/over',
    sampleRate: 16_000,
    metadata: { order: 7 },
  };

  it('opens a line for the media worker, with what the first message tells', async () => {
    const call = new JambonzCall();
    await call.answer([
      { ...listen, mixType: 'stereo', wsAuth: { username: 'u', password: 'p' }, passDtmf: true },
    ]);
    expect(call.take().at(-1)).toMatchObject({
      kind: 'open-line',
      vital: false,
      options: {
        protocol: 'jambonz-listen',
        target: {
          url: 'ws://audio.example/a',
          headers: { authorization: expect.stringMatching(/^Basic /) },
          subprotocols: ['audio.drachtio.org', 'audio.jambonz.org'],
        },
        ...{ hears: 'stereo', speaks: true },
        settings: {
          ...{ rateHz: 16_000, speaksRateHz: 16_000, streaming: false, speaks: true, passDtmf: true },
          introduction: { sampleRate: 16_000, mixType: 'stereo', callSid: call.host.session.id, order: 7 },
        },
      },
    });
  });

  it('tries again without subprotocols, and is over when that closes', async () => {
    const call = new JambonzCall();
    await call.answer([listen]);
    const lines = () => call.host.commands.filter((command) => command.kind === 'open-line');
    call.agent.handle({ kind: 'line-closed', lineId: lines()[0]!.lineId, reason: 'refused' });
    expect(lines()[1]?.options.target).not.toHaveProperty('subprotocols');
    call.agent.handle({ kind: 'line-opened', lineId: lines()[1]!.lineId });
    await call.clock.advance(4000);
    call.agent.handle({ kind: 'line-closed', lineId: lines()[1]!.lineId, reason: 'closed-by-agent' });
    expect(call.asked).toMatchObject({ hook: '/over', data: { dial_call_duration: 4 } });
  });

  it.each([
    ['a key', { finishOnKey: '#' }, { digits: '#' }],
    ['its length', { maxLength: 5 }, { dial_call_duration: 5 }],
  ])('ends by %s', async (_what, fields, results) => {
    const call = new JambonzCall();
    await call.answer([{ ...listen, ...fields }]);
    call.press('#');
    await call.clock.advance(5000);
    expect(call.take().at(-1)?.kind).toBe('close-line');
    expect(call.asked.data).toMatchObject(results);
  });

  it('runs in the background by config, until it is stopped', async () => {
    const call = new JambonzCall();
    await call.answer([
      { verb: 'config', listen: { enable: true, url: 'ws://audio.example/a' } },
      { verb: 'say', text: 'x' },
    ]);
    expect(call.take().map(({ kind }) => kind)).toEqual(['answer', 'open-line', 'say']);
    await call.command('listen:status', { listen_status: 'pause' });
    await call.command('config', { listen: { enable: false } });
    expect(call.take()).toMatchObject([
      { kind: 'tell-line', message: { status: 'pause' } },
      { kind: 'close-line' },
    ]);
  });
});
