import type { FormData } from 'undici';
import { describe, expect, it } from 'vitest';
import { parseWav } from '../../../src/audio/wav.ts';
import { parseTranscription, transcriptionRequest } from '../../../src/speech/stt/openai.ts';
import { providers, recognition } from '../../support/providers/settings.ts';

const samples = Int16Array.of(1, -2, 3);

describe('a turn for an OpenAI-compatible server', () => {
  it('is a WAV file with the model, one language and the words to expect', async () => {
    const { url, headers, body } = transcriptionRequest(providers.openai, samples, {
      ...recognition,
      languages: ['de-DE', 'en-US'],
      vocabulary: ['Patchbay', 'sipgate'],
    });
    expect(url).toBe('https://openai.test/v1/audio/transcriptions');
    expect(headers).toEqual({ authorization: 'Bearer openai-key' });
    const form = body as FormData;
    const fields = [...form.entries()].filter(([name]) => name !== 'file');
    expect(fields).toEqual([
      ['model', 'whisper-1'],
      ['response_format', 'json'],
      ['language', 'de'],
      ['prompt', 'Patchbay, sipgate'],
    ]);
    const file = form.get('file') as File;
    expect(file.name).toBe('turn.wav');
    expect(parseWav(new Uint8Array(await file.arrayBuffer()))).toMatchObject({
      ok: true,
      value: { rateHz: 8000, samples },
    });
  });

  it('has no key, language or prompt where there is none', () => {
    const { key: _key, ...keyless } = providers.openai;
    const request = transcriptionRequest(
      { ...keyless, baseUrl: 'http://asr:8000/v1/' },
      samples,
      recognition,
    );
    expect(request.url).toBe('http://asr:8000/v1/audio/transcriptions');
    expect(request.headers).toEqual({});
    expect([...(request.body as FormData).keys()]).toEqual(['file', 'model', 'response_format']);
  });
});

describe('the answer of an OpenAI-compatible server', () => {
  it('is the text', () => {
    expect(parseTranscription('{"text":" Hello there. ","usage":{"type":"duration","seconds":2}}')).toBe(
      'Hello there.',
    );
  });

  it.each(['', '[]', '{}', '{"text":7}', '<html>', '{"error":{"message":"no"}}'])('is not %j', (body) => {
    expect(parseTranscription(body)).toBeUndefined();
  });
});
