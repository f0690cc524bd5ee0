import { describe, expect, it } from 'vitest';
import { ElevenLabsProtocol } from '../../../src/speech/stt/elevenlabs.ts';
import type { ProtocolOptions } from '../../../src/speech/stt/streaming-protocol.ts';
import { providers, recognition } from '../../support/providers/settings.ts';

const create = (options: Partial<ProtocolOptions> = {}) =>
  new ElevenLabsProtocol(providers.elevenLabs, { ...recognition, ...options });
const said = (type: string, text?: string) => JSON.stringify({ message_type: type, text });

describe('the address of ElevenLabs', () => {
  it('asks for raw samples and commits by hand, with the first language alone', () => {
    const { url, headers } = create({ languages: ['de-DE', 'en-US'] });
    expect(url).toBe(
      'wss://elevenlabs.test/v1/speech-to-text/realtime?model_id=scribe_v2_realtime&audio_format=pcm_8000' +
        '&commit_strategy=manual&language_code=de',
    );
    expect(headers).toEqual({ 'xi-api-key': 'elevenlabs-key' });
  });

  it('leaves the language to the service where none is asked for', () => {
    expect(new URL(create().url).searchParams.has('language_code')).toBe(false);
  });

  it('carries fifty words of twenty characters at most', () => {
    const vocabulary = ['x'.repeat(21), ...Array.from({ length: 60 }, (_, index) => `word ${index}`)];
    const words = new URL(create({ vocabulary }).url).searchParams.getAll('keyterms');
    expect(words).toEqual(vocabulary.slice(1, 51));
  });
});

describe('talking with ElevenLabs', () => {
  it('sends samples in base64, and commits with a chunk of none', () => {
    const protocol = create();
    protocol.startTurn(1);
    const [audio] = protocol.audio(Int16Array.of(1, -2));
    expect(JSON.parse(String(audio))).toEqual({
      message_type: 'input_audio_chunk',
      audio_base_64: 'AQD+/w==',
      commit: false,
      sample_rate: 8000,
    });
    const [commit] = protocol.endTurn();
    expect(JSON.parse(String(commit))).toMatchObject({ audio_base_64: '', commit: true });
  });

  it('tells partial and committed transcripts of one turn after the other', () => {
    const protocol = create();
    protocol.startTurn(1);
    expect(protocol.receive(said('partial_transcript', 'hel'))).toEqual([
      { kind: 'interim', turn: 1, text: 'hel' },
    ]);
    protocol.endTurn();
    protocol.startTurn(2);
    expect(protocol.receive(said('committed_transcript', 'Hello.'))).toEqual([
      { kind: 'segment', turn: 1, text: 'Hello.' },
      { kind: 'complete', turn: 1 },
    ]);
    expect(protocol.receive(said('partial_transcript', 'and'))).toEqual([
      { kind: 'interim', turn: 2, text: 'and' },
    ]);
  });

  it('takes a commit that nobody asked for as a part of a turn that goes on', () => {
    const protocol = create();
    protocol.startTurn(1);
    expect(protocol.receive(said('committed_transcript', 'Ninety seconds later'))).toEqual([
      { kind: 'segment', turn: 1, text: 'Ninety seconds later' },
    ]);
  });

  it('has nothing to tell of a turn too short to be committed', () => {
    const protocol = create();
    protocol.startTurn(1);
    protocol.endTurn();
    expect(protocol.receive(said('commit_throttled'))).toEqual([
      { kind: 'segment', turn: 1, text: '' },
      { kind: 'complete', turn: 1 },
    ]);
  });

  it.each([
    ['auth_error', 'unauthorized', true],
    ['quota_exceeded', 'refused', true],
    ['invalid_request', 'refused', true],
    ['unaccepted_terms', 'refused', true],
    ['rate_limited', 'overloaded', false],
    ['resource_exhausted', 'overloaded', false],
    ['queue_overflow', 'overloaded', false],
    ['transcriber_error', 'bad-response', false],
  ])('has %s as %s', (type, reason, lasting) => {
    expect(create().receive(said(type))).toEqual([{ kind: 'failed', reason, lasting }]);
  });

  it.each([
    'session_started',
    'final_transcript',
    'committed_transcript_with_timestamps',
    'partial_transcript',
  ])('passes over %s outside of turns', (type) => {
    expect(create().receive(said(type, 'x'))).toEqual([]);
  });

  it.each(['', '{}', '[1]', 'hello', '{"message_type":"partial_transcript","text":{}}'])(
    'takes %j for a message that means nothing',
    (message) => {
      expect(create().receive(message)).toEqual([{ kind: 'failed', reason: 'bad-response', lasting: false }]);
    },
  );
});
