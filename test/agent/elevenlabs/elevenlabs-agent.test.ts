import { afterEach, describe, expect, it, vi } from 'vitest';
import { createElevenLabsAgent } from '../../../src/agent/elevenlabs/elevenlabs-agent.ts';
import { ElevenLabsAgent } from '../../support/agents/elevenlabs-agent.ts';
import { RecordingHost, type RecordingLogger } from '../../support/recording-host.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const options = {
  agentId: 'agent_1',
  apiUrl: 'https://api.example',
  overrides: { agent: { language: 'de' } },
  dynamicVariables: { vip: true },
  connectTimeoutMs: 1800,
  digits: 'ignore',
  tools: {
    hangUp: true,
    transferTo: {},
    transferAnywhere: false,
    transferTimeoutMs: 30_000,
    sendDigits: false,
    sounds: [],
    backgrounds: [],
  },
} as const;

function lineOf(host: RecordingHost) {
  const [command] = host.commands;
  return command?.kind === 'open-line' ? command.options : undefined;
}

describe("the agent of ElevenLabs'", () => {
  it('is reached by its id when it is public, and told of the call', () => {
    const host = new RecordingHost();
    createElevenLabsAgent(options)(host).handle({ kind: 'started' });
    expect(lineOf(host)).toMatchObject({
      protocol: 'elevenlabs',
      target: { url: 'wss://api.example/v1/convai/conversation?agent_id=agent_1' },
      connectTimeoutMs: 1800,
      settings: {
        initiation: {
          conversation_config_override: { agent: { language: 'de' } },
          dynamic_variables: { from: '+4915790000687', to: '+4921155660', vip: true },
        },
      },
    });
  });

  it('hangs up when the agent closes the connection, and has failed when it breaks', () => {
    const started = () => {
      const host = new RecordingHost();
      const agent = createElevenLabsAgent(options)(host);
      agent.handle({ kind: 'started' });
      return { host, agent };
    };
    const ended = started();
    ended.agent.handle({ kind: 'line-closed', lineId: 1, reason: 'closed-by-agent' });
    expect(ended.host.commands.at(-1)).toEqual({ kind: 'hang-up' });
    const broken = started();
    broken.agent.handle({ kind: 'line-closed', lineId: 1, reason: 'connection-lost' });
    expect(broken.host.failures).toEqual(['closed']);
  });

  it('asks for a signed URL once, and leaves it when the call ends meanwhile', async () => {
    const server = await ElevenLabsAgent.listen({ isPrivate: true });
    closing.push(() => server.close());
    const signed = { ...options, apiUrl: server.httpUrl, apiKey: 'elevenlabs-key' };

    const host = new RecordingHost();
    const agent = createElevenLabsAgent(signed)(host);
    agent.handle({ kind: 'started' });
    await vi.waitFor(() => expect(host.commands).toHaveLength(1));
    expect(lineOf(host)?.target).toMatchObject({ url: expect.stringContaining('conversation_signature=') });
    expect(lineOf(host)!.connectTimeoutMs).toBeLessThan(1800);

    const gone = new RecordingHost();
    const left = createElevenLabsAgent(signed)(gone);
    left.handle({ kind: 'started' });
    left.handle({ kind: 'ended', cause: 'caller-hung-up' });
    const wrong = new RecordingHost();
    createElevenLabsAgent({ ...signed, apiKey: 'wrong' })(wrong).handle({ kind: 'started' });
    await vi.waitFor(() => expect(wrong.failures).toEqual(['refused']));
    expect((wrong.log as RecordingLogger).lines.at(-1)?.fields).toEqual({
      host: new URL(server.httpUrl).host,
      reason: 'refused',
      detail: 'Unexpected server response: 401',
    });
    expect([gone.commands, gone.failures]).toEqual([[], []]);
  });
});
