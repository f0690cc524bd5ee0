import type { AgentFactory } from '../agent.ts';
import type { ToolRules } from '../voice-agent/built-in-tools.ts';
import { createVoiceAgent } from '../voice-agent/voice-agent.ts';
import type { DeepgramLineSettings } from './deepgram-settings.ts';

export interface DeepgramAgentOptions extends Omit<DeepgramLineSettings, 'tools'> {
  readonly url: string;
  readonly apiKey: string;
  readonly connectTimeoutMs: number;
  readonly tools: ToolRules;
}

/** A flow whose conversations Deepgram's voice agents hold. */
export function createDeepgramAgent(options: DeepgramAgentOptions): AgentFactory {
  const { url, apiKey, connectTimeoutMs, tools: rules, settings, audio } = options;
  return createVoiceAgent({
    tools: rules,
    lineFor: (_, tools) => ({
      protocol: 'deepgram',
      target: { kind: 'websocket', url, headers: { authorization: `Token ${apiKey}` } },
      connectTimeoutMs,
      hears: 'caller',
      speaks: true,
      settings: { settings, audio, tools } satisfies DeepgramLineSettings,
    }),
  });
}
