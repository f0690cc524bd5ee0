import type { LinearCodecName } from '../sdp/negotiated.ts';
import type { MediaCommand, MediaEvent } from './command.ts';

/** Where legs are made. The call layer knows this and not whether a worker thread, or a test, is behind it. */
export interface MediaPlane {
  /**
   * Reserves an RTP/RTCP port pair and a worker for a new leg.
   * Rejects with `SwitchError` `media-ports-exhausted` when the range is full.
   */
  openLeg(options: OpenLegOptions): Promise<MediaLeg>;
}

export interface OpenLegOptions {
  /** For log lines only. */
  readonly callId: string;
  readonly family: 'ipv4' | 'ipv6';
  /** Accept media from any source address until one proves itself (phones behind NAT). */
  readonly symmetricRtp: boolean;
  /** In place of RTP; the leg is made where it waits, and has no ports. */
  readonly phone?: WaitingPhone | undefined;
  /** A leg of this plane that it is to be joined with: it is made where that one lives, or not at all. */
  readonly beside?: MediaLeg | undefined;
  onEvent(event: MediaEvent): void;
}

/** A phone that has come over a connection of its own, without SDP, and waits for a leg. */
export interface WaitingPhone {
  /** Its own word for the call. */
  readonly uuid: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly codec: LinearCodecName;
  /** Cuts it off. */
  refuse(): void;
}

export interface MediaLeg {
  /** What to write into the SDP. */
  readonly localAddress: string;
  readonly localPort: number;
  readonly localRtcpPort: number;
  send(command: MediaCommand): void;
  /**
   * Joins the callers of two legs, the other opened `beside` this one, or parts them: each hears the other, and what its
   * own leg's mixer plays behind it. Where nothing has to be mixed and both speak one codec, packets pass as they are.
   * Whoever either was joined with before is parted from it; so is the one that is left when a leg is closed.
   */
  join(other: MediaLeg | undefined): void;
  /** Sends RTCP BYE, frees the ports, delivers a last `stats` event. */
  close(): void;
}
