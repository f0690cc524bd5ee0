import { describe, expect, it } from 'vitest';
import { JambonzCall } from '../../support/jambonz-call.ts';

async function gathering(fields: object): Promise<JambonzCall> {
  const call = new JambonzCall();
  await call.answer([
    { verb: 'config', notifyEvents: true },
    { verb: 'gather', actionHook: '/done', ...fields },
  ]);
  return call;
}

const result = (call: JambonzCall) => {
  const asked = call.asked;
  return asked.hook === '/done' ? asked.data : undefined;
};
const understood = (call: JambonzCall, text: string) => call.agent.handle({ kind: 'understood', text });
const heard = (call: JambonzCall, text: string) =>
  call.agent.handle({ kind: 'heard', text, bargedIn: false });
const listens = (call: JambonzCall) =>
  call.host.commands.flatMap((command) => (command.kind === 'listen' ? [command.isOn] : [])).at(-1);
const prompt = { say: { text: 'Press a key' } };

describe('gather of digits', () => {
  it.each([
    ['numDigits', { numDigits: 3 }, '123', '123'],
    ['maxDigits', { minDigits: 1, maxDigits: 2 }, '12', '12'],
    ['finishOnKey', { finishOnKey: '#' }, '45#', '45'],
    ['finishOnKey alone', { finishOnKey: '#' }, '#', ''],
  ])('ends by %s', async (_what, fields, keys, digits) => {
    const call = await gathering(fields);
    call.press(...keys);
    expect(result(call)).toMatchObject({ reason: 'dtmfDetected', digits });
  });

  it('ends when the next key takes too long, once there are enough', async () => {
    const call = await gathering({ minDigits: 2, interDigitTimeout: 2, timeout: 0 });
    call.press('1');
    await call.clock.advance(10_000);
    expect(result(call)).toBeUndefined();
    call.press('2');
    await call.clock.advance(1999);
    expect(result(call)).toBeUndefined();
    await call.clock.advance(1);
    expect(result(call)).toMatchObject({ digits: '12' });
  });

  it.each([
    [{}, 15_000],
    [{ timeout: 3 }, 3000],
  ])('times out: %j', async (fields, ms) => {
    const call = await gathering(fields);
    await call.clock.advance(ms - 1);
    expect(result(call)).toBeUndefined();
    await call.clock.advance(1);
    expect(result(call)).toMatchObject({ reason: 'timeout' });
  });

  it('with a time-out of 0 waits for ever', async () => {
    const call = await gathering({ timeout: 0 });
    await call.clock.advance(3_600_000);
    expect(result(call)).toBeUndefined();
  });

  it('that are enough are told at the time-out', async () => {
    const call = await gathering({ timeout: 5, maxDigits: 9 });
    call.press('1', '2');
    await call.clock.advance(5000);
    expect(result(call)).toMatchObject({ reason: 'dtmfDetected', digits: '12' });
  });

  it('waits from the end of the prompt, which a key stops', async () => {
    const call = await gathering({ ...prompt, timeout: 5, numDigits: 2 });
    call.begins(0);
    await call.clock.advance(10_000);
    expect(result(call)).toBeUndefined();
    call.press('1');
    expect(call.take().at(-1)).toEqual({ kind: 'interrupt' });
    expect(call.statuses.slice(-2)).toEqual(['dtmf-bargein-detected gather', 'kill-playback say']);
    await call.clock.advance(5000);
    expect(result(call)).toMatchObject({ reason: 'timeout' });
  });

  it('collects keys under a prompt that may not be stopped', async () => {
    const call = await gathering({ ...prompt, dtmfBargein: false, numDigits: 2 });
    call.begins(0);
    call.press('1');
    expect(call.take().map(({ kind }) => kind)).not.toContain('interrupt');
    await call.spoken(0);
    call.press('2');
    expect(result(call)).toMatchObject({ digits: '12' });
  });
});

describe('gather of speech', () => {
  const speech = { input: ['speech'], timeout: 5 };

  it('tells what was said in the form of jambonz', async () => {
    const call = await gathering({
      ...speech,
      recognizer: { vendor: 'deepgram', language: 'de-DE', hints: ['Patchbay'] },
    });
    expect(call.host.commands.filter(({ kind }) => kind === 'listen').at(-1)).toMatchObject({
      ...{ isOn: true, provider: 'deepgram', languages: ['de-DE'], vocabulary: ['Patchbay'] },
    });
    heard(call, 'guten Tag');
    expect(result(call)).toMatchObject({
      reason: 'speechDetected',
      speech: {
        ...{ language_code: 'de-DE', channel_tag: 1, is_final: true },
        alternatives: [{ transcript: 'guten Tag' }],
        vendor: { name: 'deepgram' },
      },
    });
    expect(listens(call)).toBe(false);
  });

  it('tells partialResultHook what is understood so far', async () => {
    const call = await gathering({ ...speech, partialResultHook: '/partial' });
    understood(call, 'guten');
    expect(call.asked).toMatchObject({ hook: '/partial', data: { speech: { is_final: false } } });
    heard(call, 'guten Tag');
    expect(result(call)).toMatchObject({ reason: 'speechDetected' });
  });

  it('is stopped in its prompt by so many words, where it may be', async () => {
    const call = await gathering({ ...speech, ...prompt, bargein: true, minBargeinWordCount: 2 });
    call.begins(0);
    understood(call, 'hello');
    heard(call, 'hello');
    expect(call.take().map(({ kind }) => kind)).not.toContain('interrupt');
    understood(call, 'hello there');
    expect(call.take().at(-1)).toEqual({ kind: 'interrupt' });
    expect(call.statuses.slice(-2)).toEqual(['speech-bargein-detected gather', 'kill-playback say']);
    heard(call, 'hello there');
    expect(result(call)).toMatchObject({ speech: { alternatives: [{ transcript: 'hello there' }] } });
  });

  it('does not hear during a prompt where it is told not to', async () => {
    const call = await gathering({ ...speech, ...prompt, listenDuringPrompt: false });
    expect(listens(call)).toBe(false);
    heard(call, 'too early');
    expect(result(call)).toBeUndefined();
    await call.spoken(0);
    expect(listens(call)).toBe(true);
    heard(call, 'now');
    expect(result(call)).toMatchObject({ speech: { alternatives: [{ transcript: 'now' }] } });
  });

  it('lets whoever speaks at the time-out finish', async () => {
    const call = await gathering(speech);
    await call.clock.advance(4000);
    call.agent.handle({ kind: 'speech-onset' });
    await call.clock.advance(2000);
    expect(result(call)).toBeUndefined();
    heard(call, 'just in time');
    expect(result(call)).toMatchObject({ reason: 'speechDetected' });
  });

  it('joins turns within a speechTimeout that is longer than a turn ends after', async () => {
    const call = await gathering({ ...speech, speechTimeout: 4 });
    heard(call, 'my number is');
    await call.clock.advance(1500);
    call.agent.handle({ kind: 'speech-onset' });
    await call.clock.advance(3000);
    heard(call, 'four two');
    await call.clock.advance(2000);
    expect(result(call)).toMatchObject({
      speech: { alternatives: [{ transcript: 'my number is four two' }] },
    });
  });

  it('gives way to keys', async () => {
    const call = await gathering({ input: ['speech', 'digits'], numDigits: 2 });
    call.press('1');
    heard(call, 'one');
    expect(result(call)).toBeUndefined();
    call.press('2');
    expect(result(call)).toMatchObject({ reason: 'dtmfDetected', digits: '12' });
  });
});
