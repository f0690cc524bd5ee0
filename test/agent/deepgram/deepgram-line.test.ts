import { describe, expect, it } from 'vitest';
import { createDeepgramLine } from '../../../src/agent/deepgram/deepgram-line.ts';
import type { LineCall } from '../../../src/agent/voice-agent/line-protocol.ts';
import { inboundLineCall, RecordingLine } from '../../support/recording-line.ts';

const agent = { think: { provider: { type: 'open_ai', model: 'gpt-4o-mini' } }, greeting: 'Hello.' };

function openLine(codec: LineCall['codec'] = 'PCMU', audio = 'as-the-phone') {
  const line = new RecordingLine();
  const settings = { settings: { tags: ['reception'], agent }, audio, tools: [] };
  const protocol = createDeepgramLine(line, { ...inboundLineCall, codec }, settings);
  const hear = (message: object) => protocol.text(JSON.stringify(message));
  protocol.opened(0);
  return { line, protocol, hear };
}

function readyLine() {
  const opened = openLine();
  opened.hear({ type: 'Welcome', request_id: 'x' });
  opened.hear({ type: 'SettingsApplied' });
  opened.line.sent.splice(0);
  return opened;
}

describe('the Deepgram line', () => {
  it('sends its settings after Welcome, and is ready when they are applied', () => {
    const { line, protocol, hear } = openLine();
    protocol.octets(new Uint8Array(160));
    expect([line.sent, line.audio, line.played]).toEqual([[], undefined, []]);
    hear({ type: 'SettingsApplied' });
    expect(line.audio).toBeUndefined();
    hear({ type: 'Welcome', request_id: 'x' });
    hear({ type: 'Welcome', request_id: 'x' });
    const mulaw = { encoding: 'mulaw', sample_rate: 8000 };
    expect(line.takeMessages()).toEqual([
      {
        type: 'Settings',
        tags: ['reception'],
        agent,
        audio: { input: mulaw, output: { ...mulaw, container: 'none' } },
      },
    ]);
    hear({ type: 'SettingsApplied' });
    const pcmu = { encoding: 'pcmu', rateHz: 8000 };
    expect(line.audio).toEqual({ toAgent: pcmu, chunkMs: 20, fromAgent: pcmu });
  });

  it.each([
    ['PCMU', 'as-the-phone', 'mulaw', 'pcmu', 8000],
    ['PCMA', 'as-the-phone', 'alaw', 'pcma', 8000],
    ['G722', 'as-the-phone', 'linear16', 'l16', 16_000],
    ['PCMU', 'pcma', 'alaw', 'pcma', 8000],
    ['PCMA', 'pcmu', 'mulaw', 'pcmu', 8000],
    ['PCMA', 'pcm', 'linear16', 'l16', 16_000],
  ] as const)('gives a phone with %s and audio %s %s', (codec, audio, name, encoding, rateHz) => {
    const { line, hear } = openLine(codec, audio);
    hear({ type: 'Welcome' });
    hear({ type: 'SettingsApplied' });
    expect(line.takeMessages()[0]).toMatchObject({
      audio: { input: { encoding: name, sample_rate: rateHz }, output: { encoding: name } },
    });
    expect(line.audio).toMatchObject({ toAgent: { encoding, rateHz }, fromAgent: { encoding, rateHz } });
  });

  it('sends and plays audio as it is, in binary messages', () => {
    const { line, protocol } = readyLine();
    const chunk = new Uint8Array(160).fill(1);
    protocol.caller(chunk);
    chunk.fill(2);
    expect(line.sent).toEqual([new Uint8Array(160).fill(1)]);
    protocol.octets(new Uint8Array(4000).fill(5));
    expect(line.played[0]!.octets).toEqual(new Uint8Array(4000).fill(5));
  });

  it('takes back the reply that the caller interrupts, and what is still on its way', () => {
    const { line, protocol, hear } = readyLine();
    protocol.octets(Uint8Array.of(1));
    line.unheardMs = 2000;
    line.heardPart = { reply: '0', heardMs: 700 };
    hear({ type: 'UserStartedSpeaking' });
    expect(line.flushes).toBe(1);
    expect(line.told).toEqual([{ kind: 'caller-began' }, { kind: 'interrupted', heardMs: 700 }]);
    protocol.octets(Uint8Array.of(2));
    hear({ type: 'ConversationText', role: 'user', content: 'Stop.' });
    protocol.octets(Uint8Array.of(3));
    const [first, late, next] = line.played.map(({ reply }) => reply);
    expect(late).toBe(first);
    expect(next).not.toBe(first);
  });

  it('plays an answer without any word before it when the reply before it had been sent whole', () => {
    const { line, protocol, hear } = readyLine();
    protocol.octets(Uint8Array.of(1));
    hear({ type: 'AgentAudioDone' });
    hear({ type: 'UserStartedSpeaking' });
    protocol.octets(Uint8Array.of(2));
    const [first, next] = line.played.map(({ reply }) => reply);
    expect(next).not.toBe(first);
    expect(line.told).toEqual([{ kind: 'caller-began' }]);
  });

  it('is one reply over several sentences', () => {
    const { line, protocol, hear } = readyLine();
    for (const content of ['One.', 'Two.']) {
      hear({ type: 'ConversationText', role: 'assistant', content });
      protocol.octets(Uint8Array.of(1));
    }
    expect(new Set(line.played.map(({ reply }) => reply)).size).toBe(1);
    expect(line.told).toEqual([
      { kind: 'agent-said', text: 'One.', interrupted: false },
      { kind: 'agent-said', text: 'Two.', interrupted: false },
    ]);
  });

  it('tells a turn: what was said, and that an answer is due', () => {
    const { line, hear } = readyLine();
    hear({ type: 'ConversationText', role: 'user', content: 'When do you open?' });
    hear({ type: 'AgentThinking', content: 'opening hours' });
    expect(line.told).toEqual([
      { kind: 'caller-ended' },
      { kind: 'caller-said', text: 'When do you open?' },
      { kind: 'agent-thinks' },
    ]);
  });

  it('has its functions called, and answers with their name', () => {
    const { line, protocol, hear } = readyLine();
    hear({
      type: 'FunctionCallRequest',
      functions: [
        { id: 'f1', name: 'transfer', arguments: '{"to":"+49211"}', client_side: true },
        { id: 'f2', name: 'weather', arguments: '{}', client_side: false },
        { id: 'f3', name: 'hang_up', arguments: 'nonsense', client_side: true },
        'garbage',
      ],
    });
    expect(line.told).toEqual([
      { kind: 'tool-call', callId: 'f1', name: 'transfer', arguments: { to: '+49211' } },
      { kind: 'tool-call', callId: 'f3', name: 'hang_up', arguments: {} },
    ]);
    hear({ type: 'FunctionCallCancelled', functions: [{ id: 'f3', name: 'hang_up' }] });
    const result = { kind: 'tool-result', output: 'busy', isError: false, isLast: false };
    for (const callId of ['f1', 'f1', 'f2', 'f3']) protocol.told({ ...result, callId });
    expect(line.takeMessages()).toEqual([
      { type: 'FunctionCallResponse', id: 'f1', name: 'transfer', content: 'busy' },
    ]);
  });

  it('keeps an answer that ends the call to itself, unless the caller goes on talking', () => {
    const { line, protocol, hear } = readyLine();
    const functions = [{ id: 'f1', name: 'hangup_call', arguments: '{}', client_side: true }];
    hear({ type: 'FunctionCallRequest', functions });
    protocol.told({ kind: 'tool-result', callId: 'f1', output: '{"ok":true}', isError: false, isLast: true });
    expect(line.sent).toEqual([]);
    hear({ type: 'UserStartedSpeaking' });
    hear({ type: 'UserStartedSpeaking' });
    expect(line.takeMessages()).toEqual([
      { type: 'FunctionCallResponse', id: 'f1', name: 'hangup_call', content: '{"ok":true}' },
    ]);
  });

  it('gives up a backend that sends nothing but garbage', () => {
    const { line, protocol } = readyLine();
    for (let count = 0; count < 21; count++) protocol.text('<html>');
    expect(line.ended).toBe('protocol-error');
  });

  it('says and learns what it is told', () => {
    const { line, protocol } = readyLine();
    protocol.told({ kind: 'say', text: 'One moment.' });
    protocol.told({ kind: 'update-instructions', text: 'Be brief.' });
    protocol.told({ kind: 'from-caller', text: 'Keys: 1' });
    expect(line.takeMessages()).toEqual([
      { type: 'InjectAgentMessage', message: 'One moment.' },
      { type: 'UpdatePrompt', prompt: 'Be brief.' },
      { type: 'InjectUserMessage', content: 'Keys: 1' },
    ]);
  });

  it('gives a sign of life after eight seconds without anything to send', () => {
    const { line, protocol } = readyLine();
    for (let second = 0; second < 7; second++) protocol.second();
    protocol.caller(new Uint8Array(160));
    line.sent.splice(0);
    for (let second = 0; second < 7; second++) protocol.second();
    expect(line.sent).toEqual([]);
    for (let second = 0; second < 9; second++) protocol.second();
    expect(line.takeMessages()).toEqual([{ type: 'KeepAlive' }, { type: 'KeepAlive' }]);
  });

  it('gives up at an error, before it is ready too, and goes on after a warning or garbage', () => {
    const { line, protocol, hear } = readyLine();
    hear({ type: 'Warning', code: 'SLOW', description: 'Slow.' });
    protocol.text('<html>');
    hear({ type: 'Tomorrow' });
    expect(line.ended).toBeUndefined();
    expect(line.told).toEqual([
      { kind: 'warning', text: 'SLOW: Slow.' },
      { kind: 'warning', text: 'a message that is no JSON' },
    ]);
    hear({ type: 'Error', code: 'FAILED_TO_THINK', description: 'No model.' });
    expect(line.ended).toBe('rejected');

    const early = openLine();
    early.hear({ type: 'Error', code: 'INVALID_SETTINGS', description: 'No.' });
    expect(early.line.ended).toBe('rejected');
  });
});
