import { describe, expect, it } from 'vitest';
import { createElevenLabsLine } from '../../../src/agent/elevenlabs/elevenlabs-line.ts';
import { inboundLineCall, RecordingLine } from '../../support/recording-line.ts';

const initiation = {
  conversation_config_override: { agent: { first_message: 'Hello.' } },
  dynamic_variables: { caller: '+49211' },
};

function openLine() {
  const line = new RecordingLine();
  const protocol = createElevenLabsLine(line, inboundLineCall, { initiation });
  const hear = (message: object) => protocol.text(JSON.stringify(message));
  const begin = (output: string, input: string) =>
    hear({
      type: 'conversation_initiation_metadata',
      conversation_initiation_metadata_event: {
        conversation_id: 'c1',
        agent_output_audio_format: output,
        user_input_audio_format: input,
      },
    });
  const audio = (id: number | string, octets: number[] = [1]) =>
    hear({
      type: 'audio',
      audio_event: { audio_base_64: Buffer.from(octets).toString('base64'), event_id: id },
    });
  protocol.opened(0);
  return { line, protocol, hear, begin, audio };
}

function readyLine() {
  const opened = openLine();
  opened.begin('ulaw_8000', 'ulaw_8000');
  opened.line.sent.splice(0);
  return opened;
}

describe('the ElevenLabs line', () => {
  it('opens with what the agent is to know, and is ready with the formats it announces', () => {
    const { line, audio, begin } = openLine();
    expect(line.takeMessages()).toEqual([{ type: 'conversation_initiation_client_data', ...initiation }]);
    audio(1);
    expect([line.audio, line.played]).toEqual([undefined, []]);
    begin('pcm_24000', 'pcm_16000');
    expect(line.audio).toEqual({
      toAgent: { encoding: 'l16', rateHz: 16_000 },
      chunkMs: 20,
      fromAgent: { encoding: 'l16', rateHz: 24_000 },
    });
  });

  it.each([
    ['ulaw_8000', 'pcmu', 8000],
    ['alaw_8000', 'pcma', 8000],
    ['pcm_8000', 'l16', 8000],
    ['pcm_16000', 'l16', 16_000],
    ['pcm_22050', 'l16', 22_050],
    ['pcm_24000', 'l16', 24_000],
    ['pcm_44100', 'l16', 44_100],
    ['pcm_48000', 'l16', 48_000],
  ])('reads %s as %s at %i Hz', (format, encoding, rateHz) => {
    const { line, begin } = openLine();
    begin(format, format);
    expect(line.audio).toMatchObject({ toAgent: { encoding, rateHz }, fromAgent: { encoding, rateHz } });
  });

  it.each([['pcm_11025'], ['mp3_44100_64'], [''], [7]])('gives up an agent that speaks %s', (format) => {
    const { line, begin } = openLine();
    begin(format as string, 'ulaw_8000');
    expect([line.ended, line.audio]).toEqual(['rejected', undefined]);
    expect(line.told).toEqual([
      { kind: 'warning', text: `formats that are not spoken here: ulaw_8000, ${format}` },
    ]);
  });

  it('sends the caller without a type, and answers every ping with its id', () => {
    const { line, protocol, hear } = readyLine();
    protocol.caller(Uint8Array.of(1, 2, 3));
    hear({ type: 'ping', ping_event: { event_id: 41, ping_ms: 50 } });
    hear({ type: 'ping', ping_event: { event_id: '42' } });
    expect(line.takeMessages()).toEqual([
      { user_audio_chunk: 'AQID' },
      { type: 'pong', event_id: 41 },
      { type: 'pong', event_id: '42' },
    ]);
  });

  it('drops audio with an id up to that of an interruption, and plays what comes after', () => {
    const { line, hear, audio } = readyLine();
    audio(1);
    audio('2');
    line.unheardMs = 3000;
    line.heardPart = { reply: '0', heardMs: 450 };
    hear({ type: 'interruption', interruption_event: { event_id: 4 } });
    expect(line.flushes).toBe(1);
    expect(line.told).toEqual([{ kind: 'caller-began' }, { kind: 'interrupted', heardMs: 450 }]);
    audio(3);
    audio('4');
    audio(5, [5]);
    expect(line.played.map(({ octets }) => [...octets])).toEqual([[1], [1], [5]]);
    const replies = line.played.map(({ reply }) => reply);
    expect(replies[2]).not.toBe(replies[1]);
    hear({ type: 'interruption', interruption_event: { event_id: 2 } });
    audio(4);
    expect(line.played).toHaveLength(3);
  });

  it('tells a turn: what was said, what is answered, and what of it was heard', () => {
    const { line, hear } = readyLine();
    hear({ type: 'user_transcript', user_transcription_event: { user_transcript: ' When? ' } });
    hear({ type: 'agent_response', agent_response_event: { agent_response: 'At nine, every day. ' } });
    hear({
      type: 'agent_response_correction',
      agent_response_correction_event: {
        original_agent_response: 'At nine, every day.',
        corrected_agent_response: 'At nine...',
      },
    });
    expect(line.told).toEqual([
      { kind: 'caller-ended' },
      { kind: 'caller-said', text: 'When?' },
      { kind: 'agent-said', text: 'At nine, every day.', interrupted: false },
      { kind: 'agent-said', text: 'At nine...', interrupted: true },
    ]);
  });

  it('has its tools called, and answers by the id of the call', () => {
    const { line, protocol, hear } = readyLine();
    const call = { tool_name: 'transfer', tool_call_id: 't1', parameters: { to: '+49211' } };
    hear({ type: 'client_tool_call', client_tool_call: call });
    hear({ type: 'client_tool_call', client_tool_call: { tool_name: 'nameless' } });
    expect(line.told).toEqual([
      { kind: 'tool-call', callId: 't1', name: 'transfer', arguments: { to: '+49211' } },
    ]);
    protocol.told({ kind: 'tool-result', callId: 't1', output: 'busy', isError: true, isLast: false });
    protocol.told({ kind: 'update-instructions', text: 'The caller is a customer.' });
    protocol.told({ kind: 'say', text: 'The parcel has come.' });
    protocol.told({ kind: 'from-caller', text: 'Keys: 1' });
    expect(line.takeMessages()).toEqual([
      { type: 'client_tool_result', tool_call_id: 't1', result: 'busy', is_error: true },
      { type: 'contextual_update', text: 'The caller is a customer.' },
      { type: 'user_message', text: 'The parcel has come.' },
      { type: 'user_message', text: 'Keys: 1' },
    ]);
  });

  it('keeps an answer that ends the call to itself, unless the caller goes on talking', () => {
    const { line, protocol, hear } = readyLine();
    protocol.told({ kind: 'tool-result', callId: 't1', output: '{"ok":true}', isError: false, isLast: true });
    expect(line.sent).toEqual([]);
    hear({ type: 'user_transcript', user_transcription_event: { user_transcript: 'Wait!' } });
    expect(line.takeMessages()).toEqual([
      { type: 'client_tool_result', tool_call_id: 't1', result: '{"ok":true}', is_error: false },
    ]);
  });

  it('goes on after garbage', () => {
    const { line, protocol, hear } = readyLine();
    for (const text of ['', '<html>', '[]', 'null']) protocol.text(text);
    for (const type of [
      'audio',
      'interruption',
      'ping',
      'user_transcript',
      'agent_response',
      'client_tool_call',
      7,
    ])
      hear({ type });
    protocol.octets(new Uint8Array(3));
    expect([line.ended, line.played]).toEqual([undefined, []]);
  });
});
