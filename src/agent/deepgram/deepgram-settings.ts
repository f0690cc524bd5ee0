import type { WireAudio } from '../../audio/agent-line.ts';
import { type JsonObject, objectAt, objectsAt } from '../voice-agent/json-message.ts';
import type { LineCall } from '../voice-agent/line-protocol.ts';
import type { ToolDefinition } from '../voice-agent/told.ts';

export interface DeepgramLineSettings {
  /** As Deepgram's `Settings` message has it; `type` and `audio` are ours. */
  readonly settings: JsonObject;
  /** `as-the-phone` spares conversions: what the phone speaks goes through as it is. `pcm` is at 16 kHz. */
  readonly audio: 'as-the-phone' | 'pcmu' | 'pcma' | 'pcm';
  /** Offered beside the functions of the settings. */
  readonly tools: readonly ToolDefinition[];
}

export function wireAudioFor(audio: DeepgramLineSettings['audio'], codec: LineCall['codec']): WireAudio {
  const encoding = audio === 'as-the-phone' ? ENCODING_OF[codec] : audio;
  return encoding === 'pcm' ? { encoding: 'l16', rateHz: 16_000 } : { encoding, rateHz: 8000 };
}

export function settingsMessage(
  { settings, tools }: DeepgramLineSettings,
  { encoding, rateHz }: WireAudio,
): JsonObject {
  const format = { encoding: NAME_OF[encoding], sample_rate: rateHz };
  const agent = objectAt(settings, 'agent');
  return {
    ...settings,
    // One that is stored at Deepgram's is named, and has the functions that it has.
    ...(agent !== undefined && { agent: { ...agent, ...thinkingWith(agent, tools) } }),
    type: 'Settings',
    audio: { input: format, output: { ...format, container: 'none' } },
  };
}

/** `think` is one provider's settings, or a list of them, of which later ones stand in for earlier ones. */
function thinkingWith(agent: JsonObject, tools: readonly ToolDefinition[]): JsonObject {
  if (tools.length === 0) return {};
  const offer = (think: JsonObject) => ({
    ...think,
    functions: [...objectsAt(think, 'functions'), ...tools],
  });
  const one = objectAt(agent, 'think');
  if (one !== undefined) return { think: offer(one) };
  return Array.isArray(agent['think']) ? { think: objectsAt(agent, 'think').map(offer) } : {};
}

const ENCODING_OF = { PCMU: 'pcmu', PCMA: 'pcma', G722: 'pcm', SLIN: 'pcm', SLIN16: 'pcm' } as const;
const NAME_OF = { pcmu: 'mulaw', pcma: 'alaw', l16: 'linear16' } as const;
