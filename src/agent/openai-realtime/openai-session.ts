import type { WireAudio } from '../../audio/agent-line.ts';
import type { JsonObject } from '../voice-agent/json-message.ts';
import type { LineCall } from '../voice-agent/line-protocol.ts';
import type { ToolDefinition } from '../voice-agent/told.ts';

export interface OpenAiSettings {
  /** The names of the API since its general availability, or those that many of its copies still use. */
  readonly dialect: 'ga' | 'beta';
  readonly instructions?: string | undefined;
  readonly voice?: string | undefined;
  /** What the agent is to say first; absent: it waits for the caller. */
  readonly greeting?: string | undefined;
  /** `as-the-phone` spares conversions: what the phone speaks goes through as it is. `pcm` is at 24 kHz. */
  readonly audio: 'as-the-phone' | 'pcmu' | 'pcma' | 'pcm';
  /** As OpenAI has it; null: nobody detects turns. Absent: the server's default. */
  readonly turnDetection?: JsonObject | null | undefined;
  /** As OpenAI has it; absent: what the caller says is not written down. */
  readonly transcription?: JsonObject | undefined;
  /** Further fields of the session, as OpenAI has them. */
  readonly session: JsonObject;
  readonly tools: readonly ToolDefinition[];
}

export function wireAudioFor(audio: OpenAiSettings['audio'], codec: LineCall['codec']): WireAudio {
  const law = audio === 'as-the-phone' ? LAW_OF[codec] : audio;
  return law === 'pcm' ? { encoding: 'l16', rateHz: 24_000 } : { encoding: law, rateHz: 8000 };
}

export function sessionUpdate(settings: OpenAiSettings, form: WireAudio): object {
  const session = settings.dialect === 'ga' ? gaSession(settings, form) : betaSession(settings, form);
  return { type: 'session.update', session: { ...session, ...settings.session } };
}

function gaSession(settings: OpenAiSettings, form: WireAudio): JsonObject {
  const { instructions, voice, turnDetection, transcription } = settings;
  const format = GA_FORMATS[form.encoding];
  return {
    type: 'realtime',
    instructions,
    output_modalities: ['audio'],
    audio: {
      input: { format, turn_detection: turnDetection, transcription },
      output: { format, voice },
    },
    ...toolsOf(settings),
  };
}

function betaSession(settings: OpenAiSettings, form: WireAudio): JsonObject {
  const { instructions, voice, turnDetection, transcription } = settings;
  const format = BETA_FORMATS[form.encoding];
  return {
    modalities: ['audio', 'text'],
    instructions,
    voice,
    input_audio_format: format,
    output_audio_format: format,
    turn_detection: turnDetection,
    input_audio_transcription: transcription,
    ...toolsOf(settings),
  };
}

function toolsOf({ tools }: OpenAiSettings): JsonObject {
  if (tools.length === 0) return {};
  return { tools: tools.map((tool) => ({ type: 'function', ...tool })), tool_choice: 'auto' };
}

const LAW_OF = { PCMU: 'pcmu', PCMA: 'pcma', G722: 'pcm', SLIN: 'pcm', SLIN16: 'pcm' } as const;
const GA_FORMATS = {
  l16: { type: 'audio/pcm', rate: 24_000 },
  pcmu: { type: 'audio/pcmu' },
  pcma: { type: 'audio/pcma' },
} as const;
const BETA_FORMATS = { l16: 'pcm16', pcmu: 'g711_ulaw', pcma: 'g711_alaw' } as const;
