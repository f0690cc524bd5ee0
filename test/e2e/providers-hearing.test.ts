/** Recognition by providers over real sockets, against servers that speak their protocols and fail as services do. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ProviderName } from '../../src/speech/provider-settings.ts';
import {
  createProviderRecognizer,
  type ProviderRecognizerSettings,
} from '../../src/speech/stt/create-provider-recognizer.ts';
import type { Recognizer } from '../../src/speech/stt/recognizer.ts';
import { fakeAzure, parseAzureMessage } from '../support/providers/azure.ts';
import { fakeDeepgram } from '../support/providers/deepgram.ts';
import { fakeElevenLabs } from '../support/providers/elevenlabs.ts';
import { Caller, pause, quickClock, until } from '../support/providers/hearing.ts';
import { type FakeOpenAi, fakeOpenAi } from '../support/providers/openai.ts';
import {
  type Misbehaviour,
  type ProviderFake,
  ProviderServer,
} from '../support/providers/provider-server.ts';
import { providers } from '../support/providers/settings.ts';

interface Line {
  readonly server: ProviderServer;
  readonly fake: ProviderFake;
  readonly caller: Caller;
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const fakes: Readonly<Record<ProviderName, (says: readonly string[], key?: string) => ProviderFake>> = {
  azure: (says, key = 'azure-key') => fakeAzure({ says, key }),
  deepgram: (says, key = 'deepgram-key') => fakeDeepgram({ says, key }),
  elevenLabs: (says, key = 'elevenlabs-key') => fakeElevenLabs({ says, key }),
  openai: (says, key = 'openai-key') => fakeOpenAi({ says, key }),
};

async function call(provider: ProviderName, fake: ProviderFake, languages?: string[]): Promise<Line> {
  const server = await ProviderServer.listen(fake);
  closing.push(() => server.close());
  const caller = new Caller(recognizerAt(provider, server.url), languages === undefined ? {} : { languages });
  closing.push(() => caller.close());
  return { server, fake, caller };
}

/** A call to a provider that is in trouble from the first connection or request on. */
async function callTroubled(
  provider: ProviderName,
  says: readonly string[],
  ...misbehaviours: Misbehaviour[]
): Promise<Line> {
  const fake = fakes[provider](says);
  const server = await ProviderServer.listen(fake);
  closing.push(() => server.close());
  server.misbehave(...misbehaviours);
  const caller = new Caller(recognizerAt(provider, server.url));
  closing.push(() => caller.close());
  return { server, fake, caller };
}

function recognizerAt(provider: ProviderName, url: string): Recognizer {
  const baseUrl = provider === 'openai' ? `${url}/v1` : url;
  const settings = { kind: provider, settings: { ...providers[provider], baseUrl } };
  const recognizer = createProviderRecognizer(settings as ProviderRecognizerSettings, quickClock);
  closing.push(() => recognizer.close?.());
  return recognizer;
}

/** The samples that reached the provider. */
function heardBy(provider: ProviderName, { server, fake }: Line): number[] {
  if (provider === 'openai') return (fake as FakeOpenAi).heard.flatMap(({ samples }) => [...samples]);
  const parts = server.messages.map((message) => {
    if (provider === 'deepgram') return typeof message === 'string' ? Buffer.alloc(0) : message;
    if (provider === 'elevenLabs') return Buffer.from(JSON.parse(String(message)).audio_base_64, 'base64');
    const { headers, payload } = parseAzureMessage(message);
    return headers.get('path') === 'audio' && !headers.has('content-type') ? payload : Buffer.alloc(0);
  });
  const octets = Buffer.concat(parts);
  return Array.from({ length: octets.length / 2 }, (_, index) => octets.readInt16LE(index * 2));
}

const all: readonly ProviderName[] = ['azure', 'deepgram', 'elevenLabs', 'openai'];
const streaming: readonly ProviderName[] = ['azure', 'deepgram', 'elevenLabs'];

describe.each(all)('a caller heard by %s', (provider) => {
  it('is understood turn by turn, and every sample of a turn arrives', async () => {
    const line = await call(provider, fakes[provider](['Hello there.', 'Goodbye.']));
    const first = await line.caller.speak(1000);
    await until(() => line.caller.finals.length === 1);
    const second = await line.caller.speak(800);
    await until(() => line.caller.finals.length === 2);
    expect(line.caller.finals).toEqual(['Hello there.', 'Goodbye.']);
    expect(line.caller.failures).toEqual([]);
    expect(heardBy(provider, line)).toEqual([...first, ...second]);
  });

  it('may begin again before the first turn has been understood', async () => {
    const line = await call(provider, fakes[provider](['One.', 'Two.', 'Three.']));
    for (let turn = 0; turn < 3; turn += 1) await line.caller.speak(500);
    await until(() => line.caller.finals.length === 3);
    expect(line.caller.finals).toEqual(['One.', 'Two.', 'Three.']);
  });

  it('with a wrong key is told so once, and every turn is empty', async () => {
    const line = await call(provider, fakes[provider](['Hello.'], 'another key'));
    await line.caller.speak(400);
    await line.caller.speak(400);
    await until(() => line.caller.finals.length === 2);
    expect(line.caller.finals).toEqual(['', '']);
    expect(new Set(line.caller.failures)).toEqual(new Set(['unauthorized']));
  });

  it('hears of it when nobody is there', async () => {
    const server = await ProviderServer.listen(fakes[provider]([]));
    const { url } = server;
    await server.close();
    const caller = new Caller(recognizerAt(provider, url));
    closing.push(() => caller.close());
    await caller.speak(400);
    await until(() => caller.finals.length === 1);
    expect(caller.finals).toEqual(['']);
    expect(caller.failures[0]).toBe('unreachable');
  });

  it('is understood although the provider was overloaded at first', async () => {
    const { server, caller } = await callTroubled(provider, ['Still here.'], 503);
    if (provider !== 'openai') await until(() => caller.failures.length === 1);
    await caller.speak(600);
    await until(() => caller.finals.length === 1);
    expect(caller.finals).toEqual(['Still here.']);
    expect(caller.failures).toEqual(provider === 'openai' ? [] : ['overloaded']);
    expect(server.upgrades.length + server.posts.length).toBe(2);
  });

  it('is answered in the end by a provider that says nothing', async () => {
    const { caller } = await callTroubled(provider, ['Back again.'], 'stall');
    await caller.speak(600);
    await until(() => caller.finals.length === 1);
    expect(caller.finals).toEqual(['']);
    expect(caller.failures).toEqual(['timed-out']);
    await caller.speak(600);
    await until(() => caller.finals.length === 2);
    expect(caller.finals[1]).toBe('Back again.');
  });

  it('is understood although the connection was lost in the middle of a turn', async () => {
    const { caller } = await callTroubled(
      provider,
      ['Can you hear me?'],
      provider === 'openai' ? 'close' : 'close-midway',
    );
    await caller.speak(900);
    await until(
      () => caller.finals.length === 1,
      () => JSON.stringify(caller),
    );
    expect(caller.finals).toEqual(['Can you hear me?']);
  });

  it('hears of answers that mean nothing', async () => {
    const { caller } = await callTroubled(provider, ['Hello.'], 'garbage', 'garbage');
    await caller.speak(900);
    await until(() => caller.finals.length === 1);
    expect(caller.failures).toContain('bad-response');
  });
});

describe.each(streaming)('a caller heard by %s', (provider) => {
  it('is told of while speaking', async () => {
    const line = await call(provider, fakes[provider](['Good evening to you.']));
    await line.caller.speak(1500);
    await until(() => line.caller.finals.length === 1);
    expect(line.caller.interims.length).toBeGreaterThan(0);
    for (const text of line.caller.interims) expect(text.toLowerCase()).toMatch(/^good evening to you\.?$/);
  });

  it('leaves no connection behind', async () => {
    const line = await call(provider, fakes[provider](['Bye.']));
    await until(() => line.server.openConnections === 1);
    line.caller.close();
    await until(() => line.server.openConnections === 0);
  });
});

describe('a caller heard by Deepgram', () => {
  it('keeps the connection through long silence', async () => {
    const line = await call('deepgram', fakeDeepgram({ says: ['Hello.'], idleMs: 600 }));
    await pause(1500);
    await line.caller.speak(500);
    await until(() => line.caller.finals.length === 1);
    expect(line.caller.finals).toEqual(['Hello.']);
    expect(line.server.upgrades.length).toBe(1);
    expect(
      line.server.messages.filter((message) => message === '{"type":"KeepAlive"}').length,
    ).toBeGreaterThan(1);
  });

  it('has words although nothing answers the end of the turn', async () => {
    const line = await call('deepgram', fakeDeepgram({ says: ['Yes please.'], skipsFinalize: true }));
    await line.caller.speak(1200);
    await until(() => line.caller.finals.length === 1);
    expect(line.caller.finals).toEqual(['yes please']);
  });

  it('is told that a language is not spoken', async () => {
    const line = await call('deepgram', fakeDeepgram(), ['xx']);
    await line.caller.speak(200);
    await until(() => line.caller.finals.length === 1);
    expect(line.caller.failures).toEqual(['language-unsupported']);
  });
});

describe('a caller heard by ElevenLabs', () => {
  it.each([
    ['auth_error', 'unauthorized'],
    ['quota_exceeded', 'refused'],
  ] as const)('is told of %s', async (error, reason) => {
    const line = await call('elevenLabs', fakeElevenLabs({ error }));
    await line.caller.speak(400);
    await until(() => line.caller.finals.length === 1);
    expect(line.caller.failures).toEqual([reason]);
  });

  it('connects again when somebody speaks after the session was closed for silence', async () => {
    const line = await call('elevenLabs', fakes.elevenLabs(['Hello.']));
    await until(() => line.server.openConnections === 1);
    await line.server.dropConnections();
    await line.caller.speak(500);
    await until(() => line.caller.finals.length === 1);
    expect(line.caller.finals).toEqual(['Hello.']);
    expect(line.caller.failures).toEqual([]);
  });
});
