import { failure, type Result, success } from '../../result.ts';
import type { Script, VoiceChoice } from '../../speech/script.ts';
import { parseGain } from './parse-gain.ts';

/** The `dub` verb of jambonz, read. */
export interface DubVerb {
  readonly action: DubAction;
  /** Chosen by the app; unlike others of the leg. */
  readonly track: string;
  /** Comes back with what is told of it. */
  readonly id: string | undefined;
  readonly play: string | undefined;
  readonly say: { readonly script: Script; readonly voice: VoiceChoice } | undefined;
  /** Of `play`; what is said is never repeated. */
  readonly loop: boolean;
  /** Linear. */
  readonly gain: number;
}

type DubAction = 'addTrack' | 'removeTrack' | 'silenceTrack' | 'playOnTrack' | 'sayOnTrack';

/** Why a payload is not a `dub` verb: in jambonz this rejects the whole array that it stands in. */
export type DubMalformation = 'not-a-dub' | 'action-missing' | 'action-unknown' | 'track-missing';

/** Reads `{ "verb": "dub", ... }`, `{ "dub": { ... } }` and the fields alone. */
export function parseDubVerb(payload: unknown): Result<DubVerb, DubMalformation> {
  if (!isObject(payload)) return failure('not-a-dub');
  const { verb, dub } = payload;
  if (verb !== undefined && verb !== 'dub') return failure('not-a-dub');
  const fields = isObject(dub) ? dub : payload;
  const { action, track, id, play, say, loop, gain } = fields;
  if (action === undefined) return failure('action-missing');
  if (!isAction(action)) return failure('action-unknown');
  if (typeof track !== 'string' || track === '') return failure('track-missing');
  return success({
    action,
    track,
    id: typeof id === 'string' ? id : undefined,
    play: typeof play === 'string' && play !== '' ? play : undefined,
    say: sayOf(say),
    loop: loop === true,
    gain: parseGain(gain),
  });
}

/** A text, or `{ text, synthesizer }`; where that is "default" or silent, the session's voice speaks. */
function sayOf(say: unknown): DubVerb['say'] {
  const text = isObject(say) ? say['text'] : say;
  if (typeof text !== 'string' || text.trim() === '') return undefined;
  const synthesizer = isObject(say) && isObject(say['synthesizer']) ? say['synthesizer'] : {};
  const chosen = (name: string): string | undefined => {
    const value = synthesizer[name];
    return typeof value === 'string' && value !== '' && value !== 'default' ? value : undefined;
  };
  return {
    script: { text, format: /^\s*<speak/.test(text) ? 'ssml' : 'text' },
    voice: { provider: chosen('vendor'), language: chosen('language'), voice: chosen('voice') },
  };
}

function isAction(action: unknown): action is DubAction {
  return typeof action === 'string' && actions.has(action);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const actions: ReadonlySet<string> = new Set<DubAction>([
  'addTrack',
  'removeTrack',
  'silenceTrack',
  'playOnTrack',
  'sayOnTrack',
]);
