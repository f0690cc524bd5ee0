import type { AgentFactory } from '../agent.ts';
import { createVoiceAgent, type VoiceAgentTerms } from '../voice-agent/voice-agent.ts';
import type { AssemblyAiSettings } from './assemblyai-session.ts';

export interface AssemblyAiAgentOptions extends Omit<AssemblyAiSettings, 'tools'>, VoiceAgentTerms {
  readonly url: string;
  readonly apiKey: string;
}

/** A flow whose conversations AssemblyAI's voice agents hold. */
export function createAssemblyAiAgent(options: AssemblyAiAgentOptions): AgentFactory {
  const { url, apiKey, connectTimeoutMs, tools: rules, digits, ...session } = options;
  return createVoiceAgent({
    tools: rules,
    digits,
    lineFor: (_, tools) => ({
      protocol: 'assemblyai',
      // The word is wanted here, where other APIs of the vendor take the bare key.
      target: { kind: 'websocket', url, headers: { authorization: `Bearer ${apiKey}` } },
      connectTimeoutMs,
      hears: 'caller',
      speaks: true,
      settings: { ...session, tools } satisfies AssemblyAiSettings,
    }),
  });
}
