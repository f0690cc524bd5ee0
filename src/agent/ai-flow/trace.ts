import type { SoundSource, SoundStream } from '../../audio/sound-source.ts';
import type { LogFields } from '../../logger.ts';
import type { AgentCommand } from '../agent.ts';
import type { AiFlowEvent } from './events.ts';

/** A command as one log line shows it: no sound, and no more text than fits. */
export function traceOf(command: AgentCommand): LogFields {
  switch (command.kind) {
    case 'say': {
      const { script, voice, bargeIn, inputTimeoutMs } = command;
      return {
        action: 'say',
        format: script.format,
        text: shortened(script.text),
        voice,
        bargeIn: bargeIn.strategy,
        inputTimeoutMs,
      };
    }
    case 'play':
      return { action: 'play', octets: octetsOf(command.audio) };
    case 'loop':
      return { action: 'loop', octets: octetsOf(command.audio), gain: command.gain };
    case 'transfer':
      return { action: 'transfer', target: command.target, timeoutMs: command.timeoutMs };
    case 'listen':
      return {
        action: 'listen',
        provider: command.provider,
        languages: command.languages,
        vocabulary: command.vocabulary?.length,
        endOfTurnSilenceMs: command.endOfTurnSilenceMs,
      };
    default:
      return { action: command.kind };
  }
}

/** Undefined for what this protocol cannot send. */
function octetsOf(audio: SoundSource | SoundStream | undefined): number | undefined {
  return audio instanceof Uint8Array ? audio.length : undefined;
}

/** An event as one log line shows it. */
export function traceOfEvent(event: AiFlowEvent): LogFields {
  const { type, session: _session, ...rest } = event;
  // What is said goes under one name, so that the log can leave it out.
  const fields = Object.entries(rest).map(([name, value]) => [
    wordsUnderOtherNames.has(name) ? 'text' : name,
    typeof value === 'string' ? shortened(value) : value,
  ]);
  return { event: type, ...Object.fromEntries(fields) };
}

function shortened(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}... (${text.length} characters)` : text;
}

const wordsUnderOtherNames: ReadonlySet<string> = new Set(['ssml', 'spoken_text']);
const LONGEST_TEXT = 120;
