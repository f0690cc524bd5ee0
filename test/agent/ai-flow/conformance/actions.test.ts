/** Actions: sections 4 and 5 of the protocol's rules. What a field may hold is in parse-actions.test.ts. */
import { describe, expect, it } from 'vitest';
import { converse, type Transport } from '../../../support/ai-flow-conformance/conversation.ts';
import { Answer } from '../../../support/ai-flow-conformance/scripted-app.ts';
import { wavBase64, wordsFor } from '../../../support/ai-flow-conformance/sounds.ts';

const transports: readonly Transport[] = ['webhook', 'websocket'];
const speak = (lengthMs: number, fields: object = {}) => ({
  type: 'speak',
  text: wordsFor(lengthMs),
  ...fields,
});
const ambience = (fields: object = {}) => ({ type: 'mix_audio', audio: wavBase64(300, 1000), ...fields });

/** An app that answers `session_start` and the first key with these. */
const answers =
  (start: unknown, key?: unknown) =>
  ({ type }: { type: string }) =>
    type === 'session_start' ? start : type === 'dtmf_received' ? key : undefined;

describe.each(transports)('by %s', (transport) => {
  it('one action stands for a list of one', async () => {
    const { caller, wait } = await converse(answers(speak(1000)), { transport });
    await wait(500);
    expect(caller.hearsVoice()).toBe(true);
  });

  it('speak behind speak waits for its end', async () => {
    const { app, wait } = await converse(answers(speak(1000), speak(1000)), { transport });
    app.push(speak(1000));
    await wait(500);
    expect(app.types.filter((type) => type === 'assistant_speak')).toHaveLength(1);
  });

  it('[speak, hangup] speaks to the end, then hangs up, then tells session_end', async () => {
    const { app, caller, wait } = await converse(answers([speak(2000), { type: 'hangup' }]), { transport });
    await wait(1900);
    expect(caller.hearsVoice()).toBe(true);
    expect(caller.phone.isTalking).toBe(true);
    await wait(600);
    expect(caller.phone.endedBy).toBe('remote');
    expect(app.types).toEqual(['session_start', 'assistant_speak', 'assistant_speech_ended', 'session_end']);
  });

  it('[mix_audio stop, speak, hangup] says goodbye without the background', async () => {
    const goodbye = [{ type: 'mix_audio', stop: true }, speak(1500), { type: 'hangup' }];
    const { caller, wait } = await converse(answers(ambience({ volume: 0.3 }), goodbye), { transport });
    await wait(1000);
    expect(caller.backgroundDb()).toBeCloseTo(-22.5, 0);
    caller.presses('1');
    await wait(1000);
    expect(caller.hearsVoice()).toBe(true);
    expect(caller.backgroundDb()).toBeLessThan(-60);
    await wait(2000);
    expect(caller.phone.endedBy).toBe('remote');
  });

  it('a hangup alone acts at once, through what plays', async () => {
    const { caller, wait } = await converse(answers(speak(9000), { type: 'hangup' }), { transport });
    await wait(500);
    caller.presses('1');
    await wait(400);
    expect(caller.phone.endedBy).toBe('remote');
  });

  it('[barge_in, speak] interrupts, and says the new instead of the old', async () => {
    const { app, caller, wait } = await converse(
      answers([speak(5000), speak(5000)], [{ type: 'barge_in' }, speak(1000)]),
      { transport },
    );
    await wait(500);
    caller.presses('9');
    await wait(3000);
    expect(caller.hearsVoice()).toBe(false);
    expect(app.types.filter((type) => type === 'assistant_speak')).toHaveLength(2);
    expect(app.types.filter((type) => type === 'assistant_speech_ended')).toHaveLength(2);
  });

  it.each(['none', 'manual', 'minimum_characters', 'immediate'])(
    'barge_in stops speech of the strategy %s',
    async (strategy) => {
      const start = speak(9000, { barge_in: { strategy, allow_after_ms: 5000 } });
      const { caller, wait } = await converse(answers(start, { type: 'barge_in' }), { transport });
      await wait(500);
      caller.presses('1');
      await wait(500);
      expect(caller.hearsVoice()).toBe(false);
    },
  );

  it('barge_in stops a sound, and leaves the background alone', async () => {
    const start = [ambience({ volume: 0.5 }), { type: 'audio', audio: wavBase64(440, 9000) }];
    const { caller, wait } = await converse(answers(start, { type: 'barge_in' }), { transport });
    await wait(500);
    caller.presses('1');
    await wait(700);
    expect(caller.hearsVoice()).toBe(false);
    expect(caller.backgroundDb()).toBeCloseTo(-18, 0);
  });

  it('barge_in with nothing to stop does nothing', async () => {
    const { app, caller, wait } = await converse(answers(undefined, { type: 'barge_in' }), { transport });
    caller.presses('1');
    await wait(1000);
    expect(app.types).toEqual(['session_start', 'dtmf_received']);
  });

  it.each<[string, string]>([
    ['{"success":true}', '{"success":true}'],
    ['{"type":"connected"}', '{"type":"connected"}'],
    ['{"message":"Workflow was started"}', '{"message":"Workflow was started"}'],
    ['{"error":"oops"}', '{"error":"oops"}'],
    ['{}', '{}'],
    ['null', 'null'],
    ['an empty body', ''],
    ['an empty list', '[]'],
    ['text', 'OK'],
    ['an action of another session', '{"type":"hangup","session_id":"00000000-0000-4000-8000-000000000000"}'],
    ['an action nobody knows', '{"type":"sing"}'],
    ['speech to speech', '{"type":"configure_voice_to_voice","system_prompt":"You are kind."}'],
  ])('%s is no action, and the call goes on', async (_what, body) => {
    const { app, caller, wait } = await converse(
      ({ type, fields }) => {
        if (type === 'session_start') return new Answer({ body });
        return fields['digit'] === '1' ? speak(1000) : undefined;
      },
      { transport },
    );
    await wait(1000);
    expect(app.types).toEqual(['session_start']);
    caller.presses('1');
    await wait(700);
    expect(caller.hearsVoice()).toBe(true);
  });

  it('one bad action in a list leaves the others alone', async () => {
    const { caller, wait } = await converse(answers([{ type: 'audio' }, 7, speak(1000)]), { transport });
    await wait(500);
    expect(caller.hearsVoice()).toBe(true);
  });

  it('a transfer that fails ends the call, whatever the target is called', async () => {
    const { app, caller, log, wait } = await converse(
      answers({ type: 'transfer', transfer_to: '4921155660' }),
      { transport },
    );
    await wait(1000);
    expect(caller.phone.isTalking).toBe(false);
    expect(app.types).toEqual(['session_start', 'session_end']);
    expect(log.lines.some(({ fields }) => fields['reason'] === 'destination-not-allowed')).toBe(true);
  });

  it('a transfer that fails comes back where it has a timeout, as the same session', async () => {
    let starts = 0;
    const transfer = { type: 'transfer', target_phone_number: '4921155660', timeout: 20 };
    const { app, caller, wait } = await converse(
      ({ type }) => (type !== 'session_start' ? undefined : ++starts === 1 ? transfer : speak(1000)),
      { transport },
    );
    await wait(700);
    expect(app.types.slice(0, 2)).toEqual(['session_start', 'session_start']);
    const [first, again] = app.events;
    expect(again!.fields['session']).toEqual(first!.fields['session']);
    expect(caller.hearsVoice()).toBe(true);
  });

  it('up to fifty utterances wait, and the goodbye behind more of them is still the end', async () => {
    const many = Array.from({ length: 60 }, () => speak(100));
    const { app, caller, log, wait } = await converse(
      answers(many.slice(0, 50), [speak(100), { type: 'hangup' }]),
      {
        transport,
      },
    );
    caller.presses('1');
    await wait(7000);
    expect(caller.phone.endedBy).toBe('remote');
    expect(app.types.filter((type) => type === 'assistant_speech_ended').length).toBeGreaterThanOrEqual(50);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('the background', () => {
  it('runs under speech and through silence, at half volume unless told, until the end', async () => {
    const { caller, wait } = await converse(answers([ambience(), speak(1000)]));
    await wait(600);
    expect(caller.hearsVoice()).toBe(true);
    expect(caller.backgroundDb()).toBeCloseTo(-18, 0);
    await wait(8000);
    expect(caller.hearsVoice()).toBe(false);
    expect(caller.backgroundDb(2000)).toBeCloseTo(-18, 0);
  });

  it('is replaced, sound and volume, by another', async () => {
    const { app, caller, wait } = await converse(answers(ambience({ volume: 0.1 })));
    await wait(500);
    app.push({ type: 'mix_audio', audio: wavBase64(700, 1000) });
    await wait(1000);
    expect(caller.backgroundDb()).toBeLessThan(-60);
  });

  it('changes its volume without a new sound', async () => {
    const { app, caller, wait } = await converse(answers(ambience({ volume: 0.5 })));
    await wait(500);
    app.push({ type: 'mix_audio', volume: 0.25 });
    await wait(500);
    expect(caller.backgroundDb()).toBeCloseTo(-24, 0);
  });

  it('goes on through an interruption by the caller', async () => {
    const { caller, wait } = await converse(answers([ambience({ volume: 0.5 }), speak(9000)]));
    await wait(500);
    caller.says('stop it');
    await wait(1000);
    expect(caller.hearsVoice()).toBe(false);
    expect(caller.backgroundDb()).toBeCloseTo(-18, 0);
  });
});

describe('configure_transcription', () => {
  const listening = {
    provider: undefined,
    languages: ['de-DE'],
    vocabulary: ['Acme'],
    endOfTurnSilenceMs: 700,
  };
  const configured = async (...actions: readonly object[]) => {
    const { app, caller, wait } = await converse(() => undefined, { flow: { listening } });
    for (const fields of actions) app.push({ type: 'configure_transcription', ...fields });
    await wait(20);
    return caller.settings;
  };

  it('with a provider and languages switches to both', async () => {
    const settings = await configured({ provider: 'DEEPGRAM', languages: ['en-US', 'fr-FR'] });
    expect(settings).toMatchObject({ provider: 'DEEPGRAM', languages: ['en-US', 'fr-FR'] });
  });

  it('with a provider alone resets the languages', async () => {
    const settings = await configured({ languages: ['en-US'] }, { provider: 'AZURE' });
    expect(settings).toMatchObject({ provider: 'AZURE', languages: ['de-DE'] });
  });

  it('with languages alone keeps the provider, and replaces the languages', async () => {
    const settings = await configured(
      { provider: 'AZURE' },
      { languages: ['en-US'] },
      { languages: ['fr-FR'] },
    );
    expect(settings).toMatchObject({ provider: 'AZURE', languages: ['fr-FR'] });
  });

  it('with nothing does nothing, and with an empty list of languages resets them', async () => {
    expect(await configured({ languages: ['en-US'] }, {})).toMatchObject({ languages: ['en-US'] });
    expect(await configured({ languages: ['en-US'] }, { languages: [] })).toMatchObject({
      languages: ['de-DE'],
    });
  });

  it('with a vocabulary replaces the one before, on top of the flow’s, and leaves the languages alone', async () => {
    const settings = await configured(
      { languages: ['en-US'] },
      { custom_vocabulary: ['IBAN'] },
      { custom_vocabulary: ['BIC'] },
    );
    expect(settings).toMatchObject({ languages: ['en-US'], vocabulary: ['Acme', 'BIC'] });
  });

  it('in front of speak in session_start is done, and the greeting is spoken', async () => {
    const { caller, wait } = await converse(
      answers([{ type: 'configure_transcription', custom_vocabulary: ['sipgate'] }, speak(1000)]),
    );
    await wait(500);
    expect(caller.settings.vocabulary).toEqual(['sipgate']);
    expect(caller.hearsVoice()).toBe(true);
  });

  it('naming a provider nobody knows keeps the present one', async () => {
    expect(await configured({ provider: 'AZURE' }, { provider: 'ACME' })).toMatchObject({
      provider: 'AZURE',
    });
  });
});
