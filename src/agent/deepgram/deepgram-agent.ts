import type { AgentFactory } from '../agent.ts';
import { createVoiceAgent, type VoiceAgentTerms } from '../voice-agent/voice-agent.ts';
import type { DeepgramLineSettings } from './deepgram-settings.ts';

export interface DeepgramAgentOptions extends Omit<DeepgramLineSettings, 'tools'>, VoiceAgentTerms {
  readonly url: string;
  readonly apiKey: string;
}

/** A flow whose conversations Deepgram's voice agents hold. */
export function createDeepgramAgent(options: DeepgramAgentOptions): AgentFactory {
  const { url, apiKey, connectTimeoutMs, tools: rules, digits, settings, audio } = options;
  return createVoiceAgent({
    tools: rules,
    digits,
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
