/** `user_input_timeout_seconds`: section 6 of the protocol's rules. */
import { describe, expect, it } from 'vitest';
import { converse } from '../../../support/ai-flow-conformance/conversation.ts';
import { wavBase64, wordsFor } from '../../../support/ai-flow-conformance/sounds.ts';

const question = (user_input_timeout_seconds: unknown, lengthMs = 1000) => ({
  type: 'speak',
  text: wordsFor(lengthMs),
  user_input_timeout_seconds,
});
const asks =
  (...actions: readonly unknown[]) =>
  ({ type }: { type: string }) =>
    type === 'session_start' ? actions : undefined;

describe('user_input_timeout', () => {
  it('comes so many seconds after the end of the speech, with nothing but the session', async () => {
    const { app, wait } = await converse(asks(question(4)));
    await wait(10_000);
    const { atMs, fields } = app.nth('user_input_timeout');
    expect(atMs - app.nth('assistant_speech_ended').atMs).toBeCloseTo(4000, -2);
    expect(Object.keys(fields)).toEqual(['type', 'session']);
  });

  it('comes by webhook too', async () => {
    const { app, wait } = await converse(asks(question(4)), { transport: 'webhook' });
    await wait(10_000);
    expect(app.types.at(-1)).toBe('user_input_timeout');
  });

  it('may be set in fractions and as text', async () => {
    const { app, wait } = await converse(asks(question('1.5')));
    await wait(3000);
    const elapsedMs = app.nth('user_input_timeout').atMs - app.nth('assistant_speech_ended').atMs;
    expect(elapsedMs).toBeCloseTo(1500, -2);
  });

  it.each([0, undefined, null, -1, 'abc'])('never comes for %j', async (seconds) => {
    const { app, wait } = await converse(asks(question(seconds)));
    await wait(20_000);
    expect(app.types).not.toContain('user_input_timeout');
  });

  it('comes once; a new speak sets it again', async () => {
    const { app, wait } = await converse(asks(question(2)));
    await wait(20_000);
    expect(app.types.filter((type) => type === 'user_input_timeout')).toHaveLength(1);
    app.push(question(2));
    await wait(20_000);
    expect(app.types.filter((type) => type === 'user_input_timeout')).toHaveLength(2);
  });

  it('waits for the end of everything that is queued, and the last speak that sets it counts', async () => {
    const { app, wait } = await converse(
      asks(question(2), question(5), { type: 'speak', text: wordsFor(3000) }),
    );
    await wait(20_000);
    const elapsedMs = app.nth('user_input_timeout').atMs - app.nth('assistant_speech_ended', 3).atMs;
    expect(elapsedMs).toBeCloseTo(5000, -2);
  });

  it('does not come when the caller starts to speak in time, however long that takes', async () => {
    const { app, caller, wait } = await converse(asks(question(3)));
    await wait(3500);
    caller.says('well I think that what I really want is something that takes a while to say');
    await wait(20_000);
    expect(app.types).not.toContain('user_input_timeout');
  });

  it('comes after the full time when what was heard was noise', async () => {
    const { app, caller, wait, clock } = await converse(asks(question(3)));
    await wait(3000);
    caller.coughs();
    await wait(1000);
    const silentSinceMs = clock.nowMs();
    await wait(10_000);
    expect(app.nth('user_input_timeout').atMs - silentSinceMs).toBeCloseTo(3000, -2);
  });

  it('is put off by every key, so that numbers can be entered and end with the time-out', async () => {
    const { app, caller, wait } = await converse(asks(question(3)), { transport: 'webhook' });
    for (const digit of '2025') {
      await wait(2500);
      caller.presses(digit);
    }
    await wait(10_000);
    expect(app.told.slice(3)).toEqual([
      ...[...'2025'].map((digit) => `dtmf_received ${digit}`),
      'user_input_timeout',
    ]);
    const elapsedMs = app.nth('user_input_timeout').atMs - app.nth('dtmf_received', 4).atMs;
    expect(elapsedMs).toBeCloseTo(3000, -2);
  });

  it('does not come after speech that was interrupted', async () => {
    const { app, caller, wait } = await converse(asks(question(2, 10_000)));
    await wait(1000);
    caller.says('stop it');
    await wait(20_000);
    expect(app.types).not.toContain('user_input_timeout');
  });

  it('comes when speech was interrupted by nothing but noise', async () => {
    const { app, caller, wait } = await converse(
      asks({ ...question(2, 10_000), barge_in: { strategy: 'immediate' } }),
    );
    await wait(1000);
    caller.coughs();
    await wait(5000);
    expect(app.types.slice(2)).toEqual([
      'user_speech_started',
      'assistant_speech_ended',
      'user_input_timeout',
    ]);
  });

  it('does not come when more is said or played in time', async () => {
    const { app, wait } = await converse(asks(question(2)));
    await wait(2500);
    app.push({ type: 'speak', text: wordsFor(500) });
    await wait(20_000);
    expect(app.types).not.toContain('user_input_timeout');
  });

  it('does not come after the end of the call', async () => {
    const { app, caller, wait } = await converse(asks(question(2)));
    await wait(2000);
    caller.hangsUp();
    await wait(20_000);
    expect(app.types.at(-1)).toBe('session_end');
  });

  it('is not put off by the background', async () => {
    const { app, wait } = await converse(
      asks({ type: 'mix_audio', audio: wavBase64(300, 1000), volume: 0.5 }, question(2)),
    );
    await wait(2000);
    app.push({ type: 'mix_audio', volume: 0.1 });
    await wait(1500);
    expect(app.types.at(-1)).toBe('user_input_timeout');
  });
});
