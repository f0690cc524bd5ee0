import { describe, expect, it } from 'vitest';
import { parseWavFormat } from '../../../src/audio/wav-format.ts';
import { AzureProtocol } from '../../../src/speech/stt/azure.ts';
import { parseTextFrame } from '../../../src/speech/stt/azure-frames.ts';
import type { ProtocolOptions, WireMessage } from '../../../src/speech/stt/streaming-protocol.ts';
import { providers, recognition } from '../../support/providers/settings.ts';

function create(options: Partial<ProtocolOptions> = {}, baseUrl?: string): AzureProtocol {
  let ids = 0;
  const settings = baseUrl === undefined ? providers.azure : { ...providers.azure, baseUrl };
  return new AzureProtocol(
    settings,
    { ...recognition, ...options },
    { wallMs: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678), newId: () => String(ids++).padStart(32, '0') },
  );
}

function binary(message: WireMessage): { head: string; payload: Buffer } {
  const octets = Buffer.from(message as Uint8Array);
  const length = octets.readUInt16BE(0);
  return { head: octets.subarray(2, 2 + length).toString(), payload: octets.subarray(2 + length) };
}

function body(message: WireMessage): Record<string, unknown> {
  return JSON.parse(parseTextFrame(message)!.body) as Record<string, unknown>;
}

const said = (path: string, requestId: number, fields: unknown) =>
  `X-RequestId:${String(requestId).padStart(32, '0')}\r\nContent-Type:application/json; charset=utf-8\r\nPath:${path}\r\n\r\n${JSON.stringify(fields)}`;

describe('the address of Azure', () => {
  it('is that of the region, or of a resource with a domain of its own, and never holds the key', () => {
    const { url, headers } = create({ languages: ['de-DE'] });
    expect(url).toBe(
      'wss://westeurope.stt.speech.microsoft.com/stt/speech/universal/v2?language=de-DE&format=simple&segmentationSilenceTimeoutMs=700',
    );
    expect(headers).toEqual({
      'Ocp-Apim-Subscription-Key': 'azure-key',
      'X-ConnectionId': '0'.repeat(32),
    });
    expect(create({}, 'https://acme.cognitiveservices.azure.com/').url).toMatch(
      /^wss:\/\/acme\.cognitiveservices\.azure\.com\/stt\/speech\/universal\/v2\?language=en-US&/,
    );
  });

  it.each([
    [['de'], 'de-DE'],
    [['en'], 'en-US'],
    [['pt'], 'pt-BR'],
    [['es-419'], 'es-ES'],
    [['no'], 'nb-NO'],
    [['zh-Hans-CN'], 'zh-CN'],
    [['not a tag'], 'en-US'],
  ])('has the languages %j as %s', (languages, expected) => {
    expect(new URL(create({ languages }).url).searchParams.get('language')).toBe(expected);
  });

  it('asks for the language to be told among several, four at most', () => {
    const protocol = create({ languages: ['de', 'en-US', 'fr-FR', 'es-ES', 'it-IT'] });
    expect(new URL(protocol.url).searchParams.get('lidEnabled')).toBe('true');
    const context = body(protocol.startTurn(1)[1]!);
    expect(context['languageId']).toMatchObject({
      languages: ['de-DE', 'en-US', 'fr-FR', 'es-ES'],
      mode: 'DetectContinuous',
    });
  });
});

describe('talking with Azure', () => {
  it('begins a turn with configuration, context and the header of a WAV stream', () => {
    const protocol = create({ languages: ['de-DE'], vocabulary: ['Patchbay'], endOfTurnSilenceMs: 20 });
    const [config, context, header] = protocol.startTurn(1);
    expect(String(config)).toMatch(
      /^Path: speech\.config\r\nX-RequestId: 0{31}1\r\nX-Timestamp: 2026-01-02T03:04:05\.678Z\r\nContent-Type: application\/json\r\n\r\n\{/,
    );
    expect(body(context!)).toEqual({
      phraseDetection: {
        mode: 'Conversation',
        language: 'de-DE',
        conversation: { segmentation: { mode: 'Custom', segmentationSilenceTimeoutMs: 100 } },
        enrichment: {},
      },
      phraseOutput: {},
      dgi: { groups: [{ type: 'Generic', items: [{ text: 'Patchbay' }] }], bias: 1 },
    });
    const { head, payload } = binary(header!);
    expect(head).toContain('Path: audio\r\n');
    expect(head).toContain('Content-Type: audio/x-wav\r\n');
    expect(payload.length).toBe(44);
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    expect(parseWavFormat(view, 20, 16, true)).toMatchObject({
      ok: true,
      value: { encoding: 'pcm', channels: 1, rateHz: 8000, sampleOctets: 2 },
    });
  });

  it('ends a turn with audio of no length, and the next one has an identifier of its own', () => {
    const protocol = create();
    protocol.startTurn(1);
    expect(binary(protocol.audio(Int16Array.of(1, -2))[0]!).payload).toEqual(Buffer.of(1, 0, 0xfe, 0xff));
    const [end] = protocol.endTurn();
    expect(binary(end!)).toMatchObject({ payload: Buffer.alloc(0) });
    expect(binary(end!).head).toContain(`X-RequestId: ${'0'.repeat(31)}1`);
    expect(String(protocol.startTurn(2)[0])).toContain(`X-RequestId: ${'0'.repeat(31)}2`);
  });

  it('tells hypotheses and phrases of the turn whose request they answer', () => {
    const protocol = create();
    protocol.startTurn(1);
    protocol.endTurn();
    protocol.startTurn(2);
    expect(protocol.receive(said('turn.start', 1, { context: { serviceTag: 'x' } }))).toEqual([]);
    expect(
      protocol.receive(said('speech.hypothesis', 2, { Text: 'second', Offset: 0, Duration: 1 })),
    ).toEqual([{ kind: 'interim', turn: 2, text: 'second' }]);
    const phrase = { RecognitionStatus: 'Success', DisplayText: 'First.', Offset: 0, Duration: 1 };
    expect(protocol.receive(said('speech.phrase', 1, phrase))).toEqual([
      { kind: 'segment', turn: 1, text: 'First.' },
    ]);
    expect(protocol.receive(said('turn.end', 1, {}))).toEqual([{ kind: 'complete', turn: 1 }]);
    expect(protocol.receive(said('turn.end', 1, {}))).toEqual([]);
  });

  it.each(['NoMatch', 'InitialSilenceTimeout', 'BabbleTimeout', 'EndOfDictation'])(
    'hears no words in a phrase of %s',
    (RecognitionStatus) => {
      const protocol = create();
      protocol.startTurn(1);
      expect(protocol.receive(said('speech.phrase', 1, { RecognitionStatus }))).toEqual([]);
    },
  );

  it('goes on with another request when the service ends one while the caller speaks', () => {
    const protocol = create();
    protocol.startTurn(1);
    expect(protocol.receive(said('turn.end', 1, {}))).toEqual([]);
    const messages = protocol.audio(new Int16Array(800));
    expect(messages.length).toBe(4);
    expect(String(messages[0])).toContain(`X-RequestId: ${'0'.repeat(31)}2`);
    protocol.endTurn();
    expect(protocol.receive(said('turn.end', 2, {}))).toEqual([{ kind: 'complete', turn: 1 }]);
  });

  it.each([
    ['Error', 'bad-response', false],
    ['TooManyRequests', 'overloaded', false],
    ['BadRequest', 'refused', true],
    ['Forbidden', 'unauthorized', true],
  ])('has a phrase of %s as %s', (RecognitionStatus, reason, lasting) => {
    const protocol = create();
    protocol.startTurn(1);
    expect(protocol.receive(said('speech.phrase', 1, { RecognitionStatus }))).toEqual([
      { kind: 'failed', reason, lasting },
    ]);
  });

  it.each(['', 'hello', '\r\n\r\n', 'X: y\r\n\r\n{}', `Path: ${'x'.repeat(5000)}\r\n\r\n{}`])(
    'takes %j for a message that means nothing',
    (message) => {
      expect(create().receive(message)).toEqual([{ kind: 'failed', reason: 'bad-response', lasting: false }]);
    },
  );

  it.each(['speech.hypothesis', 'speech.phrase'])('takes %s without words for one too', (path) => {
    const protocol = create();
    protocol.startTurn(1);
    expect(protocol.receive(said(path, 1, { Offset: 1 }))).toMatchObject([{ reason: 'bad-response' }]);
  });
});
