/**
 * Our stand-ins for providers are held against the providers' own client libraries: what those send is understood,
 * and what they are answered they understand. (ElevenLabs' library is 108 MB, and stays out.)
 */
import { DeepgramClient } from '@deepgram/sdk';
import sdk from 'microsoft-cognitiveservices-speech-sdk';
import OpenAI, { toFile } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { serializeWav } from '../../src/audio/wav.ts';
import { fakeAzure } from '../support/providers/azure.ts';
import { fakeDeepgram } from '../support/providers/deepgram.ts';
import { until } from '../support/providers/hearing.ts';
import { fakeOpenAi } from '../support/providers/openai.ts';
import { type ProviderFake, ProviderServer, spokenSamples } from '../support/providers/provider-server.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listen(fake: ProviderFake): Promise<ProviderServer> {
  const server = await ProviderServer.listen(fake);
  closing.push(() => server.close());
  return server;
}

const second = spokenSamples('x'.repeat(20), 8000);

describe('the library of Deepgram', () => {
  const clientOf = ({ url }: ProviderServer, apiKey = 'deepgram-key') => {
    const socketUrl = url.replace('http', 'ws');
    const environment = { base: url, production: socketUrl, agent: socketUrl, agentRest: url };
    return new DeepgramClient({ apiKey, environment, maxRetries: 0 });
  };

  it('understands live transcripts of the stand-in', async () => {
    const server = await listen(fakeDeepgram({ says: ['Hello there.'] }));
    const connection = await clientOf(server).listen.v1.connect({
      model: 'nova-3',
      encoding: 'linear16',
      sample_rate: 8000,
      interim_results: 'true',
      reconnectAttempts: 0,
    });
    closing.push(() => connection.close());
    const heard: { text: string; isFinal: boolean; fromFinalize: boolean }[] = [];
    connection.on('message', (message) => {
      if (message.type !== 'Results') return;
      const text = message.channel.alternatives[0]?.transcript ?? '';
      const { is_final: isFinal = false, from_finalize: fromFinalize = false } = message;
      heard.push({ text, isFinal, fromFinalize });
    });
    connection.connect();
    await connection.waitForOpen();
    connection.sendKeepAlive({ type: 'KeepAlive' });
    connection.sendMedia(second.buffer);
    connection.sendFinalize({ type: 'Finalize' });
    await until(() => heard.length === 2);
    expect(heard).toEqual([
      { text: 'hello there', isFinal: false, fromFinalize: false },
      { text: 'Hello there.', isFinal: true, fromFinalize: true },
    ]);
  });

  it('understands speech of the stand-in, and its refusals', async () => {
    const server = await listen(fakeDeepgram());
    const request = {
      text: 'Hello.',
      model: 'aura-2-thalia-en',
      encoding: 'linear16',
      sample_rate: 8000,
      container: 'none',
    } as const;
    const response = await clientOf(server).speak.v1.audio.generate(request);
    const octets = await response.arrayBuffer();
    expect(new Int16Array(octets)).toEqual(spokenSamples('Hello.', 8000));
    await expect(clientOf(server, 'wrong').speak.v1.audio.generate(request)).rejects.toMatchObject({
      statusCode: 401,
    });
  });
});

describe('the library of OpenAI', () => {
  const clientOf = ({ url }: ProviderServer, apiKey = 'openai-key') =>
    new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });

  it('understands transcripts of the stand-in, and its refusals', async () => {
    const fake = fakeOpenAi({ says: ['Hello there.'] });
    const server = await listen(fake);
    const file = await toFile(serializeWav(second, 8000), 'turn.wav');
    const request = { file, model: 'whisper-1', language: 'en', response_format: 'json' } as const;
    expect((await clientOf(server).audio.transcriptions.create(request)).text).toBe('Hello there.');
    expect(fake.heard[0]?.samples).toEqual(second);
    await expect(clientOf(server, 'wrong').audio.transcriptions.create(request)).rejects.toMatchObject({
      status: 401,
    });
  });

  it('understands speech of the stand-in', async () => {
    const server = await listen(fakeOpenAi());
    const response = await clientOf(server).audio.speech.create({
      model: 'gpt-4o-mini-tts',
      voice: 'alloy',
      input: 'Hello.',
      response_format: 'pcm',
    });
    expect(new Int16Array(await response.arrayBuffer())).toEqual(spokenSamples('Hello.', 24_000));
  });
});

describe('the library of Azure', () => {
  async function recognise(server: ProviderServer, key: string) {
    const endpoint = new URL(`${server.url.replace('http', 'ws')}/stt/speech/universal/v2`);
    const config = sdk.SpeechConfig.fromEndpoint(endpoint, key);
    config.speechRecognitionLanguage = 'en-US';
    const stream = sdk.AudioInputStream.createPushStream(sdk.AudioStreamFormat.getWaveFormatPCM(8000, 16, 1));
    const recognizer = new sdk.SpeechRecognizer(config, sdk.AudioConfig.fromStreamInput(stream));
    closing.push(() => recognizer.close());
    const heard: string[] = [];
    const problems: string[] = [];
    recognizer.recognizing = (_sender, { result }) => heard.push(`~${result.text}`);
    recognizer.recognized = (_sender, { result }) => heard.push(result.text);
    recognizer.canceled = (_sender, { reason, errorDetails }) => {
      if (reason === sdk.CancellationReason.Error) problems.push(errorDetails);
    };
    await new Promise<void>((resolve) =>
      recognizer.startContinuousRecognitionAsync(resolve, () => resolve()),
    );
    stream.write(second.buffer);
    stream.close();
    return { heard, problems };
  }

  it('understands transcripts of the stand-in', async () => {
    const server = await listen(fakeAzure({ says: ['Hello there.'] }));
    const { heard, problems } = await recognise(server, 'azure-key');
    await until(
      () => heard.includes('Hello there.'),
      () => `${heard} ${problems}`,
    );
    expect(heard.slice(0, 2)).toEqual(['~hello there.', 'Hello there.']);
    expect(problems).toEqual([]);
  });

  it('understands that it is refused', async () => {
    const server = await listen(fakeAzure());
    const { heard, problems } = await recognise(server, 'wrong');
    await until(() => problems.length > 0);
    expect(heard).toEqual([]);
  });
});
