import { describe, expect, it } from 'vitest';
import { pcmaEncoder } from '../../../codecs/pcma.ts';
import type { OpenAiSettings } from '../../../src/agent/openai-realtime/openai-session.ts';
import { tone } from '../../support/audio.ts';
import { LineHarness } from '../../support/line-harness.ts';

const hangUp = { name: 'hangup_call', description: 'Ends.', parameters: { type: 'object', properties: {} } };
const settings: OpenAiSettings = {
  dialect: 'ga',
  instructions: 'Be kind.',
  voice: 'marin',
  audio: 'as-the-phone',
  turnDetection: { type: 'semantic_vad' },
  transcription: { model: 'whisper-1' },
  session: { max_output_tokens: 500 },
  tools: [hangUp],
};

describe('an OpenAI Realtime session', () => {
  it('is told what it is to be once it stands, and gets audio once it says so', () => {
    const harness = opened();
    harness.run(200);
    expect(harness.agent.messages).toEqual([]);
    harness.agent.says({ type: 'session.created' });
    expect(harness.agent.messages).toEqual([
      {
        type: 'session.update',
        session: {
          type: 'realtime',
          instructions: 'Be kind.',
          output_modalities: ['audio'],
          audio: {
            input: {
              format: { type: 'audio/pcma' },
              turn_detection: { type: 'semantic_vad' },
              transcription: { model: 'whisper-1' },
            },
            output: { format: { type: 'audio/pcma' }, voice: 'marin' },
          },
          tools: [{ type: 'function', ...hangUp }],
          tool_choice: 'auto',
          max_output_tokens: 500,
        },
      },
    ]);
    harness.agent.says({ type: 'session.updated' });
    harness.run(400);
    const audio = harness.agent.messages.slice(1);
    // 200 ms were kept, 400 came since.
    expect(audio.length).toBe(15);
    expect(Buffer.from(String(audio[0]!['audio']), 'base64').length).toBe(320);
  });

  it('is told the same in the words of the beta', () => {
    const harness = opened({ dialect: 'beta', audio: 'pcm', turnDetection: null });
    harness.agent.says({ type: 'session.created' });
    expect(harness.agent.messages[0]!['session']).toEqual({
      modalities: ['audio', 'text'],
      instructions: 'Be kind.',
      voice: 'marin',
      input_audio_format: 'pcm16',
      output_audio_format: 'pcm16',
      turn_detection: null,
      input_audio_transcription: { model: 'whisper-1' },
      tools: [{ type: 'function', ...hangUp }],
      tool_choice: 'auto',
      max_output_tokens: 500,
    });
    const mulaw = opened({ dialect: 'beta', audio: 'pcmu' });
    mulaw.agent.says({ type: 'session.created' });
    expect(mulaw.agent.messages[0]!['session']).toMatchObject({ input_audio_format: 'g711_ulaw' });
  });

  it('greets when it is to, once', () => {
    const harness = ready({ greeting: 'Hello.' });
    const greeting = { type: 'response.create', response: { instructions: 'Say exactly: Hello.' } };
    expect(harness.agent.messages.at(-1)).toEqual(greeting);
    harness.agent.receiver.closed('connection-lost', 1006);
    harness.run(20);
    harness.open().says({ type: 'session.created' }, { type: 'session.updated' });
    harness.run(100);
    expect(harness.agent.messages.map(({ type }) => type)).not.toContain('response.create');
    expect(harness.end).toBeUndefined();
  });

  it('is over with an error before it stands, not with one later, and when it has expired', () => {
    const early = opened();
    early.agent.says({
      type: 'error',
      error: { type: 'invalid_request_error', code: 'bad_model', message: 'no' },
    });
    expect([early.end, early.told]).toEqual(['rejected', [{ kind: 'warning', text: 'bad_model: no' }]]);
    const late = ready();
    late.agent.says({ type: 'error', error: { code: 'invalid_value', message: '' } });
    expect(late.end).toBeUndefined();
    late.agent.says({ type: 'error', error: { code: 'session_expired', message: '' } });
    expect(late.end).toBe('rejected');
  });

  it.each([1000, 1008, 4001])('is over when the server closes with %i', (code) => {
    const harness = ready();
    harness.agent.receiver.closed('closed-by-agent', code);
    expect(harness.end).toBe('closed-by-agent');
  });
});

describe.each([
  ['of today', 'response.output_audio.delta', 'response.output_audio_transcript.done'],
  ['of the beta', 'response.audio.delta', 'response.audio_transcript.done'],
])('what an OpenAI agent says in the words %s', (_, deltaType, transcriptType) => {
  const delta = (octets: Uint8Array, itemId: string) => ({
    type: deltaType,
    item_id: itemId,
    content_index: 0,
    delta: Buffer.from(octets).toString('base64'),
  });

  it('is cut when the caller speaks, and the conversation is told how much of it was heard', () => {
    const harness = ready();
    harness.agent.says({ type: 'response.created' }, delta(speech(5000), 'item_1'));
    harness.run(1260);
    harness.agent.says({ type: 'input_audio_buffer.speech_started' });
    expect(harness.agent.messages.at(-1)).toEqual({
      type: 'conversation.item.truncate',
      item_id: 'item_1',
      content_index: 0,
      audio_end_ms: 1260,
    });
    harness.agent.says(
      delta(speech(1000), 'item_1'),
      { type: transcriptType, item_id: 'item_1', transcript: 'I was saying' },
      { type: 'response.done', response: { status: 'cancelled' } },
    );
    harness.run(500);
    const after = harness.legs.sent.slice(-23);
    expect(after.every(({ payload }) => payload.every((octet) => octet === A_LAW_SILENCE))).toBe(true);
    expect(harness.told).toContainEqual({ kind: 'interrupted', heardMs: 1260 });
    expect(harness.told).toContainEqual({ kind: 'agent-said', text: 'I was saying', interrupted: true });
  });

  it('is not said to be cut when all of it was heard', () => {
    const harness = ready();
    harness.agent.says({ type: 'response.created' }, delta(speech(400), 'item_1'), {
      type: 'response.done',
      response: { status: 'completed' },
    });
    harness.run(1000);
    harness.agent.says({ type: 'input_audio_buffer.speech_started' });
    expect(harness.agent.messages.map(({ type }) => type)).not.toContain('conversation.item.truncate');
  });

  it('counts each item from its own beginning', () => {
    const harness = ready();
    harness.agent.says(
      { type: 'response.created' },
      delta(speech(1000), 'item_1'),
      delta(speech(3000), 'item_2'),
    );
    harness.run(1500);
    harness.agent.says({ type: 'input_audio_buffer.speech_started' });
    expect(harness.agent.messages.at(-1)).toMatchObject({ item_id: 'item_2', audio_end_ms: 500 });
  });

  it('is taken back whole where nothing of an item was heard yet', () => {
    const harness = ready();
    harness.agent.says(
      { type: 'response.created' },
      delta(speech(1000), 'item_1'),
      delta(speech(1000), 'item_2'),
      { ...delta(speech(1000), 'item_3'), content_index: 1 },
    );
    harness.run(400);
    harness.agent.says({ type: 'input_audio_buffer.speech_started' }, delta(speech(1000), 'item_3'));
    const cuts = harness.agent.messages.filter(({ type }) => type === 'conversation.item.truncate');
    expect(cuts.map((cut) => [cut['item_id'], cut['content_index'], cut['audio_end_ms']])).toEqual([
      ['item_1', 0, 400],
      ['item_2', 0, 0],
      ['item_3', 1, 0],
    ]);
    expect(harness.line.unheardMs).toBe(0);
  });

  it('goes on where the server was told not to interrupt', () => {
    const harness = ready({ turnDetection: { type: 'server_vad', interrupt_response: false } });
    harness.agent.says({ type: 'response.created' }, delta(speech(3000), 'item_1'));
    harness.run(100);
    harness.agent.says({ type: 'input_audio_buffer.speech_started' });
    expect(harness.line.unheardMs).toBe(2900);
  });
});

describe('what an OpenAI agent is told beside the audio', () => {
  it('is what the caller has typed, as a message to be answered once the running response is done', () => {
    const harness = ready();
    harness.agent.says({ type: 'response.created' });
    harness.line.told({ kind: 'from-caller', text: 'Keys: 1' });
    expect(harness.agent.messages.at(-1)).toEqual({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Keys: 1' }] },
    });
    harness.agent.says({ type: 'response.done', response: {} });
    expect(harness.agent.messages.at(-1)).toEqual({ type: 'response.create' });
  });

  it('is what to say, and what to be from now on', () => {
    const harness = ready();
    harness.line.told({ kind: 'update-instructions', text: 'Be brief.' });
    harness.line.told({ kind: 'say', text: 'Tell the time.' });
    expect(harness.agent.messages.slice(-2)).toEqual([
      { type: 'session.update', session: { type: 'realtime', instructions: 'Be brief.' } },
      { type: 'response.create', response: { instructions: 'Tell the time.' } },
    ]);
  });
});

describe('a function of an OpenAI agent', () => {
  it('is called, and answered with a response when the running one is done', () => {
    const harness = ready();
    harness.agent.says(
      { type: 'response.created' },
      {
        type: 'response.function_call_arguments.done',
        call_id: 'c',
        name: 'play_sound',
        arguments: '{"name":"a"}',
      },
    );
    expect(harness.told.at(-1)).toEqual({
      kind: 'tool-call',
      callId: 'c',
      name: 'play_sound',
      arguments: { name: 'a' },
    });
    harness.line.told(result('c'));
    expect(harness.agent.messages.at(-1)).toEqual({
      type: 'conversation.item.create',
      item: { type: 'function_call_output', call_id: 'c', output: '{"ok":true}' },
    });
    harness.agent.says({ type: 'response.done', response: {} });
    expect(harness.agent.messages.at(-1)).toEqual({ type: 'response.create' });
  });

  it('may have told its name with the item alone', () => {
    const harness = ready();
    const item = { type: 'function_call', call_id: 'c', name: 'hangup_call' };
    harness.agent.says(
      { type: 'response.output_item.added', item },
      { type: 'response.function_call_arguments.done', call_id: 'c', arguments: '' },
    );
    expect(harness.told.at(-1)).toMatchObject({ name: 'hangup_call', arguments: {} });
  });

  it('that is never answered does not keep later ones from being talked about', () => {
    const harness = ready();
    const calls = (call_id: string) =>
      harness.agent.says(
        { type: 'response.created' },
        { type: 'response.function_call_arguments.done', call_id, name: 'x', arguments: '{}' },
        { type: 'response.done', response: {} },
      );
    calls('lost');
    calls('b');
    harness.line.told(result('b'));
    expect(harness.agent.messages.at(-1)).toEqual({ type: 'response.create' });
  });

  it('is waited for with the others of its response, and nothing is said of the last', () => {
    const harness = ready();
    for (const id of ['a', 'b'])
      harness.agent.says({
        type: 'response.function_call_arguments.done',
        call_id: id,
        name: 'x',
        arguments: '{}',
      });
    harness.line.told(result('a'));
    expect(harness.agent.messages.map(({ type }) => type)).not.toContain('response.create');
    harness.line.told(result('b'));
    expect(harness.agent.messages.at(-1)).toEqual({ type: 'response.create' });
    harness.agent.says({ type: 'response.created' }, { type: 'response.done', response: {} });
    const before = harness.agent.messages.length;
    harness.agent.says({
      type: 'response.function_call_arguments.done',
      call_id: 'c',
      name: 'x',
      arguments: '{}',
    });
    harness.line.told({ ...result('c'), isLast: true });
    expect(harness.agent.messages.slice(before).map(({ type }) => type)).toEqual([
      'conversation.item.create',
    ]);
  });
});

function opened(changes: Partial<OpenAiSettings> = {}): LineHarness {
  const audio = { codec: 'PCMA', payloadType: 8 } as const;
  const harness = new LineHarness('openai-realtime', { ...settings, ...changes }, { audio });
  harness.open();
  return harness;
}

function ready(changes: Partial<OpenAiSettings> = {}): LineHarness {
  const harness = opened(changes);
  harness.agent.says({ type: 'session.created' }, { type: 'session.updated' });
  return harness;
}

function result(callId: string): object {
  return { kind: 'tool-result', callId, output: '{"ok":true}', isError: false, isLast: false };
}

/** A tone of 500 Hz, in A-law. */
function speech(ms: number): Uint8Array {
  const samples = tone(500, { rateHz: 8000, lengthSamples: ms * 8, levelDb: -10 });
  const octets = new Uint8Array(samples.length);
  pcmaEncoder.encode(samples, 0, samples.length, octets, 0);
  return octets;
}

const A_LAW_SILENCE = 0xd5;
