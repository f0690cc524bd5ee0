/**
 * Azure as `microsoft-cognitiveservices-speech-sdk` 1.52 knows it: the Universal Speech Protocol for recognition, and
 * the REST endpoint for speech, both below one base URL as a resource with a domain of its own has them.
 */
import { parseWavFormat } from '../../../src/audio/wav-format.ts';
import { type FakeConnection, type HttpAnswer, type ProviderFake, spokenAnswer } from './provider-server.ts';

export interface FakeAzureOptions {
  readonly key?: string;
  /** What is heard in each request, one after the other. */
  readonly says?: readonly string[];
}

export interface AzureMessage {
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Buffer;
}

export function fakeAzure({ key = 'azure-key', says = [] }: FakeAzureOptions = {}): ProviderFake {
  const texts = [...says];
  return {
    // The library has no headers to give where the runtime has a WebSocket of its own: there the address holds the key.
    isAuthorized: ({ headers, url = '' }) =>
      headers['ocp-apim-subscription-key'] === key ||
      new URL(url, 'http://azure').searchParams.get('Ocp-Apim-Subscription-Key') === key,
    unauthorized: { error: { code: '401', message: `Access denied due to invalid key ${key}` } },
    mistakeIn: ({ pathname, searchParams }) => {
      if (pathname === '/tts/cognitiveservices/v1') return undefined;
      if (pathname !== '/stt/speech/universal/v2') return 'no such path';
      return searchParams.has('language') ? undefined : 'no language';
    },
    post: ({ headers, body }) => synthesize(String(headers['x-microsoft-outputformat']), body.toString()),
    connect: (connection) => recognize(connection, texts),
  };
}

/** Header lines and payload of a message, text or octets. */
export function parseAzureMessage(data: Buffer | string): AzureMessage {
  const octets = Buffer.from(data);
  const isText = typeof data === 'string';
  const headEnd = isText ? octets.indexOf('\r\n\r\n') : 2 + octets.readUInt16BE(0);
  const head = octets.subarray(isText ? 0 : 2, headEnd).toString();
  const headers = head
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => [line.split(':')[0]!.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const);
  return { headers: new Map(headers), payload: octets.subarray(isText ? headEnd + 4 : headEnd) };
}

/** A request is configuration, context, the header of a WAV stream, then audio until some has no length. */
function recognize({ socket, send }: FakeConnection, texts: string[]): void {
  let requestId = '';
  let seen: string[] = [];
  let rateHz = 0;
  let samples = 0;
  let isTold = false;
  const say = (path: string, body: unknown) =>
    send(
      `X-RequestId:${requestId}\r\nContent-Type:application/json; charset=utf-8\r\nPath:${path}\r\n\r\n${JSON.stringify(body)}`,
    );
  const refuse = (why: string) => socket.close(1007, why);
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    const { headers, payload } = parseAzureMessage(isBinary ? data : data.toString());
    const path = headers.get('path') ?? '';
    const id = headers.get('x-requestid') ?? '';
    if (path === 'telemetry') return;
    if (!/^[0-9A-F]{32}$/i.test(id)) return refuse('no X-RequestId');
    if (!/^\d{4}-\d\d-\d\dT/.test(headers.get('x-timestamp') ?? '')) return refuse('no X-Timestamp');
    if (id !== requestId) {
      requestId = id;
      seen = [];
      samples = 0;
      isTold = false;
    }
    if (path !== 'audio') {
      JSON.parse(payload.toString());
      seen.push(path);
      return;
    }
    if (!seen.includes('speech.config') || !seen.includes('speech.context')) return refuse('no context');
    if (!seen.includes('audio')) {
      seen.push('audio');
      const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
      const format = parseWavFormat(view, 20, 16, true);
      if (headers.get('content-type') !== 'audio/x-wav' || !format.ok) return refuse('no WAV header');
      rateHz = format.value.rateHz;
      say('turn.start', { context: { serviceTag: 'x' } });
      return;
    }
    samples += payload.length / 2;
    const Duration = Math.round((samples / rateHz) * 1e7);
    if (payload.length > 0) {
      if (isTold || samples < rateHz / 2) return;
      isTold = true;
      say('speech.startDetected', { Offset: 0 });
      say('speech.hypothesis', { Text: (texts[0] ?? '').toLowerCase(), Offset: 0, Duration });
      return;
    }
    const text = texts.shift();
    const phrase =
      text === undefined
        ? { RecognitionStatus: 'InitialSilenceTimeout', Offset: 0, Duration }
        : { RecognitionStatus: 'Success', DisplayText: text, Offset: 0, Duration };
    say('speech.phrase', phrase);
    say('speech.endDetected', { Offset: Duration });
    say('turn.end', {});
  });
}

/** What the service asks of a document: a root with version and language, and voices in it. */
function synthesize(format: string, document: string): HttpAnswer {
  const rate = /^raw-(8|16|24)khz-16bit-mono-pcm$/.exec(format)?.[1];
  const root = /^<speak version="1\.0" xmlns="[^"]+"[^>]* xml:lang="[a-z]{2,3}-[A-Z]{2}">/.test(document);
  const tags = [...document.matchAll(/<(\/?)([\w:]+)[^>]*?(\/?)>/g)];
  const open: string[] = [];
  let isWellFormed = root && /<voice name="[^"]+">/.test(document);
  for (const [, close, name, empty] of tags) {
    if (close === '/') isWellFormed &&= open.pop() === name;
    else if (empty !== '/') open.push(name!);
  }
  if (rate === undefined || !isWellFormed || open.length > 0)
    return { status: 400, contentType: 'text/plain', parts: [Buffer.from('The document is not valid.')] };
  const text = document.replace(/<[^>]*>/g, '');
  return spokenAnswer(text, Number(rate) * 1000, 'audio/basic');
}
