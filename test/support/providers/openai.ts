/** OpenAI as `openai` 6.49 knows it, and servers of one's own: `/v1/audio/transcriptions` and `/v1/audio/speech`. */
import { parseWav } from '../../../src/audio/wav.ts';
import {
  type HttpAnswer,
  jsonAnswer,
  type ProviderFake,
  type ReceivedPost,
  spokenAnswer,
} from './provider-server.ts';

export interface FakeOpenAiOptions {
  readonly key?: string;
  /** What is heard in each file, one after the other. */
  readonly says?: readonly string[];
}

export interface FakeOpenAi extends ProviderFake {
  /** What the files held, and the fields beside them. */
  readonly heard: { readonly samples: Int16Array; readonly fields: Readonly<Record<string, string>> }[];
}

export function fakeOpenAi({ key = 'openai-key', says = [] }: FakeOpenAiOptions = {}): FakeOpenAi {
  const texts = [...says];
  const heard: FakeOpenAi['heard'] = [];
  return {
    heard,
    isAuthorized: ({ headers }) => headers.authorization === `Bearer ${key}`,
    unauthorized: { error: { message: `Incorrect API key provided: ${key}.`, code: 'invalid_api_key' } },
    mistakeIn: ({ pathname }) => (pathname.startsWith('/v1/audio/') ? undefined : 'no such path'),
    post: (request) =>
      request.url.pathname === '/v1/audio/speech' ? speak(request) : transcribe(request, texts, heard),
  };
}

function speak({ body }: ReceivedPost): HttpAnswer {
  const { model, voice, input, response_format: format } = JSON.parse(body.toString());
  if (model === undefined || voice === undefined || input === undefined)
    return jsonAnswer(400, { error: { message: 'model, voice and input are required' } });
  if (format !== 'pcm') return jsonAnswer(400, { error: { message: 'these tests speak PCM' } });
  return spokenAnswer(input, 24_000, 'audio/pcm');
}

async function transcribe(
  { headers, body }: ReceivedPost,
  texts: string[],
  heard: FakeOpenAi['heard'],
): Promise<HttpAnswer> {
  const contentType = headers['content-type'] ?? '';
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': contentType },
  }).formData();
  const file = form.get('file');
  if (!(file instanceof File) || !form.has('model'))
    return jsonAnswer(400, { error: { message: 'file and model are required' } });
  const wav = parseWav(new Uint8Array(await file.arrayBuffer()));
  if (!wav.ok) return jsonAnswer(400, { error: { message: `Invalid file format: ${wav.reason}` } });
  const fields = Object.fromEntries(
    [...form.entries()].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
  heard.push({ samples: wav.value.samples, fields });
  return jsonAnswer(200, { text: texts.shift() ?? '' });
}
