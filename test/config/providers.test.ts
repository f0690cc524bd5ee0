import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchbay-providers-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(providers: string, environment: Record<string, string> = {}): Config['speech'] {
  const path = join(folder, 'patchbay.yaml');
  writeFileSync(path, `speech: { providers: ${providers} }`);
  return loadConfig({ path, environment }).speech;
}

function mistakes(providers: string): string {
  try {
    load(providers);
  } catch (error) {
    return String(error);
  }
  throw new Error('there is no mistake');
}

describe('providers of speech', () => {
  it('are none unless configured', () => {
    expect(loadConfig({ path: undefined, environment: {} }).speech.providers).toEqual({});
  });

  it('need no more than a key, which may stand in the environment, in a file or here', () => {
    writeFileSync(join(folder, 'eleven.key'), 'from a file\n');
    const { providers } = load(
      '{ deepgram: { key: { env: DG } }, elevenLabs: { key: { file: eleven.key } }, openai: { key: here }, azure: { key: x, region: westeurope } }',
      { DG: 'from the environment' },
    );
    expect(providers).toEqual({
      deepgram: {
        key: 'from the environment',
        baseUrl: 'https://api.deepgram.com',
        sttModel: 'nova-3',
        voice: 'aura-2-thalia-en',
        rateHz: 8000,
      },
      elevenLabs: {
        key: 'from a file',
        baseUrl: 'https://api.elevenlabs.io',
        sttModel: 'scribe_v2_realtime',
        ttsModel: 'eleven_flash_v2_5',
        voice: '21m00Tcm4TlvDq8ikWAM',
        rateHz: 8000,
      },
      openai: {
        key: 'here',
        baseUrl: 'https://api.openai.com/v1',
        sttModel: 'whisper-1',
        ttsModel: 'gpt-4o-mini-tts',
        voice: 'alloy',
        rateHz: 24_000,
      },
      azure: { key: 'x', region: 'westeurope', voice: 'en-US-AvaMultilingualNeural', rateHz: 8000 },
    });
  });

  it('may be a server of one’s own, without a key', () => {
    expect(load('{ openai: { baseUrl: "http://speech:8000/v1" } }').providers.openai).toMatchObject({
      baseUrl: 'http://speech:8000/v1',
    });
  });

  it('may stand in for voices that apps name', () => {
    const path = join(folder, 'voices.yaml');
    writeFileSync(path, 'speech: { voices: { eleven_labs: { engine: azure, voice: de-DE-KatjaNeural } } }');
    expect(loadConfig({ path, environment: {} }).speech.voices).toEqual({
      eleven_labs: { engine: 'azure', voice: 'de-DE-KatjaNeural' },
    });
  });

  it('say what is missing', () => {
    expect(mistakes('{ azure: { key: x } }')).toContain(
      'speech.providers.azure.region: missing, expected a region, or a baseUrl',
    );
    expect(mistakes('{ deepgram: {} }')).toContain('speech.providers.deepgram.key: missing');
    expect(mistakes('{ deepgram: { key: { env: NOT_THERE } } }')).toContain('NOT_THERE');
  });

  it('are told apart from what is none, without their keys', () => {
    const told = mistakes(
      '{ deepgram: { key: 1234567890, baseUrl: "ftp://x" }, deepgramm: { key: topsecret } }',
    );
    expect(told).toContain('baseUrl: found "ftp://x", expected a URL that begins with http://, https://');
    expect(told).toContain('speech.providers.deepgramm: unknown key; did you mean "deepgram"?');
    expect(told).not.toMatch(/1234567890|topsecret/);
  });
});

describe('the documentation of the providers', () => {
  it('shows a configuration that is valid', () => {
    const text = readFileSync(resolve(import.meta.dirname, '../../docs/speech-providers.md'), 'utf8');
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
    const path = join(folder, 'documented.yaml');
    writeFileSync(path, yaml);
    mkdirSync(join(folder, 'secrets'));
    writeFileSync(join(folder, 'secrets/azure.key'), 'azure\n');
    const environment = { DEEPGRAM_API_KEY: 'deepgram', ELEVENLABS_API_KEY: 'eleven' };
    const { providers } = loadConfig({ path, environment }).speech;
    expect(Object.values(providers).map((provider) => provider?.key)).toEqual([
      'azure',
      'deepgram',
      'eleven',
      undefined,
    ]);
  });
});
