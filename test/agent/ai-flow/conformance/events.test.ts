/** Events and their fields: section 3 of the protocol's rules. */
import { describe, expect, it } from 'vitest';
import { converse, type Transport } from '../../../support/ai-flow-conformance/conversation.ts';
import { Answer } from '../../../support/ai-flow-conformance/scripted-app.ts';
import {
  sampleOfTheDocs,
  spokenMs,
  wavBase64,
  wordsFor,
} from '../../../support/ai-flow-conformance/sounds.ts';

const transports: readonly Transport[] = ['webhook', 'websocket'];
const onStart =
  (...actions: readonly unknown[]) =>
  ({ type }: { type: string }) =>
    type === 'session_start' ? actions : undefined;

describe.each(transports)('by %s', (transport) => {
  it('every event has the whole session, in six fields, none of them null', async () => {
    const text = wordsFor(1000);
    const { app, caller, wait } = await converse(
      onStart({ type: 'speak', text, user_input_timeout_seconds: 1 }),
      {
        transport,
      },
    );
    await wait(3000);
    caller.presses('1');
    caller.says('hello');
    await wait(3000);
    caller.hangsUp();
    await wait(1000);
    expect(new Set(app.types).size).toBeGreaterThanOrEqual(7);
    for (const { fields } of app.events)
      expect(fields['session']).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/),
        account_id: 'acc-1',
        phone_number: '4921155660',
        direction: 'inbound',
        from_phone_number: '4915790000687',
        to_phone_number: '4921155660',
      });
    expect(new Set(app.events.map(({ fields }) => JSON.stringify(fields['session']))).size).toBe(1);
  });

  it('session_start comes first and once, and has nothing but the session', async () => {
    const { app, wait } = await converse(() => undefined, { transport });
    await wait(5000);
    expect(app.types).toEqual(['session_start']);
    expect(Object.keys(app.events[0]!.fields)).toEqual(['type', 'session']);
  });

  it('each key is one event, in order, as one of 0 to 9, * and #; A to D are left out', async () => {
    const { app, caller, wait } = await converse(() => undefined, { transport });
    caller.presses('10A#*D7');
    await wait(5000);
    expect(app.told.slice(1)).toEqual(['1', '0', '#', '*', '7'].map((digit) => `dtmf_received ${digit}`));
  });

  it('a key does not stop what plays', async () => {
    const { app, caller, wait } = await converse(onStart({ type: 'speak', text: wordsFor(5000) }), {
      transport,
    });
    await wait(500);
    caller.presses('5');
    await wait(1000);
    expect(app.told).toContain('dtmf_received 5');
    expect(caller.hearsVoice()).toBe(true);
  });

  it('assistant_speak echoes the text, and has the length and the beginning of the speech', async () => {
    const text = 'Which day suits you?';
    const { app, caller, wait, clock } = await converse(onStart({ type: 'speak', text }), { transport });
    await wait(3000);
    const speak = app.nth('assistant_speak');
    expect(speak.fields).toMatchObject({ text, duration_ms: spokenMs(text) });
    const startedAtMs = Number(speak.fields['speech_started_at']) - (clock.wallMs() - clock.nowMs());
    const ended = app.nth('assistant_speech_ended');
    expect(ended.atMs - startedAtMs).toBeCloseTo(spokenMs(text), -2);
    expect(speak.atMs).toBeLessThan(ended.atMs);
    expect(caller.hearsVoice()).toBe(false);
  });

  it('assistant_speak echoes SSML as ssml', async () => {
    const ssml = '<speak>Which <break time="100ms"/> day?</speak>';
    const { app, wait } = await converse(onStart({ type: 'speak', ssml }), { transport });
    await wait(2000);
    expect(app.nth('assistant_speak').fields).toMatchObject({ ssml });
    expect(app.nth('assistant_speak').fields).not.toHaveProperty('text');
  });

  it('assistant_speech_ended comes once for each speak and each audio, assistant_speak for speak alone', async () => {
    const { app, wait } = await converse(
      onStart(
        { type: 'speak', text: 'One' },
        { type: 'audio', audio: wavBase64(440, 300) },
        { type: 'speak', text: 'Two' },
      ),
      { transport },
    );
    await wait(3000);
    expect(app.types.slice(1)).toEqual([
      'assistant_speak',
      'assistant_speech_ended',
      'assistant_speech_ended',
      'assistant_speak',
      'assistant_speech_ended',
    ]);
  });

  it('the empty WAV file of the official pages ends at once, without an error', async () => {
    const { app, log, wait } = await converse(onStart({ type: 'audio', audio: sampleOfTheDocs }), {
      transport,
    });
    await wait(200);
    expect(app.types).toEqual(['session_start', 'assistant_speech_ended']);
    expect(log.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });

  it('an app may hang up on the end of a sound', async () => {
    const { app, caller, wait } = await converse(
      ({ type }) => {
        if (type === 'session_start') return { type: 'audio', audio: wavBase64(440, 300) };
        return type === 'assistant_speech_ended' ? { type: 'hangup' } : undefined;
      },
      { transport },
    );
    await wait(2000);
    expect(caller.phone.endedBy).toBe('remote');
    expect(app.types).toEqual(['session_start', 'assistant_speech_ended', 'session_end']);
  });

  it('mix_audio has no events', async () => {
    const { app, wait } = await converse(
      onStart({ type: 'mix_audio', audio: wavBase64(300, 500) }, { type: 'mix_audio', stop: true }),
      { transport },
    );
    await wait(2000);
    expect(app.types).toEqual(['session_start']);
  });

  it('sms_failed says why, and the call goes on', async () => {
    const { app, caller, wait } = await converse(
      onStart({ type: 'send_sms', phone_number: '+49 151 12345678', message: 'Your code is 8841.' }),
      { transport },
    );
    await wait(500);
    expect(app.nth('sms_failed').fields).toMatchObject({
      reason: 'not_enabled',
      phone_number: '4915112345678',
    });
    caller.presses('1');
    await wait(1000);
    expect(app.told.at(-1)).toBe('dtmf_received 1');
  });

  it.each<[string, (caller: Awaited<ReturnType<typeof converse>>['caller']) => void, unknown]>([
    ['the caller hangs up', (caller) => caller.hangsUp(), undefined],
    ['the app hangs up', (caller) => caller.presses('1'), { type: 'hangup' }],
  ])('session_end comes once and last when %s, and its answer is ignored', async (_who, act, onKey) => {
    const { app, caller, wait } = await converse(
      ({ type }) => {
        if (type === 'session_end') return { type: 'speak', text: 'Wait!' };
        return type === 'dtmf_received' ? onKey : undefined;
      },
      { transport },
    );
    act(caller);
    await wait(5000);
    expect(app.types.filter((type) => type === 'session_end')).toHaveLength(1);
    expect(app.types.at(-1)).toBe('session_end');
    expect(Object.keys(app.nth('session_end').fields)).toEqual(['type', 'session']);
  });

  it('session_end comes after everything that happened before it', async () => {
    const { app, caller, wait } = await converse(onStart({ type: 'speak', text: wordsFor(9000) }), {
      transport,
    });
    caller.presses('123');
    await wait(700);
    caller.hangsUp();
    await wait(6000);
    expect(app.types.at(-1)).toBe('session_end');
    expect(app.told.filter((told) => told.startsWith('dtmf')).length).toBeGreaterThan(1);
  });

  it('nothing is told of types that the protocol does not know', async () => {
    const { app, caller, wait } = await converse(
      onStart({ type: 'speak', text: wordsFor(9000), user_input_timeout_seconds: 1 }),
      { transport },
    );
    await wait(500);
    caller.says('stop it');
    await wait(3000);
    caller.hangsUp();
    await wait(1000);
    const known = [
      'session_start',
      'user_speech_started',
      'user_speak',
      'dtmf_received',
      'assistant_speak',
      'assistant_speech_ended',
      'user_input_timeout',
      'sms_failed',
      'session_end',
    ];
    for (const type of app.types) expect(known).toContain(type);
  });
});

describe('switches for other apps', () => {
  const story = onStart({ type: 'speak', text: wordsFor(10_000) });
  const interrupted = async (switches: object) => {
    const { app, caller, wait } = await converse(story, { switches });
    await wait(2000);
    caller.says('no, stop');
    await wait(3000);
    caller.hangsUp();
    await wait(500);
    return app;
  };

  it('leave out assistant_speech_ended of interrupted speech', async () => {
    const app = await interrupted({ endedOnBargeIn: false });
    expect(app.types).not.toContain('assistant_speech_ended');
  });

  it('tell user_barge_in at the moment of the interruption, before the user_speak of the turn', async () => {
    const app = await interrupted({ legacyBargeIn: true });
    expect(app.types.slice(2, 6)).toEqual([
      'user_speech_started',
      'user_barge_in',
      'assistant_speech_ended',
      'user_speak',
    ]);
    expect(app.nth('user_barge_in').fields).toMatchObject({ text: 'no,' });
  });

  it('tell how much of the interrupted speech was heard', async () => {
    const app = await interrupted({ spokenText: true });
    const { played_ms, spoken_text } = app.nth('assistant_speech_ended').fields;
    expect(played_ms).toBeCloseTo(2300, -2);
    expect(spoken_text).toBe(wordsFor(2250).trim());
  });

  it('tell why the session ended', async () => {
    const app = await interrupted({ endReason: true });
    expect(app.nth('session_end').fields).toMatchObject({ reason: 'caller_hangup' });
  });

  it('are off: apps of today get none of it', async () => {
    const app = await interrupted({});
    expect(app.types).not.toContain('user_barge_in');
    expect(Object.keys(app.nth('assistant_speech_ended').fields)).toEqual(['type', 'session']);
    expect(app.nth('session_end').fields).not.toHaveProperty('reason');
  });
});

it('the words of a call stand in the log under names that can be left out alone', async () => {
  const { app, caller, wait, log } = await converse(
    onStart({ type: 'speak', text: `${wordsFor(5000)} pineapple` }),
    { switches: { spokenText: true, legacyBargeIn: true } },
  );
  await wait(4800);
  caller.says('watermelon please');
  await wait(3000);
  app.push(new Answer({}).body);
  const allowed = new Set(['text', 'transcript', 'found']);
  const offences = log.lines.flatMap(({ fields, message }) =>
    Object.entries(fields).flatMap(([name, value]) =>
      /word|melon|pineapple/.test(JSON.stringify(value) ?? '') && !allowed.has(name)
        ? [`${message}: ${name}`]
        : [],
    ),
  );
  expect(offences).toEqual([]);
  expect(JSON.stringify(log.lines)).toContain('watermelon');
});
