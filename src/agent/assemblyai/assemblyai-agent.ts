import type { AgentFactory } from '../agent.ts';
import type { ToolRules } from '../voice-agent/built-in-tools.ts';
import { createVoiceAgent } from '../voice-agent/voice-agent.ts';
import type { AssemblyAiSettings } from './assemblyai-session.ts';

export interface AssemblyAiAgentOptions extends Omit<AssemblyAiSettings, 'tools'> {
  readonly url: string;
  readonly apiKey: string;
  readonly connectTimeoutMs: number;
  readonly tools: ToolRules;
}

/** A flow whose conversations AssemblyAI's voice agents hold. */
export function createAssemblyAiAgent(options: AssemblyAiAgentOptions): AgentFactory {
  const { url, apiKey, connectTimeoutMs, tools: rules, ...session } = options;
  return createVoiceAgent({
    tools: rules,
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
