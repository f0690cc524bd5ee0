import type { AgentFactory } from '../agent/agent.ts';
import type { SoundSource } from '../audio/sound-source.ts';
import type { ListenSettings } from '../speech/listener.ts';
import type { VoiceChoice } from '../speech/script.ts';
import type { LoopForm } from './loops.ts';

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
  /** Sounds behind everything else from answer to end, until the agent changes it. */
  readonly ambience: (LoopForm & { readonly sound: SoundSource }) | undefined;
  /** Spoken when the agent cannot serve the call; then the call ends. Empty: it ends at once. */
  readonly fallbackAnnouncement: string;
  /** Milliseconds of ringing before the answer. */
  readonly answerAfterMs: number;
  readonly maxDurationMs: number;
}

/** The loop that AI Flow's `mix_audio` and a flow's configured ambience both are. */
export const ambienceTrack = 'ambience';
