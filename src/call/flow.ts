import type { AgentFactory, DuckingRule } from '../agent/agent.ts';
import type { BackgroundAudio } from '../agent/background-player/background-sound.ts';
import type { ToneCountry } from '../audio/ringing-tone.ts';
import type { SoundSource } from '../audio/sound-source.ts';
import type { ListenSettings } from '../speech/listener.ts';
import type { VoiceChoice } from '../speech/script.ts';

/** What a call needs to know of the flow it was routed to; the composition root makes it from the configuration. */
export interface CallFlow {
  readonly name: string;
  readonly accountId: string;
  /** The flow's own number; the dialled one where it has none. */
  readonly phoneNumber: string | undefined;
  readonly agent: AgentFactory;
  /** Where an utterance names no voice. */
  readonly voice: VoiceChoice;
  /** How the caller is listened to until the agent changes it; an agent that does not listen ignores it. */
  readonly listening: ListenSettings;
  /** Loops behind everything else from answer to end, until the agent changes it. */
  readonly ambience: Ambience | undefined;
  /** The same in full, and what is heard while the agent thinks; its ambient sound comes before `ambience`. */
  readonly background?: FlowBackground | undefined;
  /** Sounds on tracks at a time; further ones are refused. */
  readonly mostTracks?: number | undefined;
  /** Spoken when the agent cannot serve the call; then the call ends. Empty: it ends at once. */
  readonly fallbackAnnouncement: string;
  /** Whom a caller is passed on to after the announcement, when the agent cannot serve the call. */
  readonly fallbackTransferTo?: string | undefined;
  /** What callers hear while somebody else is rung. */
  readonly ringing?: { readonly country: ToneCountry; readonly sound: SoundSource | undefined } | undefined;
  /** Milliseconds of ringing before the answer. */
  readonly answerAfterMs: number;
  readonly maxDurationMs: number;
}

interface FlowBackground {
  readonly ambientSound: BackgroundAudio | undefined;
  readonly thinkingSound: BackgroundAudio | undefined;
}

interface Ambience {
  readonly sound: SoundSource;
  /** Linear. */
  readonly gain: number;
  /** Brings the sound to this loudness; undefined leaves it as it is. */
  readonly loudnessLufs?: number | undefined;
  /** Begins anywhere in the sound, so that not every call opens with the same cough. */
  readonly startsAnywhere?: boolean;
  /** Absent: its level is constant. */
  readonly ducking?: DuckingRule | undefined;
}
