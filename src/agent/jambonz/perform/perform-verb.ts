/** Starts what a verb asks for; those that are done at once end before this returns. */
import type { AppData } from '../link/app-link.ts';
import type {
  DialVerb,
  DtmfVerb,
  GatherVerb,
  ListenVerb,
  PauseVerb,
  PlayVerb,
  ReferVerb,
  SayVerb,
} from '../vocabulary/verbs.ts';
import { Dialling } from './dialling.ts';
import { Gathering } from './gathering.ts';
import { KeySending } from './key-sending.ts';
import { Listening } from './listening.ts';
import { Prompt, type PromptOutcome } from './prompt.ts';
import { Referring } from './referring.ts';
import type { End, Performance, Stage } from './stage.ts';

/** Verbs that last, and are nothing but that. */
export type LastingVerb =
  | SayVerb
  | PlayVerb
  | PauseVerb
  | GatherVerb
  | DialVerb
  | ReferVerb
  | ListenVerb
  | DtmfVerb;

export function performVerb(stage: Stage, verb: LastingVerb, mostDubTracks: number, end: End): Performance {
  const performance = prepare(stage, verb, mostDubTracks, end);
  performance.start();
  return performance;
}

interface Startable extends Performance {
  start(): void;
}

function prepare(stage: Stage, verb: LastingVerb, mostDubTracks: number, end: End): Startable {
  switch (verb.verb) {
    case 'say':
      return new Prompt(stage, verb, () => end());
    case 'play':
      return new Prompt(stage, verb, (outcome) =>
        end({ hook: verb.actionHook, results: playResults(verb, outcome) }),
      );
    case 'pause':
      return new Pause(stage, verb.lengthMs, end);
    case 'gather':
      return new Gathering(stage, verb, (results) =>
        end({ ...waitingOf(verb), hook: verb.actionHook, results }),
      );
    case 'dial':
      return new Dialling(stage, verb, mostDubTracks, (results) => end({ hook: verb.actionHook, results }));
    case 'sip:refer':
      return new Referring(stage, verb, (results) => end({ hook: verb.actionHook, results }));
    case 'listen':
      return new Listening(stage, verb, (results) => end({ hook: verb.actionHook, results }));
    case 'dtmf':
      return new KeySending(stage, verb, end);
  }
}

function waitingOf({
  delayAction,
  fillerNoise,
}: GatherVerb): Pick<GatherVerb, 'delayAction' | 'fillerNoise'> {
  return { delayAction, fillerNoise };
}

function playResults({ seekOffsetMs }: PlayVerb, { playedMs, failed }: PromptOutcome): AppData {
  if (failed) return { reason: 'playFailed', status: 'fail' };
  return {
    reason: 'playCompleted',
    playback_seconds: Math.floor(playedMs / 1000),
    playback_milliseconds: Math.round(playedMs),
    playback_last_offset_pos: String(Math.round((seekOffsetMs + playedMs) * SAMPLES_PER_MS)),
  };
}

class Pause implements Startable {
  readonly #stage: Stage;
  readonly #lengthMs: number;
  readonly #end: End;
  #cancel: () => void = () => undefined;

  constructor(stage: Stage, lengthMs: number, end: End) {
    this.#stage = stage;
    this.#lengthMs = lengthMs;
    this.#end = end;
  }

  start(): void {
    this.#cancel = this.#stage.after(this.#lengthMs, () => this.#end());
  }

  handle(): void {}

  stop(): void {
    this.#cancel();
  }
}

/** Positions are told in samples of telephony. */
const SAMPLES_PER_MS = 8;
