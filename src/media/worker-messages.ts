/** What the main thread and a media worker say to each other. Plain data; nothing here is sent per packet. */
import type { LinearCodecName } from '../sdp/negotiated.ts';
import type { MediaCommand, MediaEvent } from './command.ts';

/** Names a leg between the two threads. */
export type LegId = number;

/** Names a phone that waits for a leg, to the worker it waits in. */
export type PhoneId = number;

/** Where Asterisks call over AudioSocket. */
export interface AudioSocketListener {
  readonly address: string;
  readonly port: number;
  /** Addresses and networks that may connect; undefined: all. */
  readonly allow: readonly string[] | undefined;
  /** Shared with other workers: the system spreads the connections. */
  readonly shared: boolean;
}

/** Handed to a worker when it starts. */
export interface MediaWorkerSettings {
  /** This worker's own range, both bounds inclusive. */
  readonly portMin: number;
  readonly portMax: number;
  /** Where sockets are bound; undefined: no legs of that family. */
  readonly bindAddressIpv4: string | undefined;
  readonly bindAddressIpv6: string | undefined;
  /** No RTP for so long is told as `media-silent`; 0: never. */
  readonly silenceTimeoutMs: number;
  /** Step of the tick's grid: 2 wakes half as often, for hosts with many workers. */
  readonly slotMs: 1 | 2;
}

export type MediaWorkerRequest =
  | {
      readonly kind: 'open';
      readonly legId: LegId;
      readonly callId: string;
      readonly family: 'ipv4' | 'ipv6';
      readonly symmetricRtp: boolean;
      /** Whose leg it is; undefined: of a phone that speaks RTP. */
      readonly phoneId: PhoneId | undefined;
    }
  | { readonly kind: 'command'; readonly legId: LegId; readonly command: MediaCommand }
  /** Joins the phones of two legs of this worker, or parts the one from whichever it was joined with. */
  | { readonly kind: 'join'; readonly legId: LegId; readonly otherId: LegId | undefined }
  | { readonly kind: 'close'; readonly legId: LegId }
  /** Listens there from now on, and nowhere else. */
  | { readonly kind: 'listen'; readonly listeners: readonly AudioSocketListener[] }
  | { readonly kind: 'refuse-phone'; readonly phoneId: PhoneId }
  /** Close every leg and end. */
  | { readonly kind: 'shut-down' };

export type MediaWorkerReport =
  | { readonly kind: 'opened'; readonly legId: LegId; readonly rtpPort: number; readonly rtcpPort: number }
  | {
      readonly kind: 'refused';
      readonly legId: LegId;
      readonly reason: 'ports-exhausted' | 'no-address' | 'phone-gone';
      readonly detail: string;
    }
  | { readonly kind: 'events'; readonly events: readonly LegEvent[] }
  /** The leg is gone, and its last event told. */
  | { readonly kind: 'closed'; readonly legId: LegId }
  /** What was asked for with `listen` is done, or why not. */
  | { readonly kind: 'listening'; readonly failure: string | undefined }
  | {
      readonly kind: 'phone-calls';
      readonly phoneId: PhoneId;
      /** Index of where it came in. */
      readonly listener: number;
      readonly uuid: string;
      readonly remoteAddress: string;
      readonly remotePort: number;
      readonly codec: LinearCodecName;
    }
  | { readonly kind: 'totals'; readonly totals: MediaWorkerTotals };

export interface LegEvent {
  readonly legId: LegId;
  readonly event: MediaEvent;
}

/** One worker's counters since it started, told once a second. */
export interface MediaWorkerTotals {
  readonly legs: number;
  readonly freePorts: number;
  readonly inboundPackets: number;
  readonly outboundPackets: number;
  /** Datagrams dropped, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Connections of AudioSocket that were cut off, by reason. */
  readonly phonesCut: Readonly<Record<string, number>>;
  /** Pieces of callers that agents did not take in time. */
  readonly linesDropped: number;
  /** How late the slots of the last second ran. */
  readonly tickLatenessMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Share of the last second in which the thread was not asleep, 0 to 1. */
  readonly busyShare: number;
}
