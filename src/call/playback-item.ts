import type { BargeInRule, EndOfTurnSilence, SpokenPart } from '../agent/agent.ts';
import type { SoundSource, SoundStream } from '../audio/sound-source.ts';
import type { PlayoutId } from '../media/command.ts';
import type { Script, VoiceChoice } from '../speech/script.ts';

/** How the caller may answer to one item of the playback queue. */
export interface ReplyRules {
  readonly bargeIn: BargeInRule;
  readonly inputTimeoutMs: number | undefined;
  readonly endOfTurnSilenceMs: EndOfTurnSilence | undefined;
  /** Under which the agent wants to be told of it. */
  readonly utteranceId?: number | undefined;
}

/** How one item came to its end. */
export interface Outcome {
  /** Interrupted. */
  readonly cut: SpokenPart | undefined;
  readonly playedMs: number;
  readonly refusal: string | undefined;
}

/** What nobody is to interrupt or to answer. */
export const noReply: ReplyRules = {
  bargeIn: { strategy: 'none', minimumCharacters: 1, allowAfterMs: 0 },
  inputTimeoutMs: undefined,
  endOfTurnSilenceMs: undefined,
};

export interface SpeechContent {
  readonly kind: 'speech';
  readonly script: Script;
  readonly voice: VoiceChoice;
}

export type PlaybackContent =
  | SpeechContent
  | { readonly kind: 'sound'; readonly audio: SoundSource | SoundStream; readonly fromMs: number };

/** One `say` or `play` on its way from being asked for to having been heard. */
export interface PlaybackItem {
  readonly id: PlayoutId;
  readonly content: PlaybackContent;
  readonly rules: ReplyRules;
  readonly abort: AbortController;
  /** Flushed; the leg may still tell of it when it had begun. */
  dropped: boolean;
  /** The leg knows of it as a stream. */
  opened: boolean;
  sentMs: number;
  /** Everything of it has been sent, so its length is known. */
  complete: boolean;
  /** The agent was told of its length. */
  told: boolean;
  /** Why nothing of it could be had. */
  refusal: string | undefined;
  startedAtMs: number | undefined;
  startedNowMs: number | undefined;
  afterwards: (() => void)[];
}

export function newPlaybackItem(id: PlayoutId, content: PlaybackContent, rules: ReplyRules): PlaybackItem {
  return {
    id,
    content,
    rules,
    abort: new AbortController(),
    dropped: false,
    opened: false,
    sentMs: 0,
    complete: false,
    told: false,
    refusal: undefined,
    startedAtMs: undefined,
    startedNowMs: undefined,
    afterwards: [],
  };
}
