import type { AgentFactory } from '../agent.ts';
import { createVoiceAgent, type VoiceAgentTerms } from '../voice-agent/voice-agent.ts';
import type { OpenAiSettings } from './openai-session.ts';

export interface OpenAiAgentOptions extends Omit<OpenAiSettings, 'tools'>, VoiceAgentTerms {
  /** Without the model. */
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A flow whose conversations OpenAI's realtime models hold, or a server that speaks their API. */
export function createOpenAiAgent(options: OpenAiAgentOptions): AgentFactory {
  const { url, apiKey, model, headers, connectTimeoutMs, tools: rules, digits, ...session } = options;
  const address = new URL(url);
  if (!address.searchParams.has('model')) address.searchParams.set('model', model);
  const beta = session.dialect === 'beta' ? { 'openai-beta': 'realtime=v1' } : {};
  return createVoiceAgent({
    tools: rules,
    digits,
    lineFor: (_, tools) => ({
      protocol: 'openai-realtime',
      target: {
        kind: 'websocket',
        url: address.href,
        headers: { authorization: `Bearer ${apiKey}`, ...beta, ...headers },
      },
      connectTimeoutMs,
      hears: 'caller',
      speaks: true,
      settings: { ...session, tools } satisfies OpenAiSettings,
    }),
  });
}
