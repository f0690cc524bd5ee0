import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentCommand } from '../../../src/agent/agent.ts';
import { warningLine } from '../../../src/agent/ai-flow/action-warning.ts';
import { parseActions } from '../../../src/agent/ai-flow/parse-actions.ts';

const id = '550e8400-e29b-41d4-a716-446655440000';
/** The sample of the official pages: a WAV file without samples. */
const sampleWav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';
const sampleOctets = Buffer.from(sampleWav, 'base64');

const say = (over: Partial<Extract<AgentCommand, { kind: 'say' }>> = {}): AgentCommand => ({
  kind: 'say',
  script: { text: 'Hello', format: 'text' },
  voice: { provider: undefined, language: undefined, voice: undefined },
  bargeIn: { strategy: 'minimum-characters', minimumCharacters: 3, allowAfterMs: 0 },
  inputTimeoutMs: undefined,
  endOfTurnSilenceMs: undefined,
  ...over,
});
const rule = (over: object = {}) => ({
  bargeIn: { strategy: 'minimum-characters' as const, minimumCharacters: 3, allowAfterMs: 0, ...over },
});
const listen = (over: object): AgentCommand => ({
  kind: 'listen',
  provider: undefined,
  languages: undefined,
  vocabulary: undefined,
  endOfTurnSilenceMs: undefined,
  ...over,
});
const transfer = (over: object): AgentCommand => ({
  kind: 'transfer',
  target: '492115566012',
  callerIdName: undefined,
  callerIdNumber: undefined,
  timeoutMs: undefined,
  ...over,
});

/** Rule, action without its session id, command; each of them gives no warning. */
const understood: readonly (readonly [string, object, AgentCommand | undefined])[] = [
  ['speak says its text', { type: 'speak', text: 'Hello' }, say()],
  [
    'speak prefers SSML to text',
    { type: 'speak', text: 'no', ssml: '<speak>Hi</speak>' },
    say({ script: { text: '<speak>Hi</speak>', format: 'ssml' } }),
  ],
  ['speak falls back to text when the SSML is blank', { type: 'speak', text: 'Hello', ssml: ' ' }, say()],
  [
    'speak takes a voice by name',
    {
      type: 'speak',
      text: 'Hello',
      tts: { provider: 'azure', language: 'de-DE', voice: 'de-DE-KatjaNeural' },
    },
    say({ voice: { provider: 'azure', language: 'de-DE', voice: 'de-DE-KatjaNeural' } }),
  ],
  [
    'speak takes a voice as an object with a name',
    { type: 'speak', text: 'Hello', tts: { provider: 'eleven_labs', voice: { name: 'Rachel' } } },
    say({ voice: { provider: 'eleven_labs', language: undefined, voice: 'Rachel' } }),
  ],
  [
    'speak takes a voice as an object with an id',
    { type: 'speak', text: 'Hello', tts: { voice: { id: '21m00' } } },
    say({ voice: { provider: undefined, language: undefined, voice: '21m00' } }),
  ],
  [
    'barge_in without a strategy has the default one',
    { type: 'speak', text: 'Hello', barge_in: { allow_after_ms: 500 } },
    say(rule({ allowAfterMs: 500 })),
  ],
  [
    'barge_in knows strategy none',
    { type: 'speak', text: 'Hello', barge_in: { strategy: 'none' } },
    say(rule({ strategy: 'none' })),
  ],
  [
    'barge_in knows strategy manual',
    { type: 'speak', text: 'Hello', barge_in: { strategy: 'manual' } },
    say(rule({ strategy: 'manual' })),
  ],
  [
    'barge_in knows strategy immediate',
    { type: 'speak', text: 'Hello', barge_in: { strategy: 'immediate', allow_after_ms: '600' } },
    say(rule({ strategy: 'immediate', allowAfterMs: 600 })),
  ],
  [
    'barge_in counts characters',
    { type: 'speak', text: 'Hello', barge_in: { strategy: 'minimum_characters', minimum_characters: 10 } },
    say(rule({ minimumCharacters: 10 })),
  ],
  [
    'user_input_timeout_seconds may be a string',
    { type: 'speak', text: 'Hello', user_input_timeout_seconds: '8' },
    say({ inputTimeoutMs: 8000 }),
  ],
  [
    'user_input_timeout_seconds may have a fraction',
    { type: 'speak', text: 'Hello', user_input_timeout_seconds: 2.5 },
    say({ inputTimeoutMs: 2500 }),
  ],
  [
    'user_input_timeout_seconds 0 is none',
    { type: 'speak', text: 'Hello', user_input_timeout_seconds: 0 },
    say(),
  ],
  [
    'speak.vad sets the silence that ends a turn',
    { type: 'speak', text: 'Hello', vad: { end_of_turn_silence_ms: 1500 } },
    say({ endOfTurnSilenceMs: 1500 }),
  ],
  [
    'fields that are null are absent',
    { type: 'speak', text: 'Hello', tts: null, barge_in: null, vad: null },
    say(),
  ],
  ['fields that nobody knows are ignored', { type: 'speak', text: 'Hello', mood: 'sunny' }, say()],
  [
    'text that is a number is said',
    { type: 'speak', text: 42 },
    say({ script: { text: '42', format: 'text' } }),
  ],
  [
    'audio plays the documented sample',
    { type: 'audio', audio: sampleWav },
    { kind: 'play', audio: sampleOctets, ...rule() },
  ],
  [
    'audio takes a data URI',
    { type: 'audio', audio: `data:audio/wav;base64,${sampleWav}`, barge_in: { strategy: 'none' } },
    { kind: 'play', audio: sampleOctets, ...rule({ strategy: 'none' }) },
  ],
  [
    'audio takes base64 in lines',
    { type: 'audio', audio: `${sampleWav.slice(0, 20)}\r\n${sampleWav.slice(20)}\n` },
    { kind: 'play', audio: sampleOctets, ...rule() },
  ],
  [
    'audio takes URL-safe base64 without padding',
    { type: 'audio', audio: '-_-_' },
    { kind: 'play', audio: Buffer.from([0xfb, 0xff, 0xbf]), ...rule() },
  ],
  [
    'mix_audio loops at half volume unless told',
    { type: 'mix_audio', audio: sampleWav },
    { kind: 'loop', track: 'ambience', audio: sampleOctets, gain: 0.5 },
  ],
  [
    'mix_audio takes a volume',
    { type: 'mix_audio', audio: sampleWav, volume: 0.3 },
    { kind: 'loop', track: 'ambience', audio: sampleOctets, gain: 0.3 },
  ],
  [
    'mix_audio takes a volume of 0',
    { type: 'mix_audio', audio: sampleWav, volume: '0' },
    { kind: 'loop', track: 'ambience', audio: sampleOctets, gain: 0 },
  ],
  [
    'mix_audio with a volume alone changes the running loop',
    { type: 'mix_audio', volume: 0.1 },
    { kind: 'loop', track: 'ambience', audio: undefined, gain: 0.1 },
  ],
  [
    'mix_audio with blank audio and a volume changes the running loop',
    { type: 'mix_audio', audio: '', volume: 0.1 },
    { kind: 'loop', track: 'ambience', audio: undefined, gain: 0.1 },
  ],
  ['mix_audio stops', { type: 'mix_audio', stop: true }, { kind: 'stop-loop', track: 'ambience' }],
  [
    'mix_audio stops even when it has a sound',
    { type: 'mix_audio', stop: 'true', audio: sampleWav },
    { kind: 'stop-loop', track: 'ambience' },
  ],
  [
    'mix_audio plays when stop is false',
    { type: 'mix_audio', stop: false, audio: sampleWav },
    { kind: 'loop', track: 'ambience', audio: sampleOctets, gain: 0.5 },
  ],
  ['hangup ends the call', { type: 'hangup' }, { kind: 'hang-up' }],
  ['barge_in interrupts', { type: 'barge_in' }, { kind: 'interrupt' }],
  [
    'transfer calls a number',
    {
      type: 'transfer',
      target_phone_number: '492115566012',
      caller_id_name: 'Front desk',
      caller_id_number: '4921155660',
      timeout: 25,
    },
    transfer({ callerIdName: 'Front desk', callerIdNumber: '4921155660', timeoutMs: 25_000 }),
  ],
  [
    'transfer takes a leading + away',
    { type: 'transfer', target_phone_number: '+49 211 5566-012' },
    transfer({}),
  ],
  [
    'transfer knows its target as transfer_to',
    { type: 'transfer', transfer_to: '492115566012' },
    transfer({}),
  ],
  ['transfer knows its target as target', { type: 'transfer', target: 492115566012 }, transfer({})],
  ['transfer leaves an extension as it is', { type: 'transfer', target: '200' }, transfer({ target: '200' })],
  [
    'transfer leaves an address as it is',
    { type: 'transfer', target: 'sales@pbx' },
    transfer({ target: 'sales@pbx' }),
  ],
  [
    'configure_transcription switches provider and languages',
    { type: 'configure_transcription', provider: 'DEEPGRAM', languages: ['en-US'] },
    listen({ provider: 'DEEPGRAM', languages: ['en-US'] }),
  ],
  [
    'configure_transcription with a provider alone resets the languages',
    { type: 'configure_transcription', provider: 'azure' },
    listen({ provider: 'AZURE', languages: [] }),
  ],
  [
    'configure_transcription with languages alone keeps the provider',
    { type: 'configure_transcription', languages: ['de-DE', 'en-US'] },
    listen({ languages: ['de-DE', 'en-US'] }),
  ],
  [
    'configure_transcription with an empty list resets the languages',
    { type: 'configure_transcription', languages: [] },
    listen({ languages: [] }),
  ],
  [
    'configure_transcription with a vocabulary leaves the languages alone',
    { type: 'configure_transcription', custom_vocabulary: ['Düsseldorf', 'IBAN'] },
    listen({ vocabulary: ['Düsseldorf', 'IBAN'] }),
  ],
  [
    'configure_transcription sets the silence that ends a turn',
    { type: 'configure_transcription', vad: { end_of_turn_silence_ms: 800 } },
    listen({ endOfTurnSilenceMs: 800 }),
  ],
  ['configure_transcription with nothing does nothing', { type: 'configure_transcription' }, undefined],
];

/** Rule, action without its session id, the one warning, command. */
const warned: readonly (readonly [string, object, string, AgentCommand | undefined])[] = [
  [
    'a time that is no number is ignored',
    { type: 'speak', text: 'Hello', user_input_timeout_seconds: 'abc' },
    'speak.user_input_timeout_seconds: found "abc", expected a number of seconds from 0 to 600; ignored',
    say(),
  ],
  [
    'a time too long is held to ten minutes',
    { type: 'speak', text: 'Hello', user_input_timeout_seconds: 3600 },
    'speak.user_input_timeout_seconds: found 3600, expected a number of seconds from 0 to 600; 600 is used',
    say({ inputTimeoutMs: 600_000 }),
  ],
  [
    'a negative time is none',
    { type: 'speak', text: 'Hello', user_input_timeout_seconds: -1 },
    'speak.user_input_timeout_seconds: found -1, expected a number of seconds from 0 to 600; 0 is used',
    say(),
  ],
  [
    'nothing to say is nothing said',
    { type: 'speak' },
    'speak: found neither text nor ssml, expected one of them; nothing is said',
    undefined,
  ],
  [
    'blank text is nothing said',
    { type: 'speak', text: '  \n ' },
    'speak: found neither text nor ssml, expected one of them; nothing is said',
    undefined,
  ],
  [
    'a strategy nobody knows is the default one',
    { type: 'speak', text: 'Hello', barge_in: { strategy: 'polite' } },
    'speak.barge_in.strategy: found "polite", expected one of none, manual, minimum_characters, immediate; minimum_characters is used',
    say(),
  ],
  [
    'a strategy named like something of every object is the default one',
    { type: 'speak', text: 'Hello', barge_in: { strategy: 'constructor' } },
    'speak.barge_in.strategy: found "constructor", expected one of none, manual, minimum_characters, immediate; minimum_characters is used',
    say(),
  ],
  [
    'a protection too long is held to ten seconds',
    { type: 'speak', text: 'Hello', barge_in: { allow_after_ms: 60_000 } },
    'speak.barge_in.allow_after_ms: found 60000, expected a whole number of milliseconds from 0 to 10000; 10000 is used',
    say(rule({ allowAfterMs: 10_000 })),
  ],
  [
    'characters are counted from one',
    { type: 'speak', text: 'Hello', barge_in: { minimum_characters: 0 } },
    'speak.barge_in.minimum_characters: found 0, expected a whole number from 1 to 100; 1 is used',
    say(rule({ minimumCharacters: 1 })),
  ],
  [
    'an invalid vad is the default one, and the rest is done',
    { type: 'speak', text: 'Hello', vad: { end_of_turn_silence_ms: 99_999 } },
    'speak.vad.end_of_turn_silence_ms: found 99999, expected a whole number of milliseconds from 150 to 2000; the default is used',
    say({ endOfTurnSilenceMs: 'default' }),
  ],
  [
    'a vad with a fraction is the default one',
    { type: 'speak', text: 'Hello', vad: { end_of_turn_silence_ms: 500.5 } },
    'speak.vad.end_of_turn_silence_ms: found 500.5, expected a whole number of milliseconds from 150 to 2000; the default is used',
    say({ endOfTurnSilenceMs: 'default' }),
  ],
  [
    'a tts that is no object is ignored',
    { type: 'speak', text: 'Hello', tts: 'azure' },
    'speak.tts: found "azure", expected an object; ignored',
    say(),
  ],
  [
    'a sound that is not base64 is left out',
    { type: 'audio', audio: 'https://example.com/hello.wav' },
    'audio.audio: found "https://example.com/hello.wav", expected base64; the sound is left out',
    undefined,
  ],
  [
    'audio without a sound plays nothing',
    { type: 'audio' },
    'audio.audio: found nothing, expected a sound file in base64; nothing is played',
    undefined,
  ],
  [
    'a volume is held to one',
    { type: 'mix_audio', audio: sampleWav, volume: 3 },
    'mix_audio.volume: found 3, expected a number from 0 to 1; 1 is used',
    { kind: 'loop', track: 'ambience', audio: sampleOctets, gain: 1 },
  ],
  [
    'a volume that is no number is the default one',
    { type: 'mix_audio', audio: sampleWav, volume: 'loud' },
    'mix_audio.volume: found "loud", expected a number from 0 to 1; ignored',
    { kind: 'loop', track: 'ambience', audio: sampleOctets, gain: 0.5 },
  ],
  [
    'mix_audio with nothing does nothing',
    { type: 'mix_audio' },
    'mix_audio: found neither audio, volume nor stop, expected one of them; ignored',
    undefined,
  ],
  [
    'mix_audio with a bad sound does not touch the running loop',
    { type: 'mix_audio', audio: '!!', volume: 0.2 },
    'mix_audio.audio: found "!!", expected base64; the sound is left out',
    undefined,
  ],
  [
    'a transfer needs somebody to call',
    { type: 'transfer' },
    'transfer.target_phone_number: found nothing, expected a phone number; nobody is called',
    undefined,
  ],
  [
    'a transfer rings for five seconds at least',
    { type: 'transfer', target: '492115566012', timeout: 1 },
    'transfer.timeout: found 1, expected a whole number of seconds from 5 to 120; 5 is used',
    transfer({ timeoutMs: 5000 }),
  ],
  [
    'a transfer rings for whole seconds',
    { type: 'transfer', target: '492115566012', timeout: '30.4' },
    'transfer.timeout: found "30.4", expected a whole number of seconds from 5 to 120; 30 is used',
    transfer({ timeoutMs: 30_000 }),
  ],
  [
    'a provider nobody knows keeps the present one',
    { type: 'configure_transcription', provider: 'ACME' },
    'configure_transcription.provider: found "ACME", expected one of AZURE, DEEPGRAM, ELEVEN_LABS, SIPGATE_QWEN, SIPGATE_PARAKEET; the present one is kept',
    undefined,
  ],
  [
    'four languages are enough',
    { type: 'configure_transcription', languages: ['de', 'en', 'fr', 'it', 'es'] },
    'configure_transcription.languages: found a list of 5, expected at most 4 entries; the first 4 are used',
    listen({ languages: ['de', 'en', 'fr', 'it'] }),
  ],
  [
    'a word too long for the vocabulary is left out',
    { type: 'configure_transcription', custom_vocabulary: ['IBAN', 'x'.repeat(201)] },
    'configure_transcription.custom_vocabulary: found a list of 2, expected strings of 1 to 200 characters; 1 of its entries are left out',
    listen({ vocabulary: ['IBAN'] }),
  ],
  [
    'speech to speech is not supported',
    { type: 'configure_voice_to_voice', system_prompt: 'You are kind' },
    'configure_voice_to_voice: found an action that is not supported here; ignored',
    undefined,
  ],
];

describe('the actions of an AI Flow app', () => {
  it.each(understood)('%s', (_rule, action, command) => {
    const { commands, warnings } = parseActions({ session_id: id, ...action }, id);
    expect(commands).toEqual(command === undefined ? [] : [command]);
    expect(warnings).toEqual([]);
  });

  it.each(warned)('%s, with a warning', (_rule, action, warning, command) => {
    const { commands, warnings } = parseActions({ session_id: id, ...action }, id);
    expect(warnings.map(warningLine)).toEqual([warning]);
    expect(commands).toEqual(command === undefined ? [] : [command]);
  });

  it.each([[null], [undefined], [''], [[]]])('%j is no action, and no mistake', (answer) => {
    expect(parseActions(answer, id)).toEqual({ commands: [], warnings: [], unsentSms: [] });
  });

  it.each([
    [{}, 'action: found an object with no fields, expected an object with a type; ignored'],
    [
      { success: true },
      'action: found an object with the fields "success", expected an object with a type; ignored',
    ],
    [
      { message: 'Workflow was started' },
      'action: found an object with the fields "message", expected an object with a type; ignored',
    ],
    [
      { error: 'x', a: 1, b: 2, c: 3 },
      'action: found an object with the fields "error", "a", "b" and more, expected an object with a type; ignored',
    ],
    ['Hello', 'action: found "Hello", expected an object with a type; ignored'],
    [7, 'action: found 7, expected an object with a type; ignored'],
    [[[]], 'action: found a list of 0, expected an object with a type; ignored'],
    [[null], 'action: found null, expected an object with a type; ignored'],
  ])('%j is no action, and worth a warning', (answer, warning) => {
    const { commands, warnings } = parseActions(answer, id);
    expect(commands).toEqual([]);
    expect(warnings.map(warningLine)).toEqual([warning]);
  });

  it('ignores a type nobody knows, and names those that are known', () => {
    const { commands, warnings } = parseActions({ type: 'connected' }, id);
    expect(commands).toEqual([]);
    expect(warningLine(warnings[0]!)).toMatch(
      /^type: found "connected", expected one of speak, audio, mix_audio, .+; ignored$/,
    );
    expect(parseActions({ type: 'constructor' }, id).warnings).toHaveLength(1);
  });

  it('takes a missing session id for the session at hand', () => {
    for (const session_id of [undefined, null, ''])
      expect(parseActions({ type: 'hangup', session_id }, id).commands).toHaveLength(1);
  });

  it('takes the session id in either case', () => {
    expect(parseActions({ type: 'hangup', session_id: id.toUpperCase() }, id).commands).toHaveLength(1);
  });

  it.each([['another-session'], [17]])('refuses an action for session %j', (session_id) => {
    const { commands, warnings } = parseActions({ type: 'hangup', session_id }, id);
    expect(commands).toEqual([]);
    expect(warnings.map(warningLine)).toEqual([
      `hangup.session_id: found ${JSON.stringify(session_id)}, expected "${id}"; the action is refused`,
    ]);
  });

  it('does the good actions of a list around a bad one, in their order', () => {
    const { commands, warnings } = parseActions(
      [
        { type: 'mix_audio', stop: true },
        { type: 'dance' },
        { type: 'speak', text: 'Goodbye!' },
        { type: 'hangup' },
      ],
      id,
    );
    expect(commands.map(({ kind }) => kind)).toEqual(['stop-loop', 'say', 'hang-up']);
    expect(warnings).toHaveLength(1);
  });

  it('does the first fifty actions of a list', () => {
    const { commands, warnings } = parseActions(Array(60).fill({ type: 'barge_in' }), id);
    expect(commands).toHaveLength(50);
    expect(warnings.map(warningLine)).toEqual([
      'actions: found 60, expected at most 50; the first 50 are done',
    ]);
  });

  it('says the first ten thousand characters of a text', () => {
    const { commands, warnings } = parseActions({ type: 'speak', text: 'x'.repeat(10_001) }, id);
    expect(commands[0]).toMatchObject({ script: { text: 'x'.repeat(10_000) } });
    expect(warnings.map(warningLine)).toEqual([
      `speak.text: found "${'x'.repeat(40)}"... (10001 characters), expected at most 10000 characters; the rest is not said`,
    ]);
  });

  it('leaves out forty megabytes of base64, says so shortly, and does the rest', () => {
    const audio = 'A'.repeat(40_000_000);
    const { commands, warnings } = parseActions(
      [
        { type: 'mix_audio', audio },
        { type: 'speak', text: 'Hello' },
      ],
      id,
    );
    expect(commands).toEqual([say()]);
    expect(warnings.map(warningLine)).toEqual([
      `mix_audio.audio: found "${'A'.repeat(40)}"... (40000000 characters), expected at most 16777216 octets; the sound is left out`,
    ]);
  });

  it('tells the numbers to which no SMS could be sent', () => {
    const action = { type: 'send_sms', phone_number: '+49 151 12345678', message: 'Your code is 8841.' };
    expect(parseActions(action, id)).toEqual({ commands: [], warnings: [], unsentSms: ['4915112345678'] });
    expect(parseActions({ ...action, message: '' }, id)).toMatchObject({
      unsentSms: [],
      warnings: [{ field: 'send_sms.message', consequence: 'no message is sent' }],
    });
  });

  it('gives one-line warnings and never throws, whatever JSON comes', () => {
    const field = fc.constantFrom(
      'type',
      'session_id',
      'text',
      'ssml',
      'tts',
      'barge_in',
      'vad',
      'audio',
      'volume',
      'stop',
      'languages',
      'timeout',
    );
    const type = fc.constantFrom(
      'speak',
      'audio',
      'mix_audio',
      'transfer',
      'configure_transcription',
      'send_sms',
    );
    const action = fc.dictionary(field, fc.oneof(type, fc.jsonValue()), { maxKeys: 6 });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(action)), (json) => {
        for (const warning of parseActions(json, id).warnings.map(warningLine)) {
          expect(warning).not.toMatch(/[\n\r]/);
          expect(warning.length).toBeLessThan(400);
        }
      }),
    );
  });
});
