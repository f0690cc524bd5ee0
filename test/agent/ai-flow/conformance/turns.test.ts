/** What the caller says, and when it stops the agent: sections 2.2, 2.4, 3.2, 3.3 of the protocol's rules. */
import { describe, expect, it } from 'vitest';
import { converse, type Transport } from '../../../support/ai-flow-conformance/conversation.ts';
import { WORD_MS } from '../../../support/ai-flow-conformance/scripted-caller.ts';
import { wavBase64, wordsFor } from '../../../support/ai-flow-conformance/sounds.ts';

/** An app that greets with so many milliseconds of speech, and then listens. */
const greets =
  (lengthMs: number, fields: object = {}) =>
  ({ type }: { type: string }) =>
    type === 'session_start' ? { type: 'speak', text: wordsFor(lengthMs), ...fields } : undefined;

describe('an app is told what the caller says', () => {
  it('when the caller begins to speak, within 120 ms, by WebSocket', async () => {
    const { app, caller, wait, clock } = await converse(() => undefined);
    const begunAtMs = clock.nowMs();
    caller.says('good morning');
    await wait(2000);
    const { atMs, fields } = app.nth('user_speech_started');
    expect(atMs - begunAtMs).toBeLessThanOrEqual(120);
    expect(Object.keys(fields)).toEqual(['type', 'session']);
  });

  it('by webhook without user_speech_started, which exists on WebSockets only', async () => {
    const { app, caller, wait } = await converse(greets(5000), { transport: 'webhook' });
    await wait(500);
    caller.says('good morning');
    await wait(5000);
    expect(app.told).toEqual([
      'session_start',
      'assistant_speak',
      'assistant_speech_ended',
      'user_speak "good morning" barged in',
    ]);
  });

  it('with user_speech_started at most once a turn, and again after the user_speak of that turn', async () => {
    const { app, caller, wait } = await converse(() => undefined);
    caller.says('my name is Ada');
    await wait(3000);
    caller.says('Lovelace, that is');
    await wait(3000);
    expect(app.told.slice(1)).toEqual([
      'user_speech_started',
      'user_speak "my name is Ada"',
      'user_speech_started',
      'user_speak "Lovelace, that is"',
    ]);
  });

  it.each<Transport>(['webhook', 'websocket'])(
    'with the final text and barged_in false, when nothing was interrupted, by %s',
    async (transport) => {
      const { app, caller, wait } = await converse(() => undefined, { transport });
      caller.says('I would like to move my appointment');
      await wait(5000);
      expect(app.nth('user_speak').fields).toMatchObject({
        text: 'I would like to move my appointment',
        barged_in: false,
      });
    },
  );

  it('and nothing of noise: no user_speak, and the next turn begins as any other', async () => {
    const { app, caller, wait } = await converse(() => undefined);
    caller.coughs();
    await wait(3000);
    expect(app.types).toEqual(['session_start', 'user_speech_started']);
    caller.says('hello');
    await wait(3000);
    expect(app.told.slice(2)).toEqual(['user_speech_started', 'user_speak "hello"']);
  });

  it('in the order onset, end of the interrupted speech, words', async () => {
    const { app, caller, wait } = await converse(greets(10_000));
    await wait(1000);
    caller.says('no, stop');
    await wait(5000);
    expect(app.told).toEqual([
      'session_start',
      'assistant_speak',
      'user_speech_started',
      'assistant_speech_ended',
      'user_speak "no, stop" barged in',
    ]);
  });

  it('also under speech that cannot be interrupted, with barged_in false', async () => {
    const { app, caller, wait } = await converse(greets(5000, { barge_in: { strategy: 'none' } }));
    await wait(500);
    caller.says('hello there');
    await wait(6000);
    expect(app.told.slice(2)).toEqual([
      'user_speech_started',
      'user_speak "hello there"',
      'assistant_speech_ended',
    ]);
  });
});

describe('the voice of the caller', () => {
  it.each(['none', 'manual'])('does not stop speech under the strategy %s', async (strategy) => {
    const { app, caller, wait } = await converse(greets(5000, { barge_in: { strategy } }));
    await wait(500);
    caller.says('stop it, please stop');
    await wait(3000);
    expect(caller.hearsVoice()).toBe(true);
    expect(app.types).not.toContain('assistant_speech_ended');
  });

  it.each<[string, object]>([
    ['without barge_in', {}],
    ['with an empty barge_in', { barge_in: {} }],
    ['with allow_after_ms alone, as n8n sends it', { barge_in: { allow_after_ms: 0 } }],
    ['with a strategy nobody knows', { barge_in: { strategy: 'polite' } }],
  ])('stops speech %s once three characters are understood', async (_how, fields) => {
    const { app, caller, wait } = await converse(greets(10_000, fields));
    await wait(500);
    caller.says('ja doch');
    await wait(WORD_MS + 150);
    expect(caller.hearsVoice()).toBe(true);
    await wait(WORD_MS);
    expect(caller.hearsVoice()).toBe(false);
    await wait(3000);
    expect(app.told.at(-1)).toBe('user_speak "ja doch" barged in');
  });

  it('stops speech after as many characters as minimum_characters says', async () => {
    const barge_in = { strategy: 'minimum_characters', minimum_characters: 12 };
    const { caller, wait } = await converse(greets(10_000, { barge_in }));
    await wait(500);
    caller.says('well, that is fine');
    await wait(2 * WORD_MS + 150);
    expect(caller.hearsVoice()).toBe(true);
    await wait(WORD_MS + 50);
    expect(caller.hearsVoice()).toBe(false);
  });

  it('stops speech at its onset under the strategy immediate, before anything is understood', async () => {
    const { app, caller, wait } = await converse(greets(10_000, { barge_in: { strategy: 'immediate' } }));
    await wait(500);
    caller.says('hm');
    await wait(250);
    expect(caller.hearsVoice()).toBe(false);
    expect(app.types.at(-1)).toBe('assistant_speech_ended');
  });

  it.each(['immediate', 'minimum_characters'])(
    'does not stop speech in its first allow_after_ms under %s, and does so at their end while it goes on',
    async (strategy) => {
      const { caller, wait } = await converse(
        greets(10_000, { barge_in: { strategy, allow_after_ms: 2000 } }),
      );
      await wait(400);
      caller.says('please listen to me now for a while');
      await wait(1500);
      expect(caller.hearsVoice()).toBe(true);
      await wait(400);
      expect(caller.hearsVoice()).toBe(false);
    },
  );

  it('that has fallen silent within allow_after_ms stops nothing, and is told in the end', async () => {
    const barge_in = { strategy: 'immediate', allow_after_ms: 4000 };
    const { app, caller, wait } = await converse(greets(8000, { barge_in }));
    await wait(400);
    caller.says('mhm');
    await wait(6000);
    expect(caller.hearsVoice()).toBe(true);
    expect(app.told.at(-1)).toBe('user_speak "mhm"');
  });

  it('stops a sound by the rule of that sound', async () => {
    const { app, caller, wait } = await converse(({ type }) =>
      type === 'session_start'
        ? { type: 'audio', audio: wavBase64(440, 5000), barge_in: { strategy: 'immediate' } }
        : undefined,
    );
    await wait(500);
    caller.says('stop');
    await wait(250);
    expect(caller.hearsVoice()).toBe(false);
    expect(app.types).toEqual(['session_start', 'user_speech_started', 'assistant_speech_ended']);
  });

  it('drops what was queued, of which nothing is told', async () => {
    const text = wordsFor(3000);
    const { app, caller, wait } = await converse(({ type }) =>
      type === 'session_start' ? [1, 2, 3].map(() => ({ type: 'speak', text })) : undefined,
    );
    await wait(500);
    caller.says('stop it');
    await wait(10_000);
    expect(app.types.filter((type) => type === 'assistant_speech_ended')).toHaveLength(1);
    expect(caller.hearsVoice()).toBe(false);
  });

  it('works as often as it is tried: fifty interruptions, fifty answers, none stuck', async () => {
    const { app, caller, wait } = await converse(({ type }) =>
      type === 'session_start' || type === 'user_speak'
        ? { type: 'speak', text: wordsFor(20_000) }
        : undefined,
    );
    for (let turn = 0; turn < 50; turn += 1) {
      await wait(700);
      caller.says(`wait ${turn}`);
      await wait(2000);
    }
    const turns = app.told.filter((told) => told.startsWith('user_speak'));
    expect(turns).toEqual(Array.from({ length: 50 }, (_, turn) => `user_speak "wait ${turn}" barged in`));
    expect(app.types.filter((type) => type === 'assistant_speech_ended')).toHaveLength(50);
    expect(caller.hearsVoice()).toBe(true);
  });
});

describe('the silence that ends a turn', () => {
  it('is set by speak for the answer to it, and stays until it is set anew', async () => {
    const { app, caller, wait } = await converse(greets(500, { vad: { end_of_turn_silence_ms: 1500 } }));
    await wait(1000);
    expect(caller.settings.endOfTurnSilenceMs).toBe(1500);
    app.push({ type: 'speak', text: wordsFor(500) });
    await wait(1000);
    expect(caller.settings.endOfTurnSilenceMs).toBe(1500);
    app.push({ type: 'configure_transcription', vad: { end_of_turn_silence_ms: 300 } });
    await wait(20);
    expect(caller.settings.endOfTurnSilenceMs).toBe(300);
  });

  it.each([99_999, 149, 500.5, 'soon', -1])(
    'goes back to the default for the invalid value %j, and the rest of the action is done',
    async (invalid) => {
      const { app, caller, wait } = await converse(greets(500, { vad: { end_of_turn_silence_ms: 1500 } }));
      await wait(1000);
      app.push({ type: 'speak', text: wordsFor(500), vad: { end_of_turn_silence_ms: invalid } });
      await wait(200);
      expect(caller.hearsVoice()).toBe(true);
      expect(caller.settings.endOfTurnSilenceMs).toBe(700);
    },
  );
});
