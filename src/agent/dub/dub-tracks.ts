/**
 * The dub tracks of one leg: turns verbs into commands, and what becomes of their sounds into status. A verb that cannot
 * be carried out is refused with a reason, for the log alone: nothing else happens, and the next verb runs.
 */
import { failure, type Result, success } from '../../result.ts';
import type { AgentCommand, AgentEvent, TrackSound } from '../agent.ts';
import type { DubVerb } from './dub-verb.ts';

export type DubRefusal =
  | 'track-exists'
  | 'too-many-tracks'
  | 'track-unknown'
  | 'nothing-to-play'
  | 'nothing-to-say'
  /** Only `http:` and `https:` are; a path would be read on our disk. */
  | 'play-not-a-url';

/** Told of the sound of a verb that has an `id`. */
export interface DubStatus {
  readonly event: 'start-playback' | 'stop-playback' | 'error';
  readonly verb: 'dub';
  readonly id: string;
  readonly track: string;
  /** Of `stop-playback`. */
  readonly reason?: DubEnd;
  readonly error?: string;
}

type DubEnd = 'completed' | 'silenced' | 'removed' | 'hangup';

export class DubTracks {
  readonly #mostTracks: number;
  readonly #tracks = new Set<string>();
  /** Those that may still be told of, by our number. */
  readonly #sounds = new Map<number, DubSound>();
  #lastSoundId: number;

  /** The numbers of its sounds come after `lastSoundId`: legs of one session must not share any. */
  constructor(mostTracks: number = MOST_TRACKS, lastSoundId: number = 0) {
    this.#mostTracks = mostTracks;
    this.#lastSoundId = lastSoundId;
  }

  carryOut(verb: DubVerb): Result<readonly AgentCommand[], DubRefusal> {
    const { action, track } = verb;
    if (action !== 'addTrack' && !this.#tracks.has(track)) return failure('track-unknown');
    switch (action) {
      case 'addTrack':
        return this.#add(verb);
      case 'removeTrack':
        this.#tracks.delete(track);
        return success([this.#stop(track, 'removed')]);
      case 'silenceTrack':
        return success([this.#stop(track, 'silenced')]);
      case 'playOnTrack':
        return this.#play(verb);
      case 'sayOnTrack':
        return this.#say(verb);
    }
  }

  /** What an event of the session is to those who wait for status; undefined for most. */
  handle(event: AgentEvent): DubStatus | undefined {
    if (event.kind !== 'track-sound-started' && event.kind !== 'track-sound-ended') return undefined;
    const sound = this.#sounds.get(event.soundId);
    if (sound === undefined) return undefined;
    if (event.kind === 'track-sound-started') {
      sound.hasStarted = true;
      return statusOf(sound, { event: 'start-playback' });
    }
    this.#sounds.delete(event.soundId);
    if (event.cause === 'refused')
      return statusOf(sound, { event: 'error', error: event.reason ?? 'unknown' });
    return sound.hasStarted ? statusOf(sound, { event: 'stop-playback', reason: sound.endsBy }) : undefined;
  }

  /** The call is over. */
  end(): readonly DubStatus[] {
    const heard = [...this.#sounds.values()].filter(({ hasStarted }) => hasStarted);
    this.#sounds.clear();
    this.#tracks.clear();
    return heard.flatMap((sound) => statusOf(sound, { event: 'stop-playback', reason: 'hangup' }) ?? []);
  }

  #add(verb: DubVerb): Result<readonly AgentCommand[], DubRefusal> {
    if (this.#tracks.has(verb.track)) return failure('track-exists');
    if (this.#tracks.size >= this.#mostTracks) return failure('too-many-tracks');
    this.#tracks.add(verb.track);
    if (verb.play !== undefined) return this.#play(verb);
    return verb.say === undefined ? success([]) : this.#say(verb);
  }

  #play(verb: DubVerb): Result<readonly AgentCommand[], DubRefusal> {
    const { play: url, loop: repeats } = verb;
    if (url === undefined) return failure('nothing-to-play');
    if (!/^https?:\/\//i.test(url)) return failure('play-not-a-url');
    return success([this.#append(verb, { kind: 'sound', audio: { kind: 'url', url } }, repeats)]);
  }

  #say(verb: DubVerb): Result<readonly AgentCommand[], DubRefusal> {
    if (verb.say === undefined) return failure('nothing-to-say');
    return success([this.#append(verb, { kind: 'speech', ...verb.say }, false)]);
  }

  #append(verb: DubVerb, content: TrackSound['content'], repeats: boolean): AgentCommand {
    const { track, id, gain } = verb;
    this.#lastSoundId += 1;
    const soundId = this.#lastSoundId;
    this.#sounds.set(soundId, { track, id, hasStarted: false, endsBy: 'completed' });
    const sound = { content, repeats, gain, fadeInMs: 0 };
    return { kind: 'play-on-track', track: trackName(track), soundId, sound, when: 'queued' };
  }

  #stop(track: string, endsBy: DubEnd): AgentCommand {
    for (const sound of this.#sounds.values()) if (sound.track === track) sound.endsBy = endsBy;
    return { kind: 'stop-loop', track: trackName(track) };
  }
}

interface DubSound {
  readonly track: string;
  readonly id: string | undefined;
  hasStarted: boolean;
  endsBy: DubEnd;
}

function statusOf(
  { id, track }: DubSound,
  what: Pick<DubStatus, 'event' | 'reason' | 'error'>,
): DubStatus | undefined {
  return id === undefined ? undefined : { ...what, verb: 'dub', id, track };
}

/** Apart from the tracks of other vocabularies. */
function trackName(track: string): string {
  return `dub/${track}`;
}

/** `MAX_DUB_TRACKS` of jambonz: apps probe for it. */
const MOST_TRACKS = 2;
