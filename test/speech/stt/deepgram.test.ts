import { describe, expect, it } from 'vitest';
import { DeepgramProtocol } from '../../../src/speech/stt/deepgram.ts';
import type { ProtocolOptions } from '../../../src/speech/stt/streaming-protocol.ts';
import { providers, recognition } from '../../support/providers/settings.ts';

const create = (options: Partial<ProtocolOptions> = {}, sttModel = 'nova-3') =>
  new DeepgramProtocol({ ...providers.deepgram, sttModel }, { ...recognition, ...options });
const second = new Int16Array(8000);

function results(fields: {
  text: string;
  start: number;
  duration: number;
  final?: boolean;
  finalize?: boolean;
}): string {
  return JSON.stringify({
    type: 'Results',
    channel_index: [0, 1],
    start: fields.start,
    duration: fields.duration,
    is_final: fields.final ?? false,
    speech_final: false,
    from_finalize: fields.finalize ?? false,
    channel: { alternatives: [{ transcript: fields.text, confidence: 0.9, words: [] }] },
    metadata: { request_id: 'x' },
  });
}

describe('the address of Deepgram', () => {
  it('asks for interim transcripts of raw samples, and keeps the key out of it', () => {
    const { url, headers } = create({ languages: ['de-DE'] });
    expect(url).toBe(
      'wss://deepgram.test/v1/listen?model=nova-3&language=de&encoding=linear16&sample_rate=8000&channels=1' +
        '&interim_results=true&punctuate=true&smart_format=true&endpointing=300',
    );
    expect(headers).toEqual({ Authorization: 'Token deepgram-key' });
  });

  it.each([
    [[], 'en'],
    [['en-GB'], 'en-GB'],
    [['de-AT'], 'de'],
    [['de-CH'], 'de-CH'],
    [['nb-NO'], 'no'],
    [['PT-BR'], 'pt-BR'],
    [['de-DE', 'en-US'], 'multi'],
  ])('has the languages %j as %s', (languages, expected) => {
    expect(new URL(create({ languages }).url).searchParams.get('language')).toBe(expected);
  });

  it('carries the words to expect, named as the model knows them', () => {
    const vocabulary = ['Patchbay', 'sip & co'];
    expect(new URL(create({ vocabulary }).url).searchParams.getAll('keyterm')).toEqual(vocabulary);
    expect(new URL(create({ vocabulary }, 'nova-2').url).searchParams.getAll('keywords')).toEqual(vocabulary);
  });

  it('stays within what the service takes of words', () => {
    const vocabulary = Array.from({ length: 300 }, (_, index) => `word number ${index}`);
    const words = new URL(create({ vocabulary }).url).searchParams.getAll('keyterm');
    expect(words.length).toBe(100);
    expect(create({ vocabulary: Array(100).fill('x'.repeat(200)) }).url.length).toBeLessThan(3000);
  });
});

describe('talking with Deepgram', () => {
  it('sends samples in little-endian octets, and asks for what is left at the end of a turn', () => {
    const protocol = create();
    expect(protocol.startTurn(1)).toEqual([]);
    expect(protocol.audio(Int16Array.of(1, -2, 0x1234))).toEqual([
      Uint8Array.of(1, 0, 0xfe, 0xff, 0x34, 0x12),
    ]);
    expect(protocol.endTurn()).toEqual(['{"type":"Finalize"}']);
    expect(protocol.keepAlive).toEqual({ everyMs: 4000, message: '{"type":"KeepAlive"}' });
    expect(protocol.farewell()).toEqual(['{"type":"CloseStream"}']);
  });

  it('tells interim words, then parts, then that the turn is complete', () => {
    const protocol = create();
    protocol.startTurn(7);
    protocol.audio(second);
    expect(protocol.receive(results({ text: 'hello', start: 0, duration: 0.8 }))).toEqual([
      { kind: 'interim', turn: 7, text: 'hello' },
    ]);
    expect(protocol.receive(results({ text: 'Hello.', start: 0, duration: 0.9, final: true }))).toEqual([
      { kind: 'segment', turn: 7, text: 'Hello.' },
    ]);
    protocol.endTurn();
    expect(
      protocol.receive(results({ text: '', start: 0.9, duration: 0.1, final: true, finalize: true })),
    ).toEqual([
      { kind: 'segment', turn: 7, text: '' },
      { kind: 'complete', turn: 7 },
    ]);
  });

  it('takes a final part that reaches the end of the turn for the last one, finalised or not', () => {
    const protocol = create();
    protocol.startTurn(1);
    protocol.audio(second);
    protocol.endTurn();
    const [, complete] = protocol.receive(results({ text: 'Yes.', start: 0, duration: 1, final: true }));
    expect(complete).toEqual({ kind: 'complete', turn: 1 });
  });

  it('gives words that come late to the turn in which they were said', () => {
    const protocol = create();
    protocol.startTurn(1);
    protocol.audio(second);
    protocol.endTurn();
    protocol.startTurn(2);
    protocol.audio(second);
    expect(
      protocol.receive(results({ text: 'First.', start: 0, duration: 1, final: true, finalize: true })),
    ).toEqual([
      { kind: 'segment', turn: 1, text: 'First.' },
      { kind: 'complete', turn: 1 },
    ]);
    expect(protocol.receive(results({ text: 'second', start: 1, duration: 0.6 }))).toEqual([
      { kind: 'interim', turn: 2, text: 'second' },
    ]);
    const empty = { text: '', start: 1, duration: 0, final: true, finalize: true };
    expect(protocol.receive(results(empty))[0]).toMatchObject({ turn: 1 });
  });

  it.each([
    ['Metadata', '{"type":"Metadata","request_id":"x","duration":1}'],
    ['SpeechStarted', '{"type":"SpeechStarted","channel":[0],"timestamp":0.1}'],
    ['UtteranceEnd', '{"type":"UtteranceEnd","channel":[0,1],"last_word_end":2.1}'],
    ['Results before any turn', results({ text: 'x', start: 0, duration: 1 })],
  ])('passes over %s', (_name, message) => {
    expect(create().receive(message)).toEqual([]);
  });

  it.each(['', 'null', '[]', '{', '{"type":7}', '<html>', '{"type":"Results","start":"x"}'])(
    'takes %j for a message that means nothing',
    (message) => {
      expect(create().receive(message)).toEqual([{ kind: 'failed', reason: 'bad-response', lasting: false }]);
    },
  );

  it('takes octets for a message that means nothing', () => {
    expect(create().receive(new Uint8Array(100))).toMatchObject([{ reason: 'bad-response' }]);
  });
});
