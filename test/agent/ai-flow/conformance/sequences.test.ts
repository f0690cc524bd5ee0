/** Whole conversations: the reference sequences in section 12 of the protocol's rules. */
import { expect, it } from 'vitest';
import { converse } from '../../../support/ai-flow-conformance/conversation.ts';
import { wavBase64, wordsFor } from '../../../support/ai-flow-conformance/sounds.ts';

it('greeting and interruption: speech stops within 100 ms, the background plays on, no time-out is left over', async () => {
  const greeting = [
    { type: 'mix_audio', audio: wavBase64(300, 1000), volume: 0.3 },
    {
      type: 'speak',
      text: wordsFor(9000),
      user_input_timeout_seconds: 8,
      barge_in: { strategy: 'immediate' },
    },
  ];
  const { app, caller, wait, clock } = await converse(({ type }) => {
    if (type === 'session_start') return greeting;
    return type === 'user_speak' ? { type: 'speak', text: wordsFor(1000) } : undefined;
  });
  await wait(2000);
  caller.says('wait');
  await wait(60 + 100);
  expect(caller.hearsVoice(20)).toBe(false);
  expect(caller.backgroundDb(100)).toBeCloseTo(-22.5, 0);
  const answeredAtMs = clock.nowMs();
  await wait(20_000);
  expect(app.told).toEqual([
    'session_start',
    'assistant_speak',
    'user_speech_started',
    'assistant_speech_ended',
    'user_speak "wait" barged in',
    'assistant_speak',
    'assistant_speech_ended',
  ]);
  expect(app.nth('assistant_speech_ended').atMs).toBeLessThanOrEqual(answeredAtMs);
});

it('goodbye: played to the end, then the call is over, then session_end', async () => {
  const { app, caller, wait } = await converse(({ type, fields }) =>
    type === 'user_speak' && String(fields['text']).includes('goodbye')
      ? [{ type: 'mix_audio', stop: true }, { type: 'speak', text: 'Goodbye!' }, { type: 'hangup' }]
      : undefined,
  );
  caller.says('okay goodbye');
  await wait(3000);
  expect(caller.phone.endedBy).toBe('remote');
  expect(app.types.slice(-3)).toEqual(['assistant_speak', 'assistant_speech_ended', 'session_end']);
});

it('a menu by keys: 9 interrupts and is answered, 1 is kept', async () => {
  const { app, caller, wait } = await converse(
    ({ type, fields }) => {
      if (type === 'session_start') return { type: 'speak', text: wordsFor(20_000) };
      if (fields['digit'] !== '9') return undefined;
      return [{ type: 'barge_in' }, { type: 'speak', text: wordsFor(1000) }];
    },
    { transport: 'webhook' },
  );
  await wait(1000);
  caller.presses('1');
  await wait(1000);
  expect(caller.hearsVoice()).toBe(true);
  caller.presses('9');
  await wait(3000);
  expect(caller.hearsVoice()).toBe(false);
  expect(app.told).toEqual([
    'session_start',
    'assistant_speak',
    'dtmf_received 1',
    'dtmf_received 9',
    'assistant_speech_ended',
    'assistant_speak',
    'assistant_speech_ended',
  ]);
});

it('holding the line: each end of speech is answered until the work is done', async () => {
  let holds = 0;
  const { app, caller, wait } = await converse(
    ({ type }) => {
      if (type === 'user_speak')
        return { type: 'speak', text: 'One moment.', barge_in: { strategy: 'none' } };
      if (type !== 'assistant_speech_ended') return undefined;
      holds += 1;
      return holds < 4 ? { type: 'speak', text: 'Still looking.' } : { type: 'hangup' };
    },
    { transport: 'webhook' },
  );
  caller.says('when is my appointment');
  await wait(10_000);
  expect(caller.phone.endedBy).toBe('remote');
  expect(app.types.filter((type) => type === 'assistant_speech_ended')).toHaveLength(4);
});
