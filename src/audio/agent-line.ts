/**
 * The line between a leg and an agent that takes and gives audio itself: who opens it and what it tells. Plain data, as it
 * crosses from the main thread to a media worker and back. Nothing here is sent per packet: the audio stays in the worker.
 */

/** Names one line of a session; the agent chooses it, rising. */
export type LineId = number;

export interface AgentLineOptions {
  /** Whose wire form is spoken: a name of the table in `src/media-worker/line-protocols.ts`. */
  readonly protocol: string;
  readonly target:
    | {
        readonly kind: 'websocket';
        readonly url: string;
        readonly headers: Readonly<Record<string, string>>;
        /** Sec-WebSocket-Protocol, offered in this order. */
        readonly subprotocols?: readonly string[];
      }
    | { readonly kind: 'tcp'; readonly host: string; readonly port: number };
  readonly connectTimeoutMs: number;
  /** What is sent: the caller, what the caller hears, both mixed, or both beside each other (the caller first). */
  readonly hears: 'caller' | 'mixed' | 'stereo';
  /** Whether what the agent sends is heard by the caller. */
  readonly speaks: boolean;
  /** What its protocol needs to know; plain data, understood by the protocol alone. */
  readonly settings: unknown;
}

/** The call that a line belongs to. */
export interface LineCallFacts {
  readonly sessionId: string;
  /** Of SIP. */
  readonly callId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly from: string;
  readonly to: string;
}

/** How octets of audio are to be read. */
export interface WireAudio {
  /** `l16` is little-endian. */
  readonly encoding: 'l16' | 'pcmu' | 'pcma';
  readonly rateHz: 8000 | 16000 | 22050 | 24000 | 44100 | 48000;
}

/** In which form audio goes both ways. */
export interface LineAudio {
  readonly toAgent: WireAudio;
  /** Milliseconds in each piece that `caller` gets. */
  readonly chunkMs: 20 | 40 | 60 | 100;
  readonly fromAgent: WireAudio;
  /**
   * The agent sends as it speaks, in real time: a cushion of 20 ms is laid before what it says, what lags after a stall is
   * made up for in its silences, and what nobody could hear (a hold) is not played later. Absent: it sends ahead.
   */
  readonly isLive?: boolean;
  /** What the caller said before is forgotten: for backends that drop what comes faster than real time. */
  readonly forgetsEarly?: boolean;
}

/** How much of an agent's reply was heard. */
export interface HeardPart {
  readonly reply: string | undefined;
  readonly heardMs: number;
}

/** What a flush took back: of a reply what was not heard, and all of those behind it. */
export interface TakenBack extends HeardPart {
  /** Names of replies of which nothing was heard. */
  readonly unheardReplies: readonly string[];
}

/** What a line's protocol understood of its backend; common to all of them. */
export type AgentLineEvent =
  /** The backend heard the caller begin and end to speak. */
  | { readonly kind: 'caller-began' }
  | { readonly kind: 'caller-ended' }
  | { readonly kind: 'caller-said'; readonly text: string }
  | { readonly kind: 'agent-thinks' }
  | { readonly kind: 'agent-said'; readonly text: string; readonly interrupted: boolean }
  /** The backend took back what was not heard yet; `heardMs` of the reply was. */
  | { readonly kind: 'interrupted'; readonly heardMs: number }
  | {
      readonly kind: 'tool-call';
      readonly callId: string;
      readonly name: string;
      readonly arguments: Readonly<Record<string, unknown>>;
    }
  /** A mark was reached, or taken back with the audio before it. */
  | { readonly kind: 'mark'; readonly name: string; readonly outcome: 'played' | 'cleared' }
  /** Everything the agent has sent so far was heard: what waits for a goodbye to end may go on. */
  | { readonly kind: 'all-heard' }
  /** A control message that is for the agent's other half on the main thread, as received. */
  | { readonly kind: 'message'; readonly text: string }
  /** The backend complained, and goes on. */
  | { readonly kind: 'warning'; readonly text: string };

/** Why a line is over: a literal, for the log and the counter. */
export type AgentLineEnd =
  | 'closed-by-us'
  | 'closed-by-agent'
  | 'bad-url'
  | 'refused'
  | 'connect-timed-out'
  | 'not-ready'
  | 'rejected'
  | 'unresponsive'
  | 'message-too-large'
  | 'flooded'
  | 'protocol-error'
  | 'connection-lost';
