/**
 * The one vocabulary inside the house. Every agent protocol is translated at its door (`src/agent/<name>/`) into
 * these commands and from these events; `src/call` knows them and no protocol.
 */
import type { AgentLineEnd, AgentLineEvent, AgentLineOptions, LineId } from '../audio/agent-line.ts';
import type { SoundSource, SoundStream } from '../audio/sound-source.ts';
import type { Logger } from '../logger.ts';
import type { Script, VoiceChoice } from '../speech/script.ts';

/** One caller, one agent, from answer to end. It outlives a failed transfer. */
export interface SessionInfo {
  /** UUID. */
  readonly id: string;
  readonly accountId: string;
  readonly direction: 'inbound' | 'outbound';
  /** As the trunk gave it; the door formats it for its app. Empty when withheld. */
  readonly from: string;
  readonly to: string;
  /** The flow's own number. */
  readonly phoneNumber: string;
  readonly flow: string;
  /** How the call came in, for apps that want to know; absent where nothing of it may be told. */
  readonly signalling?: SignallingFacts | undefined;
}

/** What the INVITE said of the call. */
export interface SignallingFacts {
  readonly callId: string;
  readonly requestUri: string;
  /** `host:port` of the peer. */
  readonly remoteAddress: string;
  readonly trunk: string | undefined;
  /** The caller's display name; a claim. */
  readonly callerName: string;
  /**
   * As written, in order. What identifies the call always; P-Asserted-Identity, Privacy, Diversion, User-to-User and
   * `X-` headers of trusted trunks alone.
   */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly sdp: string;
}

/** When the caller's voice may stop this utterance. */
export interface BargeInRule {
  readonly strategy: 'none' | 'manual' | 'minimum-characters' | 'immediate';
  readonly minimumCharacters: number;
  /** Milliseconds from the start of playback in which it is protected. */
  readonly allowAfterMs: number;
}

/** Milliseconds of silence that end the caller's turn, or back to what the flow says. */
export type EndOfTurnSilence = number | 'default';

/** How far a track steps back while the agent's voice is heard, and how fast. */
export interface DuckingRule {
  readonly depthDb: number;
  readonly attackMs: number;
  readonly releaseMs: number;
}

/** One sound on a track behind the voice. */
export interface TrackSound {
  readonly content:
    | { readonly kind: 'sound'; readonly audio: SoundSource | SoundStream }
    | { readonly kind: 'speech'; readonly script: Script; readonly voice: VoiceChoice };
  /** A file begins again without a seam; streams and speech are heard once all the same. */
  readonly repeats: boolean;
  /** Linear. */
  readonly gain: number;
  /** An equal-power fade. */
  readonly fadeInMs: number;
  readonly ducking?: DuckingRule | undefined;
  /** Brings a file to this loudness first; absent: as it is. */
  readonly loudnessLufs?: number | undefined;
  /** Begins anywhere in the file, so that not every call opens with the same cough. */
  readonly startsAnywhere?: boolean;
}

/** What runs behind the voice. */
export type TrackCommand =
  /**
   * Starts or replaces a track behind the voice; without `audio` it changes the gain of the running one. Files loop, a
   * stream is played once.
   */
  | {
      readonly kind: 'loop';
      readonly track: string;
      readonly audio: SoundSource | SoundStream | undefined;
      readonly gain: number | undefined;
    }
  /** Silences a track within `fadeMs`, 20 unless told, and forgets what waits behind its sound. */
  | { readonly kind: 'stop-loop'; readonly track: string; readonly fadeMs?: number }
  /**
   * The same as `loop` for any sound: in place of what the track plays, or behind it. The agent is told when it starts
   * and ends, under its `soundId`.
   */
  | {
      readonly kind: 'play-on-track';
      readonly track: string;
      readonly soundId: number;
      readonly sound: TrackSound;
      readonly when: 'at-once' | 'queued';
    }
  /** Of a track with a sound; absent fields stay as they are. */
  | {
      readonly kind: 'adjust-track';
      readonly track: string;
      readonly gain?: number | undefined;
      readonly rampMs?: number;
      /** Its sound goes on unheard. */
      readonly muted?: boolean;
      /** Its sound stands still. */
      readonly paused?: boolean;
      readonly ducking?: DuckingRule | 'off';
    }
  /** How loud all is that is on no track: voice, sounds, and whom the listener talks to. Linear; 1 unless told. */
  | { readonly kind: 'amplify'; readonly gain: number };

export type AgentCommand =
  | {
      readonly kind: 'say';
      readonly script: Script;
      readonly voice: VoiceChoice;
      readonly bargeIn: BargeInRule;
      /** Tell the agent `input-timed-out` after so much silence following this utterance. */
      readonly inputTimeoutMs: number | undefined;
      /** From when this utterance is heard until it is set anew; undefined: as before. */
      readonly endOfTurnSilenceMs: EndOfTurnSilence | undefined;
      /** Present: its start is told, and its end by this number. */
      readonly utteranceId?: number | undefined;
    }
  /** Queues a sound: a file in any format the house decodes, or one that is still being made. */
  | {
      readonly kind: 'play';
      readonly audio: SoundSource | SoundStream;
      readonly bargeIn: BargeInRule;
      readonly utteranceId?: number | undefined;
      /** Of a file: where it begins. */
      readonly fromMs?: number | undefined;
    }
  | TrackCommand
  /** The agent is at work on an answer, a tool call say: until it is heard, the caller is not expected to speak. */
  | { readonly kind: 'think' }
  /** Stops what plays and forgets what was queued before this command. */
  | { readonly kind: 'interrupt' }
  /** Ends the call; waits for what the same batch queued before it. */
  | { readonly kind: 'hang-up'; readonly headers?: Readonly<Record<string, string>> }
  /** Of a call that the agent answers itself: takes it, or opens an early path for its sound (183). */
  | { readonly kind: 'answer' }
  | { readonly kind: 'answer-early' }
  /** Of a call that is not answered yet. */
  | {
      readonly kind: 'decline';
      readonly statusCode: number;
      readonly reason?: string | undefined;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Each is pressed for `durationMs`, 100 unless told; a far end without telephone events gets none, and the log says so. */
  | { readonly kind: 'send-digits'; readonly digits: string; readonly durationMs?: number }
  | {
      readonly kind: 'transfer';
      readonly target: string;
      readonly callerIdName: string | undefined;
      readonly callerIdNumber: string | undefined;
      /** Present: a failed transfer comes back to the agent. Absent: it ends the call. */
      readonly timeoutMs: number | undefined;
    }
  | ConnectionCommand
  /** How the caller is listened to; absent fields stay as they are, `languages: []` resets. */
  | {
      readonly kind: 'listen';
      readonly provider: string | undefined;
      readonly languages: readonly string[] | undefined;
      readonly vocabulary: readonly string[] | undefined;
      readonly endOfTurnSilenceMs: EndOfTurnSilence | undefined;
      /** False: nobody listens until it is true again. */
      readonly isOn?: boolean | undefined;
    }
  /**
   * Opens a line to an agent that takes and gives audio, in the media worker itself. The end of a `vital` one is the end of
   * the agent: the session goes to its fallback.
   */
  | {
      readonly kind: 'open-line';
      readonly lineId: LineId;
      readonly options: AgentLineOptions;
      readonly vital: boolean;
    }
  /** Plain data for the line's protocol. */
  | { readonly kind: 'tell-line'; readonly lineId: LineId; readonly message: unknown }
  | { readonly kind: 'close-line'; readonly lineId: LineId }
  /** The caller hears the caller: the in-process reference agent. */
  | { readonly kind: 'bridge-echo' };

/** What calls somebody else and joins the two, while the agent stays with the caller (or sends it on altogether). */
export type ConnectionCommand =
  /** Rings every target at once; who answers first is joined with the caller, the others are cancelled. */
  | {
      readonly kind: 'connect';
      readonly connectionId: number;
      /** One to ten. */
      readonly targets: readonly ConnectionTarget[];
      readonly callerIdName: string | undefined;
      readonly callerIdNumber: string | undefined;
      readonly ringTimeoutMs: number;
      /** From answer on; undefined: as long as the call may last. */
      readonly longestMs: number | undefined;
      /** What the caller hears meanwhile: what plays goes on, a ringing tone, or a sound, repeated. */
      readonly whileRinging: 'as-it-is' | 'ringback' | SoundSource;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'disconnect'; readonly connectionId: number }
  /** Sound behind the voice that the far end hears. */
  | { readonly kind: 'far-track'; readonly connectionId: number; readonly command: TrackCommand }
  /** REFER: the caller's own side is asked to call the target. */
  | {
      readonly kind: 'refer';
      readonly target: string;
      readonly referredBy?: string | undefined;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface ConnectionTarget {
  /** A number, which goes the way of the outbound routes, or a SIP URI. */
  readonly to: string;
  readonly trunk?: string | undefined;
  /** In place of what the others are shown. */
  readonly callerIdNumber?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
}

/**
 * Who is at it: `listening` to the caller, `thinking` from the end of the caller's turn (or `think`) until the first of
 * the answer is heard, `speaking`, or `idle` when nobody has spoken for a while.
 */
export type ConversationState = 'listening' | 'thinking' | 'speaking' | 'idle';

export type EndCause =
  | 'caller-hung-up'
  | 'agent-hung-up'
  | 'transferred'
  | 'agent-failed'
  | 'media-lost'
  | 'error';

export type AgentEvent =
  | { readonly kind: 'started' }
  /** The caller began to speak; once for each turn. */
  | { readonly kind: 'speech-onset' }
  /** The caller's voice has just stopped what was playing; `text` is what was understood so far, perhaps nothing. */
  | { readonly kind: 'barged-in'; readonly text: string }
  /** What has been understood of the turn so far; told to agents that follow it. */
  | { readonly kind: 'understood'; readonly text: string }
  /** What the caller said in a turn; comes after `spoken` of what it interrupted. */
  | { readonly kind: 'heard'; readonly text: string; readonly bargedIn: boolean }
  | { readonly kind: 'digit'; readonly digit: string }
  /** An utterance of `say` is being heard; `durationMs` is its whole length. */
  | {
      readonly kind: 'speaking';
      readonly script: Script;
      readonly durationMs: number;
      /** Unix epoch milliseconds. */
      readonly startedAtMs: number;
    }
  /** The first of a `say` or `play` with an `utteranceId` is heard. */
  | { readonly kind: 'utterance-started'; readonly utteranceId: number }
  /** One `say` or `play` is over: played out, or cut when `cut` is there. */
  | {
      readonly kind: 'spoken';
      readonly cut: SpokenPart | undefined;
      readonly utteranceId?: number | undefined;
      /** Of one with an `utteranceId`. */
      readonly playedMs?: number;
      /** Nothing of it could be had: why, as a literal. */
      readonly refusal?: string | undefined;
    }
  | { readonly kind: 'input-timed-out' }
  | { readonly kind: 'track-sound-started'; readonly track: string; readonly soundId: number }
  | {
      readonly kind: 'track-sound-ended';
      readonly track: string;
      readonly soundId: number;
      /** `refused`: it could not be had, and was not heard; then there is a `reason`. */
      readonly cause: 'finished' | 'stopped' | 'replaced' | 'refused';
      readonly reason?: string;
    }
  /** Told to agents that follow it. */
  | { readonly kind: 'state-changed'; readonly state: ConversationState }
  /** Of a call that the agent answers itself: it rings. */
  | { readonly kind: 'ringing' }
  /** What became of a target of `connect`, each once per state; `ended` of the one that was answered ends the connection. */
  | {
      readonly kind: 'connection';
      readonly connectionId: number;
      /** Index into `targets`. */
      readonly target: number;
      readonly state: 'trying' | 'ringing' | 'answered' | 'failed' | 'ended';
      /** Of the SIP response; of `ended`: 200. */
      readonly statusCode: number;
      /** The Call-ID of its own dialog. */
      readonly callId: string;
      readonly by?: 'caller' | 'callee' | 'us';
    }
  /** The far end of a connection pressed a key. */
  | { readonly kind: 'far-digit'; readonly connectionId: number; readonly digit: string }
  /** What the other side tells of our REFER; told once with `isFinal`. */
  | { readonly kind: 'referred'; readonly statusCode: number; readonly isFinal: boolean }
  | { readonly kind: 'line-opened'; readonly lineId: LineId }
  | { readonly kind: 'line'; readonly lineId: LineId; readonly event: AgentLineEvent }
  | { readonly kind: 'line-closed'; readonly lineId: LineId; readonly reason: AgentLineEnd }
  | { readonly kind: 'ended'; readonly cause: EndCause };

/** What of an interrupted utterance the caller has heard. */
export interface SpokenPart {
  readonly playedMs: number;
  /** Whole words, estimated from the time; empty for a sound. */
  readonly text: string;
}

/** What a session hands to its agent, and the only way an agent acts on a call. */
export interface AgentHost {
  readonly session: SessionInfo;
  /** Its lines carry the call's id and flow. */
  readonly log: Logger;
  /** Carries out commands in order; what must wait for queued speech waits within its own batch. */
  submit(batch: readonly AgentCommand[]): void;
  /**
   * The agent can no longer serve this call (refused, timed out, closed for good). The session goes to its
   * flow's fallback. `reason` is for the log and the counter: a literal, no input text.
   */
  fail(reason: AgentFailure): void;
}

export type AgentFailure = 'unreachable' | 'timed-out' | 'refused' | 'bad-response' | 'closed';

/** One conversation's door to its backend. Made at answer; `handle` is called in event order. */
export interface Agent {
  /** Whether it wants to be told what the caller says; without, nobody listens. */
  readonly listens: boolean;
  /** Whether it wants `state-changed`. */
  readonly followsState?: boolean;
  /** Whether it wants `understood`. */
  readonly followsTranscript?: boolean;
  handle(event: AgentEvent): void;
  /**
   * Takes what its app sent beside its own connection, over the HTTP API, in the app's vocabulary; `mistakes` are told
   * to whoever sent it. Absent: the vocabulary has no such thing.
   */
  takeFromApi?(body: unknown): { readonly accepted: number; readonly mistakes: readonly string[] };
  /** Resolves when the last event has been delivered or given up; called once, after `ended`. */
  close(): Promise<void>;
}

/** Makes the agent of a session: one for each flow in the configuration. */
export interface AgentFactory {
  (host: AgentHost): Agent;
  /**
   * Calls wait for the agent's `answer`, and it is made while they ring; without, they are answered for it, and it is
   * made then.
   */
  readonly answersItself?: boolean;
}
