/** A session description as read (RFC 8866): the lines that offer and answer turn on. */
import type { MediaDirection } from './negotiated.ts';

export interface SessionDescription {
  /** `<start> <stop>` of the first `t=`; an answer repeats it (RFC 3264 section 6). */
  readonly timing: string;
  /** The address of the session-level `c=`, as written. */
  readonly connectionAddress: string | undefined;
  readonly attributes: readonly SdpAttribute[];
  readonly media: readonly MediaDescription[];
}

export interface MediaDescription {
  /** `audio`, `video`, `image`, … */
  readonly kind: string;
  /** 0: refused, or no longer wanted. */
  readonly port: number;
  /** `RTP/AVP` and the like, as written. */
  readonly protocol: string;
  /** Payload types for RTP, whatever else for other protocols. */
  readonly formats: readonly string[];
  /** The address of its own `c=`, as written. */
  readonly connectionAddress: string | undefined;
  readonly attributes: readonly SdpAttribute[];
}

/** `a=name` or `a=name:value`. */
export interface SdpAttribute {
  readonly name: string;
  readonly value: string | undefined;
}

/** The value of the first attribute of that name; undefined when there is none, or it has no value. */
export function attributeValue(attributes: readonly SdpAttribute[], name: string): string | undefined {
  return attributes.find((attribute) => attribute.name === name)?.value;
}

export function hasAttribute(attributes: readonly SdpAttribute[], name: string): boolean {
  return attributes.some((attribute) => attribute.name === name);
}

/** What the describing side wants, from its own point of view; `sendrecv` when it does not say (section 6.7). */
export function directionOf(session: SessionDescription, media: MediaDescription): MediaDirection {
  return statedDirection(media.attributes) ?? statedDirection(session.attributes) ?? 'sendrecv';
}

function statedDirection(attributes: readonly SdpAttribute[]): MediaDirection | undefined {
  return attributes.map(({ name }) => name).find((name) => isDirection(name));
}

function isDirection(name: string): name is MediaDirection {
  return name === 'sendrecv' || name === 'sendonly' || name === 'recvonly' || name === 'inactive';
}
