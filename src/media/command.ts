/**
 * What the call layer tells a leg, and what a leg tells the call layer. Plain data on both sides: it crosses
 * from the main thread to a media worker by structured clone. Nothing here is sent per packet or per tick.
 */
import type {
  AgentLineEnd,
  AgentLineEvent,
  AgentLineOptions,
  LineCallFacts,
  LineId,
} from '../audio/agent-line.ts';
import type { Clip } from '../audio/clip.ts';
import type { DuckingOptions } from '../mixer/ducking.ts';
import type { TrackLevel } from '../mixer/named-tracks.ts';
import type { NegotiatedAudio } from '../sdp/negotiated.ts';

/** Names one item of a leg's playback queue; the call layer chooses it, rising within a leg. */
export type PlayoutId = number;

export type MediaCommand =
  /** Where and how to send and listen: after the answer, and again after each re-INVITE that changes it. */
  | {
      readonly kind: 'negotiate';
      readonly audio: NegotiatedAudio;
      /** It is another phone than before: the stream of that one is heard no more, though it may go on for a while. */
      readonly isAnotherPhone?: boolean;
    }
  /** Opens a line to an agent that takes and gives audio, from the media worker itself. */
  | {
      readonly kind: 'open-line';
      readonly lineId: LineId;
      readonly options: AgentLineOptions;
      readonly call: LineCallFacts;
    }
  | { readonly kind: 'tell-line'; readonly lineId: LineId; readonly message: unknown }
  | { readonly kind: 'close-line'; readonly lineId: LineId }
  /** Agents on all lines are neither heard nor hear anything, and their lines stay; `echo` is silent too. */
  | { readonly kind: 'hush-lines'; readonly enabled: boolean }
  /** The caller pressed a key, by whichever way: for the agents on all lines. */
  | { readonly kind: 'tell-digit'; readonly digit: string; readonly durationMs: number }
  /** Sends the caller's voice back to the caller: the reference agent for load tests. */
  | { readonly kind: 'echo'; readonly enabled: boolean }
  /** Writes the caller's voice into a `SampleRing` from now on, until another is given, or undefined. */
  | { readonly kind: 'tap-caller'; readonly ring: SharedArrayBuffer | undefined }
  /** Asks for the caller's decoded audio as `heard-samples` events in chunks of `chunkMs`; 0 stops it. */
  | { readonly kind: 'listen'; readonly rateHz: number; readonly chunkMs: number }
  /** Asks for `voice` events: when the agent's voice is heard, wherever it comes from. */
  | { readonly kind: 'watch-voice'; readonly enabled: boolean }
  /** Asks for the tracks' levels every so often, in steps of 20 ms; 0 stops it. */
  | { readonly kind: 'meter-tracks'; readonly everyMs: number }
  | OutboundCommand;

/** What the phone is to hear. */
export type OutboundCommand =
  /** Appends a whole clip to the playback queue. */
  | { readonly kind: 'queue-clip'; readonly playoutId: PlayoutId; readonly clip: Clip }
  /** Appends an item whose sound is still being made; it starts with its first samples. */
  | { readonly kind: 'queue-stream'; readonly playoutId: PlayoutId; readonly rateHz: number }
  | { readonly kind: 'stream-samples'; readonly playoutId: PlayoutId; readonly samples: Int16Array }
  | { readonly kind: 'stream-end'; readonly playoutId: PlayoutId }
  /** Stops what plays and empties the playback queue (barge-in). Loops go on. */
  | { readonly kind: 'flush-queue' }
  /** Starts a looping track, or cross-fades a running one of that name to a new clip. `gain` is linear. */
  | {
      readonly kind: 'start-loop';
      readonly track: string;
      readonly clip: Clip;
      readonly gain: number;
      readonly fadeMs: number;
      /** Where in the clip it begins; absent: at its first sample. */
      readonly fromSample?: number;
      /** Comes back with `track-ended`; absent: 0. */
      readonly soundId?: number;
    }
  /** Starts a track whose sound comes piece by piece; it crosses over from one of its name as a loop does. */
  | {
      readonly kind: 'start-stream';
      readonly track: string;
      readonly rateHz: number;
      readonly gain: number;
      readonly fadeMs: number;
      readonly soundId?: number;
    }
  /** For a track that has been stopped or replaced they are dropped. */
  | { readonly kind: 'track-samples'; readonly track: string; readonly samples: Int16Array }
  /** No more will come; the track ends when what it has is played. */
  | { readonly kind: 'end-track-stream'; readonly track: string }
  /** Plays a clip once over everything else, on a track of its own; absent `fadeMs`: as it begins. */
  | {
      readonly kind: 'start-clip';
      readonly track: string;
      readonly clip: Clip;
      readonly gain: number;
      readonly fadeMs?: number;
      readonly soundId?: number;
    }
  /** Of everything that is on no track, within 20 ms; linear. */
  | { readonly kind: 'amplify'; readonly gain: number }
  | { readonly kind: 'set-gain'; readonly track: string; readonly gain: number; readonly rampMs: number }
  /** Makes a track step back while the agent's voice is heard; undefined: no longer. */
  | { readonly kind: 'set-ducking'; readonly track: string; readonly ducking: DuckingOptions | undefined }
  /** Its sound goes on unheard. */
  | { readonly kind: 'mute-track'; readonly track: string; readonly muted: boolean }
  /** Its sound stands still, and goes on where it was. */
  | { readonly kind: 'pause-track'; readonly track: string; readonly paused: boolean }
  | { readonly kind: 'stop-track'; readonly track: string; readonly fadeMs: number }
  /** Silences the caller's ears (hold): nothing is sent and the queue waits, until resumed. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** RFC 4733 digits to the far end, 100 ms each unless told, with 100 ms between. */
  | { readonly kind: 'send-digits'; readonly digits: string; readonly durationMs?: number | undefined };

export type MediaEvent =
  /** The first frame of this queue item left. `wallMs` is Unix epoch milliseconds. */
  | { readonly kind: 'playout-started'; readonly playoutId: PlayoutId; readonly wallMs: number }
  | {
      readonly kind: 'playout-ended';
      readonly playoutId: PlayoutId;
      readonly playedMs: number;
      /** `flushed` when it was playing and cut; items that had not started give no event. */
      readonly cause: 'finished' | 'flushed';
    }
  | {
      readonly kind: 'track-ended';
      readonly track: string;
      readonly soundId: number;
      /** Played out, told to stop, or given way to another sound of its name. */
      readonly cause: 'finished' | 'stopped' | 'replaced';
    }
  | { readonly kind: 'track-levels'; readonly levels: readonly TrackLevel[] }
  /** The agent's voice began to be heard, or has been silent for more than a pause between sentences. */
  | { readonly kind: 'voice'; readonly isSpeaking: boolean }
  /** One press of a key (RFC 4733), told when it ends. `digit` is one of 0-9 * # A-D. */
  | { readonly kind: 'digit'; readonly digit: string; readonly durationMs: number }
  | { readonly kind: 'heard-samples'; readonly samples: Int16Array; readonly rateHz: number }
  | { readonly kind: 'line-opened'; readonly lineId: LineId }
  | { readonly kind: 'line'; readonly lineId: LineId; readonly event: AgentLineEvent }
  | {
      readonly kind: 'line-closed';
      readonly lineId: LineId;
      readonly reason: AgentLineEnd;
      /** What the connection's error said; for the log alone. */
      readonly detail?: string | undefined;
    }
  /** No RTP from the far end for `silentMs`, told once per silence. */
  | { readonly kind: 'media-silent'; readonly silentMs: number }
  /** A phone with a connection of its own is gone; what is left of the leg plays for nobody. */
  | { readonly kind: 'phone-gone'; readonly reason: PhoneEnd }
  /** The far end's RTP stream ended by RTCP BYE. */
  | { readonly kind: 'rtcp-bye' }
  | { readonly kind: 'stats'; readonly stats: LegStats }
  /** A bug was caught at the leg's edge; the call must end. */
  | { readonly kind: 'failed'; readonly message: string };

/** It hung up, or what became of its connection. */
export type PhoneEnd =
  | 'hung-up'
  | 'far-error'
  | 'connection-lost'
  | 'protocol-error'
  | 'flooded'
  | 'unresponsive';

/** Counters of one leg since it opened, told once a second and with the last event. */
export interface LegStats {
  readonly inbound: {
    readonly packets: number;
    readonly octets: number;
    /** RFC 3550 A.3 cumulative loss; negative with duplicates. */
    readonly lost: number;
    readonly reordered: number;
    readonly duplicates: number;
    readonly late: number;
    readonly jitterMs: number;
    readonly concealedMs: number;
    readonly playoutDelayMs: number;
    /** From one packet's arrival to the next, as this thread saw them: to about a millisecond. */
    readonly pacingMs: { readonly p50: number; readonly p99: number; readonly max: number };
    /** Datagrams dropped, by reason. */
    readonly dropped: Readonly<Record<string, number>>;
  };
  readonly outbound: { readonly packets: number; readonly octets: number };
  /** RTCP round trip (RFC 3550 section 6.4.1), once known. */
  readonly roundTripMs: number | undefined;
}
