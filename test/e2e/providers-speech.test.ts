/** Speech by providers over real sockets, against servers that speak their protocols and fail as services do. */
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/log.ts';
import type { ProviderName } from '../../src/speech/provider-settings.ts';
import type { Script } from '../../src/speech/script.ts';
import {
  createProviderSynthesizer,
  type ProviderSynthesizer,
} from '../../src/speech/tts/provider-synthesizer.ts';
import type { SpeechChunk, SpeechRequest, Synthesizer } from '../../src/speech/tts/synthesizer.ts';
import { fakeAzure } from '../support/providers/azure.ts';
import { fakeDeepgram } from '../support/providers/deepgram.ts';
import { fakeElevenLabs } from '../support/providers/elevenlabs.ts';
import { pause, quickClock } from '../support/providers/hearing.ts';
import { fakeOpenAi } from '../support/providers/openai.ts';
import {
  type Misbehaviour,
  type ProviderFake,
  ProviderServer,
  spokenSamples,
} from '../support/providers/provider-server.ts';
import { providers } from '../support/providers/settings.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const all: readonly ProviderName[] = ['azure', 'deepgram', 'elevenLabs', 'openai'];
const named: Readonly<Record<ProviderName, string>> = {
  azure: 'azure',
  deepgram: 'deepgram',
  elevenLabs: 'eleven_labs',
  openai: 'openai',
};
const fakes: Readonly<Record<ProviderName, (key?: string) => ProviderFake>> = {
  azure: (key = 'azure-key') => fakeAzure({ key }),
  deepgram: (key = 'deepgram-key') => fakeDeepgram({ key }),
  elevenLabs: (key = 'elevenlabs-key') => fakeElevenLabs({ key }),
  openai: (key = 'openai-key') => fakeOpenAi({ key }),
};

interface Stage {
  readonly server: ProviderServer;
  readonly synthesizer: ProviderSynthesizer;
  readonly log: string[];
  readonly failures: string[];
  /** What the built-in voices were asked for; theirs is a single sample of 7 at 16 kHz. */
  readonly builtIn: SpeechRequest[];
  say(script: Script, options?: { voice?: string; signal?: AbortSignal }): AsyncIterable<SpeechChunk>;
  hear(script: Script | string, voice?: string): Promise<{ rateHz: number; samples: number[] }>;
}

async function stage(provider: ProviderName, key?: string): Promise<Stage> {
  const server = await ProviderServer.listen(fakes[provider](key));
  const baseUrl = provider === 'openai' ? `${server.url}/v1` : server.url;
  const log: string[] = [];
  const failures: string[] = [];
  const builtIn: SpeechRequest[] = [];
  const builtInVoice: Synthesizer = {
    async *synthesize(request) {
      builtIn.push(request);
      yield { samples: Int16Array.of(7), rateHz: 16_000 };
    },
  };
  const settings = { level: 'debug', redactNumbers: false, redactTranscripts: false } as const;
  const synthesizer = createProviderSynthesizer({
    builtIn: builtInVoice,
    providers: { [provider]: { ...providers[provider], baseUrl } },
    log: createLogger(settings, { write: (line) => log.push(line) }),
    clock: quickClock,
    defaultLanguage: 'en',
    voices: {},
    onFailure: (_provider, reason) => failures.push(reason),
  });
  closing.push(
    () => server.close(),
    () => synthesizer.close(),
  );
  const say: Stage['say'] = (script, { voice, signal = new AbortController().signal } = {}) =>
    synthesizer.synthesize(
      { script, voice: { provider: named[provider], language: 'en-US', voice } },
      signal,
    );
  return {
    server,
    synthesizer,
    log,
    failures,
    builtIn,
    say,
    async hear(script, voice) {
      const samples: number[] = [];
      let rateHz = 0;
      const whole = typeof script === 'string' ? ({ text: script, format: 'text' } as const) : script;
      for await (const chunk of say(whole, voice === undefined ? {} : { voice })) {
        samples.push(...chunk.samples);
        rateHz = chunk.rateHz;
      }
      return { rateHz, samples };
    },
  };
}

const builtInSound = { rateHz: 16_000, samples: [7] };

describe.each(all)('speech of %s', (provider) => {
  it('is what the provider sends, sample by sample, at the rate asked for', async () => {
    const { hear, builtIn, log } = await stage(provider);
    const heard = await hear('Welcome to Patchbay.');
    expect(heard.rateHz).toBe(providers[provider].rateHz);
    expect(heard.samples).toEqual([...spokenSamples('Welcome to Patchbay.', heard.rateHz)]);
    expect(builtIn).toEqual([]);
    expect(log).toEqual([]);
  });

  it('is heard while the rest of it is still being made', async () => {
    const { server, say } = await stage(provider);
    let release = () => {};
    server.hold = new Promise((resolve) => {
      release = resolve;
    });
    const speech = say({ text: 'This takes a while to say.', format: 'text' })[Symbol.asyncIterator]();
    const first = await speech.next();
    expect(first.value?.samples.length).toBeGreaterThan(0);
    release();
    expect((await speech.next()).done).toBe(false);
  });

  it('stops when told to, and the request with it', async () => {
    const { server, say, log } = await stage(provider);
    server.hold = new Promise(() => {});
    const abort = new AbortController();
    const chunks = [];
    for await (const chunk of say(
      { text: 'Never mind all that.', format: 'text' },
      { signal: abort.signal },
    )) {
      chunks.push(chunk);
      abort.abort();
    }
    expect(chunks.length).toBe(1);
    const none = [];
    for await (const chunk of say({ text: 'Not at all.', format: 'text' }, { signal: abort.signal }))
      none.push(chunk);
    expect(none).toEqual([]);
    expect(server.posts.length).toBe(1);
    expect(log).toEqual([]);
  });

  it.each<Misbehaviour>(['close', 503, 500, 429, 'garbage', 'file'])(
    'is asked for once more after %s, unheard by anyone',
    async (misbehaviour) => {
      const { server, hear, log } = await stage(provider);
      server.misbehave(misbehaviour);
      expect((await hear('Second try.')).samples.length).toBe((11 * providers[provider].rateHz) / 20);
      expect(server.posts.length).toBe(2);
      expect(log).toEqual([]);
    },
  );

  it.each<Misbehaviour>(['close', 500, 'garbage', 'file'])(
    'is spoken by the built-in voice after %s twice, with one warning',
    async (misbehaviour) => {
      const { server, hear, log, builtIn } = await stage(provider);
      server.misbehave(misbehaviour, misbehaviour, misbehaviour, misbehaviour);
      expect(await hear('Hello.')).toEqual(builtInSound);
      expect(await hear('Hello again.')).toEqual(builtInSound);
      expect(server.posts.length).toBe(4);
      expect(log.length).toBe(1);
      expect(builtIn[0]?.voice).toEqual({ provider: undefined, voice: undefined, language: 'en-US' });
      await hear('Well again.');
      expect(builtIn.length).toBe(2);
    },
  );

  it('of a provider that says nothing is not waited for twice', async () => {
    const { server, hear, failures } = await stage(provider);
    server.misbehave('stall', 'stall');
    expect(await hear('Hello.')).toEqual(builtInSound);
    expect(await hear('Hello again.')).toEqual(builtInSound);
    expect(server.posts.length).toBe(2);
    expect(failures).toEqual(['timed-out']);
  });

  it.each<Misbehaviour>(['close-midway', 'stall-midway'])(
    'is heard up to where it ended with %s, and that is told',
    async (misbehaviour) => {
      const { server, say, builtIn } = await stage(provider);
      server.misbehave(misbehaviour);
      let samples = 0;
      const listen = async () => {
        for await (const chunk of say({ text: 'Half of this is lost.', format: 'text' }))
          samples += chunk.samples.length;
      };
      await expect(listen()).rejects.toMatchObject({ code: 'speech-failed' });
      expect(samples).toBeGreaterThan(0.1 * providers[provider].rateHz);
      expect(server.posts.length).toBe(1);
      expect(builtIn).toEqual([]);
    },
  );

  it('with a wrong key is asked for once, and the key reaches no log', async () => {
    const key = providers[provider].key!;
    const { server, hear, log, failures } = await stage(provider, 'another-key');
    expect(await hear('Hello.')).toEqual(builtInSound);
    expect(await hear('Hello again.')).toEqual(builtInSound);
    expect(server.posts.length).toBe(1);
    expect(failures).toEqual(['unauthorized']);
    expect(log.length).toBe(1);
    expect(log.join()).not.toContain(key);
  });

  it('with a key that the provider quotes back has it taken out of the log', async () => {
    const key = providers[provider].key!;
    const server = await ProviderServer.listen({
      ...fakes[provider](),
      isAuthorized: () => false,
      unauthorized: { message: `the key ${key} is not welcome` },
    });
    const log: string[] = [];
    const synthesizer = createProviderSynthesizer({
      builtIn: { synthesize: async function* () {} },
      providers: {
        [provider]: {
          ...providers[provider],
          baseUrl: provider === 'openai' ? `${server.url}/v1` : server.url,
        },
      },
      log: createLogger(
        { level: 'debug', redactNumbers: false, redactTranscripts: false },
        { write: (line) => log.push(line) },
      ),
      clock: quickClock,
      defaultLanguage: 'en',
      voices: {},
    });
    closing.push(
      () => server.close(),
      () => synthesizer.close(),
    );
    const voice = { provider: named[provider], language: undefined, voice: undefined };
    const never = new AbortController().signal;
    for await (const _ of synthesizer.synthesize({ script: { text: 'Hi.', format: 'text' }, voice }, never));
    expect(log.join()).toContain('the key [redacted] is not welcome');
    expect(log.join()).not.toContain(key);
  });

  it('of a long text is asked for in parts that follow one another', async () => {
    const { server, hear } = await stage(provider);
    const text = Array(30).fill('Every sentence of this is said.').join(' ');
    const { samples, rateHz } = await hear(text);
    expect(server.posts.length).toBeGreaterThan(1);
    expect(samples.length / rateHz).toBeGreaterThan(0.05 * (text.length - server.posts.length) - 0.01);
  });

  it('is silence of the right length where SSML has a break', async () => {
    const { hear, server } = await stage(provider);
    const script = { text: '<speak>One.<break time="500ms"/>Two.</speak>', format: 'ssml' } as const;
    const { samples, rateHz } = await hear(script);
    if (provider === 'azure') {
      expect(server.posts[0]?.body.toString()).toContain('>One.<break time="500ms"/>Two.</');
    } else {
      expect(server.posts.length).toBe(2);
      expect(samples.length).toBe(Math.round((8 * 0.05 + 0.5) * rateHz));
      const silence = samples.slice(0.2 * rateHz, 0.7 * rateHz);
      expect(silence.every((sample) => sample === 0)).toBe(true);
    }
  });

  it('is nothing for a script without words', async () => {
    const { hear, server } = await stage(provider);
    expect((await hear('...')).samples).toEqual([]);
    expect(server.posts).toEqual([]);
  });
});

describe('speech of Azure', () => {
  it('with SSML that the service refuses is spoken by the built-in voice, which reads it with its mistakes', async () => {
    const { hear, builtIn, server, failures } = await stage('azure');
    const script = { text: '<speak>Hello <emphasis>there</speak>', format: 'ssml' } as const;
    expect(await hear(script)).toEqual(builtInSound);
    expect(builtIn[0]?.script).toEqual(script);
    expect(server.posts.length).toBe(1);
    expect(failures).toEqual(['refused']);
    expect((await hear('And now in order.')).rateHz).toBe(8000);
  });
});

describe('a voice that the provider does not have', () => {
  it('is replaced by the configured one, with one warning', async () => {
    const { hear, server, log } = await stage('elevenLabs');
    await hear('Hello.', 'Rachel');
    await hear('Hello again.', 'Rachel');
    expect(server.posts.map(({ url }) => url.pathname)).toEqual(
      Array(2).fill('/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM/stream'),
    );
    expect(log.length).toBe(1);
  });
});

describe('a provider that was unwell', () => {
  it('is asked again after half a minute', async () => {
    const { server, hear, builtIn } = await stage('deepgram');
    server.misbehave('stall', 'stall');
    await hear('Hello.');
    const { nowMs } = quickClock;
    quickClock.nowMs = () => nowMs() + 31_000;
    closing.push(() => {
      quickClock.nowMs = nowMs;
    });
    await pause(1);
    expect((await hear('Hello again.')).rateHz).toBe(8000);
    expect(builtIn.length).toBe(1);
  });
});
