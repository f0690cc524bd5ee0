import type { WireAudio } from '../../audio/agent-line.ts';
import { type JsonObject, objectAt, textAt } from '../voice-agent/json-message.ts';
import type { LineCall } from '../voice-agent/line-protocol.ts';
import type { ToolDefinition } from '../voice-agent/told.ts';

/** Each way has its own; `as-the-phone` spares conversions: what the phone speaks goes through as it is. */
type AssemblyAiEncoding = 'as-the-phone' | 'pcmu' | 'pcma' | 'pcm';

export interface AssemblyAiSettings {
  /** A stored agent: then its own settings hold, and of these none but the ones about the line. */
  readonly agentId?: string | undefined;
  readonly systemPrompt?: string | undefined;
  /** Absent: the agent waits for the caller. */
  readonly greeting?: string | undefined;
  readonly voice?: string | undefined;
  /** 0 to 100. */
  readonly volume?: number | undefined;
  readonly keyterms?: readonly string[] | undefined;
  /** As AssemblyAI has it. */
  readonly turnDetection?: JsonObject | undefined;
  readonly input: AssemblyAiEncoding;
  readonly output: AssemblyAiEncoding;
  readonly tools: readonly ToolDefinition[];
  /** What takes back what is not heard yet: that AssemblyAI says so, or any sound of the caller. */
  readonly flushOn: 'interrupted' | 'speech-started';
  readonly sendToolResult: 'immediate' | 'after-reply-done';
}

export interface AssemblyAiFormats {
  readonly input: WireAudio;
  readonly output: WireAudio;
}

/** A stored agent's formats are its own; unless it tells others, they are these. */
export function formatsFor(settings: AssemblyAiSettings, codec: LineCall['codec']): AssemblyAiFormats {
  if (settings.agentId !== undefined) return { input: PCM, output: PCM };
  return { input: wireAudio(settings.input, codec), output: wireAudio(settings.output, codec) };
}

/** `session.update` for a new session. */
export function sessionUpdate(
  settings: AssemblyAiSettings,
  formats: AssemblyAiFormats,
  isGreeting: boolean,
): object {
  const { agentId, systemPrompt, greeting, voice, volume, keyterms, turnDetection, tools } = settings;
  if (agentId !== undefined) return { type: 'session.update', session: { agent_id: agentId } };
  return {
    type: 'session.update',
    session: {
      system_prompt: systemPrompt,
      greeting: isGreeting ? greeting : undefined,
      input: {
        format: { encoding: NAMES[formats.input.encoding] },
        keyterms,
        turn_detection: turnDetection,
      },
      output: { voice, volume, format: { encoding: NAMES[formats.output.encoding] } },
      tools: tools.length === 0 ? undefined : tools.map((tool) => ({ type: 'function', ...tool })),
    },
  };
}

/** What the session runs with: as it says itself, or as it was asked for. Undefined: a form that nobody knows. */
export function formatsIn(
  config: JsonObject | undefined,
  asked: AssemblyAiFormats,
): AssemblyAiFormats | undefined {
  const input = formatOf(config, 'input') ?? asked.input;
  const output = formatOf(config, 'output') ?? asked.output;
  return input === 'unknown' || output === 'unknown' ? undefined : { input, output };
}

function formatOf(config: JsonObject | undefined, way: string): WireAudio | 'unknown' | undefined {
  const encoding = textAt(objectAt(objectAt(config, way), 'format'), 'encoding');
  if (encoding === undefined) return undefined;
  return FORMS.find((form) => NAMES[form.encoding] === encoding) ?? 'unknown';
}

function wireAudio(encoding: AssemblyAiEncoding, codec: LineCall['codec']): WireAudio {
  if (encoding === 'pcmu' || (encoding === 'as-the-phone' && codec === 'PCMU')) return PCMU;
  if (encoding === 'pcma' || (encoding === 'as-the-phone' && codec === 'PCMA')) return PCMA;
  return PCM;
}

const PCM: WireAudio = { encoding: 'l16', rateHz: 24_000 };
const PCMU: WireAudio = { encoding: 'pcmu', rateHz: 8000 };
const PCMA: WireAudio = { encoding: 'pcma', rateHz: 8000 };
const FORMS: readonly WireAudio[] = [PCM, PCMU, PCMA];
const NAMES = { l16: 'audio/pcm', pcmu: 'audio/pcmu', pcma: 'audio/pcma' } as const;
