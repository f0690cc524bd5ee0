import { decodeBase64 } from '../../audio/decode-base64.ts';
import type { AgentCommand } from '../agent.ts';
import type { ActionWarning } from './action-warning.ts';
import type { Fields } from './fields.ts';
import { bargeInRule } from './speak-action.ts';

/** `audio`: a sound file, once. */
export function audio(fields: Fields): AgentCommand | undefined {
  const octets = soundOf(fields);
  if (octets !== undefined)
    return { kind: 'play', audio: octets, bargeIn: bargeInRule(fields.nested('barge_in')) };
  if (!fields.has('audio')) fields.warn('audio', 'a sound file in base64', 'nothing is played');
  return undefined;
}

/** `mix_audio`: starts, replaces or stops the ambience; with a volume alone it changes the running one's. */
export function mixAudio(fields: Fields, warnings: ActionWarning[]): AgentCommand | undefined {
  if (fields.flag('stop')) return { kind: 'stop-loop', track: AMBIENCE };
  const volume = fields.number('volume', { least: 0, most: 1, outside: 'clamp' });
  const hasAudio = fields.text('audio') !== undefined;
  const octets = soundOf(fields);
  if (octets !== undefined)
    return { kind: 'loop', track: AMBIENCE, audio: octets, gain: volume ?? DEFAULT_VOLUME };
  if (hasAudio) return undefined;
  if (volume !== undefined) return { kind: 'loop', track: AMBIENCE, audio: undefined, gain: volume };
  warnings.push({
    field: 'mix_audio',
    found: 'neither audio, volume nor stop',
    expected: 'one of them',
    consequence: 'ignored',
  });
  return undefined;
}

function soundOf(fields: Fields): Uint8Array | undefined {
  const text = fields.text('audio', 'a sound file in base64');
  if (text === undefined) return undefined;
  const decoded = decodeBase64(text, MOST_OCTETS);
  if (decoded.ok) return decoded.value;
  const expected = decoded.reason === 'sound-too-large' ? `at most ${MOST_OCTETS} octets` : 'base64';
  fields.warn('audio', expected, 'the sound is left out');
  return undefined;
}

/** The one loop that `mix_audio` knows. */
const AMBIENCE = 'ambience';
/** "Defaults to 0.5" (reference, mix_audio). */
const DEFAULT_VOLUME = 0.5;
/** Eight minutes at 16 kHz. */
const MOST_OCTETS = 16 * 1024 * 1024;
