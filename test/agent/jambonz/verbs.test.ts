import { describe, expect, it } from 'vitest';
import { JambonzCall } from '../../support/jambonz-call.ts';

const notify = { verb: 'config', notifyEvents: true };
const after = { verb: 'say', text: 'after' };

/** The texts and URLs asked for so far. */
const heard = (call: JambonzCall): string[] =>
  call.utterances.map((command) =>
    command.kind === 'say'
      ? command.script.text
      : command.audio instanceof Uint8Array || !('kind' in command.audio)
        ? ''
        : 'url' in command.audio
          ? command.audio.url
          : command.audio.name,
  );

describe('say', () => {
  it('speaks all texts in their order, one ahead of what is heard', async () => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'say', text: ['one', 'two', 'three'] }, after]);
    expect(heard(call)).toEqual(['one', 'two']);
    await call.spoken(0);
    await call.spoken(1);
    await call.spoken(2);
    expect(heard(call)).toEqual(['one', 'two', 'three', 'after']);
  });

  it.each([
    [2, 2],
    ['3', 3],
    ['forever', 50],
    [0, 50],
  ])('repeats %s times', async (loop, times) => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'say', text: 'x', loop }, after]);
    for (let i = 0; i < 50 && call.utterances[i] !== undefined && heard(call)[i] === 'x'; i++)
      await call.spoken(i);
    expect(
      heard(call)
        .filter((text) => text === 'x')
        .slice(0, 50),
    ).toHaveLength(times);
  });

  it.each(['constructor', '__proto__', 'elsewhere'])(
    'passes a vendor on that nobody knows: %s',
    async (vendor) => {
      const call = new JambonzCall();
      await call.answer([{ verb: 'say', text: 'x', synthesizer: { vendor } }]);
      expect(call.utterances).toMatchObject([{ voice: { provider: vendor } }]);
    },
  );

  it('takes SSML and the voice that is chosen, mapped to our names', async () => {
    const call = new JambonzCall({
      synthesizer: { vendor: 'microsoft', language: 'de-DE', voice: 'de-DE-KatjaNeural' },
    });
    const ssml = '<speak>Hallo</speak>';
    await call.answer([
      { verb: 'say', text: ssml },
      {
        verb: 'say',
        text: 'b',
        synthesizer: { vendor: 'default', language: 'default', voice: 'de-DE-ConradNeural' },
      },
      { verb: 'say', text: 'c', synthesizer: { vendor: 'elevenlabs', voice: 'adam' } },
      { verb: 'config', synthesizer: { vendor: 'google', language: 'en-GB' } },
      { verb: 'say', text: 'd' },
      { verb: 'config', reset: 'synthesizer' },
      { verb: 'say', text: 'e' },
    ]);
    for (let i = 0; i < 5; i++) await call.spoken(i);
    const voices = call.utterances.map((command) =>
      command.kind === 'say' ? [command.script.format, command.voice] : [],
    );
    const katja = { provider: 'azure', language: 'de-DE', voice: 'de-DE-KatjaNeural' };
    expect(voices).toEqual([
      ['ssml', katja],
      ['text', { ...katja, voice: 'de-DE-ConradNeural' }],
      ['text', { provider: 'eleven_labs', language: 'de-DE', voice: 'adam' }],
      ['text', { provider: 'google', language: 'en-GB', voice: undefined }],
      ['text', katja],
    ]);
  });

  it('speaks with the fallback voice where its own fails, and tells the app', async () => {
    const call = new JambonzCall();
    const synthesizer = {
      vendor: 'aws',
      language: 'en-US',
      fallbackVendor: 'google',
      fallbackLanguage: 'en-GB',
    };
    await call.answer([{ verb: 'say', text: 'x', id: 's', synthesizer }]);
    await call.spoken(0, { refusal: 'speech-failed' });
    expect(call.utterances.map((command) => 'voice' in command && command.voice.provider)).toEqual([
      'aws',
      'google',
    ]);
    expect(call.told('jambonz:error')[0]?.data).toEqual({
      msg: 'TTS error',
      details: 'speech-failed',
      failover: true,
      verb: 'say',
      id: 's',
    });
  });
});

describe('play', () => {
  const play = { verb: 'play', url: ['https://h/1.mp3', 'https://h/2.mp3'], actionHook: '/played' };

  it('plays in sequence and tells its hook how much', async () => {
    const call = new JambonzCall();
    await call.answer([{ ...play, seekOffset: 2, id: 'p' }]);
    expect(call.utterances.map((command) => 'fromMs' in command && command.fromMs)).toEqual([2000, 2000]);
    await call.spoken(0, { playedMs: 1500 });
    await call.spoken(1, { playedMs: 1000 });
    expect(call.asked).toMatchObject({
      type: 'verb:hook',
      hook: '/played',
      data: {
        ...{ reason: 'playCompleted', playback_seconds: 2, playback_milliseconds: 2500, verb_id: 'p' },
        playback_last_offset_pos: '36000',
      },
    });
  });

  it('tells its hook of what cannot be had, and the call goes on', async () => {
    const call = new JambonzCall();
    await call.answer([{ ...play, loop: 'forever' }, after]);
    await call.spoken(0, { refusal: 'http-status' });
    await call.spoken(1, { refusal: 'http-status' });
    expect(call.asked.data).toMatchObject({ reason: 'playFailed', status: 'fail' });
    await call.ack(undefined);
    expect(heard(call).at(-1)).toBe('after');
  });

  it('ends after timeoutSecs', async () => {
    const call = new JambonzCall();
    await call.answer([{ ...play, loop: 0, timeoutSecs: 3 }]);
    call.begins(0);
    await call.clock.advance(3000);
    expect(call.take().at(-1)).toEqual({ kind: 'interrupt' });
    expect(call.asked.data['reason']).toBe('playCompleted');
  });
});

describe('pause, dtmf, tag and hangup', () => {
  it('wait, press and end', async () => {
    const call = new JambonzCall();
    await call.answer([
      { verb: 'pause', length: 2 },
      { verb: 'dtmf', dtmf: '12ww3', duration: 200 },
      { verb: 'hangup', headers: { 'X-Why': 'done' } },
    ]);
    await call.clock.advance(1999);
    expect(call.take().map(({ kind }) => kind)).toEqual([]);
    await call.clock.advance(1);
    expect(call.take()).toEqual([{ kind: 'send-digits', digits: '12', durationMs: 200 }]);
    await call.clock.advance(600 + 1000);
    expect(call.take()).toEqual([{ kind: 'send-digits', digits: '3', durationMs: 200 }]);
    await call.clock.advance(300);
    expect(call.take()).toEqual([{ kind: 'hang-up', headers: { 'X-Why': 'done' } }]);
  });
});

describe('what an app answers to a hook', () => {
  const gather = { verb: 'gather', numDigits: 1, actionHook: '/next' };

  it.each([
    ['verbs', [{ verb: 'say', text: 'new' }], 'new'],
    ['nothing', undefined, 'after'],
    ['an empty list', [], 'after'],
    ['verbs that are not understood', [{ verb: 'nonsense' }], 'after'],
  ])('%s: goes on with the right ones', async (_what, answer, next) => {
    const call = new JambonzCall();
    await call.answer([gather, after]);
    call.press('1');
    await call.ack(answer);
    expect(heard(call)).toEqual([next]);
  });

  it('comes too late after 5 s: the rest is performed', async () => {
    const call = new JambonzCall();
    await call.answer([gather, after]);
    call.press('1');
    const { msgid } = call.asked;
    await call.clock.advance(5000);
    expect(heard(call)).toEqual(['after']);
    await call.ack([{ verb: 'hangup' }], msgid);
    expect(heard(call)).toEqual(['after']);
  });

  it('that comes meanwhile by redirect takes the place of all', async () => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'say', text: 'long', loop: 0 }, after]);
    call.begins(0);
    await call.command('redirect', [{ verb: 'say', text: 'new' }]);
    expect(heard(call)).toEqual(['long', 'long', 'new']);
    expect(call.take().map(({ kind }) => kind)).toEqual(['answer', 'say', 'say', 'interrupt', 'say']);
  });

  it('that is queued follows what is performed', async () => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'say', text: 'one' }]);
    await call.command('redirect', [after], { queueCommand: true });
    expect(heard(call)).toEqual(['one']);
    await call.spoken(0);
    expect(heard(call)).toEqual(['one', 'after']);
  });

  it('is waited for with other words, at most so long', async () => {
    const call = new JambonzCall();
    const delay = {
      ...{ enabled: true, noResponseTimeout: 1, noResponseGiveUpTimeout: 8, retries: 1 },
      actions: [{ verb: 'say', text: 'one moment' }],
      giveUpActions: [{ verb: 'say', text: 'sorry' }],
    };
    await call.answer([{ ...gather, actionHookDelayAction: delay }]);
    call.press('1');
    await call.clock.advance(1000);
    expect(heard(call)).toEqual(['one moment']);
    await call.spoken(0);
    await call.clock.advance(1000);
    await call.spoken(1);
    await call.clock.advance(4000);
    expect(heard(call)).toEqual(['one moment', 'one moment']);
    await call.clock.advance(2000);
    expect(heard(call).at(-1)).toBe('sorry');
  });

  it('is waited for with noise, which ends with the answer', async () => {
    const call = new JambonzCall();
    await call.answer([
      { ...gather, fillerNoise: { enable: true, url: 'https://h/typing.mp3', startDelaySecs: 1 } },
    ]);
    call.press('1');
    await call.clock.advance(1000);
    await call.ack([after]);
    expect(call.take().map(({ kind }) => kind)).toEqual(['answer', 'play-on-track', 'stop-loop', 'say']);
  });
});

describe('verb:status', () => {
  it('is told of each verb, with what it is and its id, until it is switched off', async () => {
    const call = new JambonzCall();
    await call.answer([
      notify,
      { verb: 'say', text: 'x', id: 's1' },
      { verb: 'config', notifyEvents: false },
      after,
    ]);
    await call.spoken(0);
    await call.spoken(1);
    expect(call.statuses).toEqual([
      'finished config',
      'starting say',
      'synthesized-audio say',
      'start-playback say',
      'stop-playback say',
      'finished say',
      'starting config',
    ]);
    expect(call.told('verb:status')[1]?.data).toEqual({ event: 'starting', name: 'say', id: 's1' });
    expect(call.told('verb:status')[3]?.data).toEqual({ event: 'start-playback', verb: 'say', id: 's1' });
  });

  it('is told of the sound of a dub that has an id', async () => {
    const call = new JambonzCall();
    const dub = { verb: 'dub', action: 'addTrack', track: 'a', id: 'd1', play: 'https://h/a.mp3' };
    await call.answer([notify, dub, { verb: 'pause', length: 1 }]);
    call.agent.handle({ kind: 'track-sound-started', track: 'dub/a', soundId: 1 });
    call.agent.handle({ kind: 'track-sound-ended', track: 'dub/a', soundId: 1, cause: 'finished' });
    expect(
      call
        .told('verb:status')
        .map(({ data }) => data)
        .slice(-2),
    ).toEqual([
      { event: 'start-playback', verb: 'dub', id: 'd1', track: 'a' },
      { event: 'stop-playback', verb: 'dub', id: 'd1', track: 'a', reason: 'completed' },
    ]);
  });
});

describe('commands', () => {
  it.each([
    ['call:status', { call_status: 'completed' }, [{ kind: 'hang-up' }]],
    ['call:status', 'completed', [{ kind: 'hang-up' }]],
    ['dtmf', { digit: '5' }, [{ kind: 'send-digits', digits: '5', durationMs: 250 }]],
    [
      'dub',
      { action: 'addTrack', track: 'a', play: 'https://h/a.mp3', loop: true },
      [{ kind: 'play-on-track', track: 'dub/a' }],
    ],
    [
      'whisper',
      { whisper: { verb: 'say', text: 'psst' } },
      [{ kind: 'play-on-track', track: 'jambonz/whisper' }],
    ],
  ])('%s with %j acts at once, and what is performed goes on', async (command, data, commands) => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'say', text: 'x' }]);
    call.take();
    await call.command(command, data);
    expect(call.take()).toMatchObject(commands);
  });

  it.each([
    ['call:status', { call_status: 'busy' }, 'call:status: expected call_status: completed, no-answer'],
    ['dub', { action: 'explode', track: 'a' }, 'dub: action-unknown'],
    ['dtmf', { digit: 'x' }, 'dtmf.digit: expected keys'],
  ])('%s with %j is told to be a mistake', async (command, data, details) => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'say', text: 'x' }]);
    await call.command(command, data);
    expect(call.told('jambonz:error')[0]?.data).toEqual({ msg: 'InvalidCommand', details });
    expect(call.counted).toEqual(['warned']);
  });

  it('redirect with a hook asks it for verbs', async () => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'say', text: 'x' }]);
    await call.command('redirect', { call_hook: '/elsewhere' });
    expect(call.asked).toMatchObject({ type: 'verb:hook', hook: '/elsewhere' });
    await call.ack([after]);
    expect(heard(call)).toEqual(['x', 'after']);
  });

  it('tts:tokens without an end are spoken up to a whole word, and do not pile up', async () => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'config', ttsStream: { enable: true } }]);
    for (let count = 0; count < 120; count++)
      await call.command('tts:tokens', { id: count, tokens: ' word' });
    await call.command('tts:tokens', { id: 'long', tokens: 'x'.repeat(600) });
    const [first = '', second = ''] = heard(call);
    expect(first).toMatch(/^(word )+word$/);
    expect(first.length).toBeGreaterThan(400);
    expect(second).toMatch(/^word .* word$/);
    await call.command('tts:flush', undefined);
    expect(heard(call).at(-1)).toMatch(/x{600}$/);
  });

  it('tts:tokens speak whole sentences as they come, and the rest when flushed', async () => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'config', ttsStream: { enable: true } }]);
    await call.command('tts:tokens', { id: 1, tokens: 'Good morning. How ' });
    await call.command('tts:tokens', { id: 2, tokens: 'are you' });
    expect(heard(call)).toEqual(['Good morning.']);
    await call.command('tts:flush', undefined);
    expect(heard(call)).toEqual(['Good morning.', 'How are you']);
    expect(call.told('tts:tokens-result').map(({ data }) => data)).toEqual([
      { id: 1, status: 'ok' },
      { id: 2, status: 'ok' },
    ]);
    call.agent.handle({ kind: 'understood', text: 'wait' });
    expect(call.told('tts:streaming-event').map(({ data }) => data['event_type'])).toEqual([
      'stream_open',
      'user_interruption',
    ]);
    expect(call.take().at(-1)).toEqual({ kind: 'interrupt' });
  });
});

describe('config.bargeIn', () => {
  it.each([undefined, '/said'])(
    'goes on when what interrupted it comes to nothing, with hook %s',
    async (actionHook) => {
      const call = new JambonzCall();
      const bargeIn = { enable: true, sticky: true, input: ['speech'], actionHook };
      await call.answer([{ verb: 'config', bargeIn }, { verb: 'say', text: 'a story' }, after]);
      call.agent.handle({ kind: 'speech-onset' });
      call.agent.handle({ kind: 'understood', text: 'uh' });
      await call.clock.advance(4000);
      call.agent.handle({ kind: 'understood', text: 'uh uh' });
      await call.clock.advance(4000);
      expect(heard(call)).toEqual(['a story']);
      await call.clock.advance(2000);
      expect(heard(call)).toEqual(['a story', 'after']);
      expect(call.told('verb:hook')).toEqual([]);
    },
  );

  it('waits for the hook of what interrupted it, however long that takes', async () => {
    const call = new JambonzCall({ ackTimeoutMs: 30_000 });
    const bargeIn = { enable: true, sticky: true, input: ['speech'], actionHook: '/said' };
    await call.answer([{ verb: 'config', bargeIn }, { verb: 'say', text: 'a story' }, after]);
    call.agent.handle({ kind: 'understood', text: 'stop' });
    call.agent.handle({ kind: 'heard', text: 'stop it', bargedIn: true });
    await call.clock.advance(20_000);
    expect(heard(call)).toEqual(['a story']);
    await call.ack([{ verb: 'say', text: 'sorry' }]);
    expect(heard(call)).toEqual(['a story', 'sorry']);
  });

  it('stops what is said for words, and asks its hook what to do', async () => {
    const call = new JambonzCall();
    const bargeIn = {
      enable: true,
      sticky: true,
      input: ['speech'],
      minBargeinWordCount: 2,
      actionHook: '/barged',
    };
    await call.answer([{ verb: 'config', bargeIn }, { verb: 'say', text: 'a story', loop: 0 }, after]);
    call.begins(0);
    call.agent.handle({ kind: 'understood', text: 'stop' });
    expect(call.take().map(({ kind }) => kind)).not.toContain('interrupt');
    call.agent.handle({ kind: 'understood', text: 'stop it' });
    expect(call.take().map(({ kind }) => kind)).toEqual(['interrupt']);
    call.agent.handle({ kind: 'heard', text: 'stop it now', bargedIn: false });
    expect(call.asked).toMatchObject({ hook: '/barged', data: { reason: 'speechDetected' } });
    await call.ack([{ verb: 'say', text: 'as you like' }]);
    expect(heard(call).at(-1)).toBe('as you like');
  });
});

describe('redirect', () => {
  it('asks the same app by session:redirect', async () => {
    const call = new JambonzCall();
    await call.answer([{ verb: 'answer' }, { verb: 'redirect', actionHook: '/other' }]);
    expect(call.asked).toMatchObject({ type: 'session:redirect', hook: '/other' });
    await call.ack([after]);
    expect(heard(call)).toEqual(['after']);
  });

  it('hands the call over to another WebSocket', async () => {
    const call = new JambonzCall({ auth: { username: 'a', password: 'b' } });
    await call.answer([{ verb: 'answer' }, { verb: 'redirect', actionHook: 'wss://other.example/app' }]);
    expect(call.sockets.map(({ url, closedWith }) => [url, closedWith])).toEqual([
      ['ws://app.example/call', 1000],
      ['wss://other.example/app', undefined],
    ]);
    expect(call.socket.headers['authorization']).toBeUndefined();
    call.socket.handlers.opened();
    expect(call.socket.messages[0]?.type).toBe('session:redirect');
    await call.ack([after]);
    expect(heard(call)).toEqual(['after']);
  });
});
