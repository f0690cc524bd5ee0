/** The actions printed on the official pages, as they stand there. */
import { expect, it } from 'vitest';
import { parseActions } from '../../../src/agent/ai-flow/parse-actions.ts';

const id = '550e8400-e29b-41d4-a716-446655440000';
const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

const examples: readonly (readonly [string, unknown, readonly string[]])[] = [
  ['start a background loop', { type: 'mix_audio', session_id: id, audio: wav, volume: 0.3 }, ['loop']],
  ['stop an active background loop', { type: 'mix_audio', session_id: id, stop: true }, ['stop-loop']],
  [
    'start the loop with the greeting',
    [
      { type: 'mix_audio', session_id: id, audio: wav, volume: 0.3 },
      { type: 'speak', session_id: id, text: 'Welcome, how can I help you?' },
    ],
    ['loop', 'say'],
  ],
  [
    'stop the ambient before saying goodbye, then hang up',
    [
      { type: 'mix_audio', session_id: id, stop: true },
      { type: 'speak', session_id: id, text: 'Goodbye!' },
      { type: 'hangup', session_id: id },
    ],
    ['stop-loop', 'say', 'hang-up'],
  ],
  [
    'speak SSML',
    {
      type: 'speak',
      session_id: id,
      ssml: `
<speak version="1.0" xml:lang="en-US">
<voice name="en-US-JennyNeural">
<prosody rate="slow">Please listen carefully.</prosody>
<break time="500ms"/>
Your account balance is <say-as interpret-as="currency">$42.50</say-as>
</voice>
</speak>
`,
    },
    ['say'],
  ],
  [
    'speak with another voice',
    {
      type: 'speak',
      session_id: id,
      text: 'Hello in a different voice',
      tts: { provider: 'azure', language: 'en-US', voice: 'en-US-JennyNeural' },
    },
    ['say'],
  ],
  [
    'play a recorded message',
    {
      type: 'audio',
      session_id: id,
      audio: wav,
      barge_in: { strategy: 'minimum_characters', minimum_characters: 3 },
    },
    ['play'],
  ],
  ['hang up', { type: 'hangup', session_id: id }, ['hang-up']],
  [
    'transfer with a fallback',
    {
      type: 'transfer',
      session_id: id,
      target_phone_number: '1234567890',
      caller_id_name: 'Sales Department',
      caller_id_number: '1234567890',
      timeout: 30,
    },
    ['transfer'],
  ],
  ['interrupt', { type: 'barge_in', session_id: id }, ['interrupt']],
  ['switch to German', { type: 'configure_transcription', session_id: id, languages: ['de-DE'] }, ['listen']],
  [
    'switch to Deepgram',
    { type: 'configure_transcription', session_id: id, provider: 'DEEPGRAM' },
    ['listen'],
  ],
  [
    'spell a name, with everything set',
    {
      type: 'speak',
      session_id: id,
      text: 'Bitte buchstabieren Sie Ihren Namen.',
      tts: { provider: 'azure', language: 'de-DE', voice: 'de-DE-KatjaNeural' },
      barge_in: { strategy: 'immediate', allow_after_ms: 600 },
      vad: { end_of_turn_silence_ms: 1500 },
      user_input_timeout_seconds: 10,
    },
    ['say'],
  ],
];

it.each(examples)('the documented way to %s is understood without a warning', (_what, answer, kinds) => {
  const { commands, warnings } = parseActions(JSON.parse(JSON.stringify(answer)), id);
  expect(commands.map(({ kind }) => kind)).toEqual(kinds);
  expect(warnings).toEqual([]);
});
