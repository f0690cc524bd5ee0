import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { AgentConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchbay-backends-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(agent: object, environment: Record<string, string> = {}): AgentConfig | undefined {
  const path = join(folder, 'patchbay.yaml');
  writeFileSync(path, JSON.stringify({ flows: { one: { agent } } }));
  return loadConfig({ path, environment }).flows['one']?.agent;
}

describe('the agent of a flow', () => {
  it('is a Twilio bot, whose token need not stand in the configuration', () => {
    const url = 'wss://bot.example/media';
    expect(load({ kind: 'twilio-stream', url })).toEqual({
      kind: 'twilio-stream',
      url,
      headers: {},
      customParameters: {},
      sipHeaders: false,
      whenClosed: 'hang-up',
      connectTimeoutMs: 1800,
    });
    const signed = {
      kind: 'twilio-stream',
      url,
      accountSid: `AC${'0'.repeat(32)}`,
      authToken: { env: 'TWILIO_AUTH_TOKEN' },
      customParameters: { campaign: 'spring' },
    };
    expect(load(signed, { TWILIO_AUTH_TOKEN: 'secret' })).toMatchObject({ authToken: 'secret' });
    expect(() => load(signed)).toThrow('the environment variable TWILIO_AUTH_TOKEN to be set');
    expect(() => load({ ...signed, authToken: 'x', accountSid: 'AC1' })).toThrow(
      'AC and 32 hexadecimal digits',
    );
    expect(() => load({ kind: 'twilio-stream', url: 'https://bot.example' })).toThrow('ws://');
  });

  it('is an AudioSocket server', () => {
    const server = { kind: 'asterisk-audio-socket', host: 'ava.example', port: 9092 };
    expect(load(server)).toEqual({
      ...server,
      rateHz: 8000,
      whenClosed: 'hang-up',
      connectTimeoutMs: 1800,
    });
    expect(() => load({ ...server, rateHz: 11_025 })).toThrow('rateHz');
    expect(() => load({ ...server, port: 0 })).toThrow('a whole number from 1 to 65535');
  });

  it("is one of Deepgram's, with what it is to be as Deepgram has it", () => {
    const agent = { think: { provider: { type: 'open_ai', model: 'gpt-4o-mini' } }, greeting: 'Hello.' };
    const flow = {
      kind: 'deepgram-agent',
      apiKey: { env: 'DEEPGRAM_API_KEY' },
      settings: { agent, tags: ['a'] },
    };
    expect(load(flow, { DEEPGRAM_API_KEY: 'secret' })).toMatchObject({
      apiKey: 'secret',
      url: 'wss://agent.deepgram.com/v1/agent/converse',
      settings: { agent, tags: ['a'] },
      audio: 'as-the-phone',
      tools: { hangUp: true },
    });
    expect(load({ ...flow, apiKey: 'k', settings: { agent: 'stored' } })).toMatchObject({
      settings: { agent: 'stored' },
    });
    expect(() => load({ ...flow, apiKey: 'k', settings: {} })).toThrow("Deepgram's `agent`");
  });

  it("is one of ElevenLabs', public or not", () => {
    expect(load({ kind: 'elevenlabs-agent', agentId: 'agent_1' })).toMatchObject({
      agentId: 'agent_1',
      apiUrl: 'https://api.elevenlabs.io',
      overrides: {},
      dynamicVariables: {},
    });
    const flow = {
      kind: 'elevenlabs-agent',
      agentId: 'agent_1',
      apiKey: 'k',
      dynamicVariables: { vip: true },
    };
    expect(load(flow)).toMatchObject({ apiKey: 'k', dynamicVariables: { vip: true } });
    expect(() => load({ ...flow, dynamicVariables: { vip: {} } })).toThrow('dynamicVariables');
  });
});
