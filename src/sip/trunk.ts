/** What the user agent knows of the peers it deals with: how each proves who it is, and what is agreed. */
import type { DigestClient } from './auth/digest-client.ts';
import type { Flow } from './flow.ts';

export interface SipTrunk {
  /** Undefined for everybody, where no trunks are configured. */
  readonly name: string | undefined;
  /** Whether an address is the trunk's own. */
  owns(address: string): boolean;
  /** Whether a source has shown one of the trunk's certificates, or is at the end of a connection we opened to it. */
  certifies(source: Flow): boolean;
  /** What it takes that a new request is heard: an own address, a proven password, both, or a certificate. */
  readonly inboundAuth: 'address' | 'digest' | 'both' | 'certificate';
  /** How we prove to it who we are; undefined: we never do. */
  readonly digest: DigestClient | undefined;
  /** Whether what it says of callers (P-Asserted-Identity, Diversion, X- headers) is told. */
  readonly isTrusted: boolean;
  /** Whether its phones may have us call somewhere else. */
  readonly mayRefer: boolean;
  /** Whether provisional responses may be sent and asked for reliably (RFC 3262). */
  readonly reliableProvisionals: boolean;
  readonly sessionTimers: SessionTimerPolicy;
}

/** RFC 4028. */
export interface SessionTimerPolicy {
  /** `accept`: kept where the peer asks for one; `request`: asked for in every call. */
  readonly mode: 'off' | 'accept' | 'request';
  /** What is asked for. */
  readonly intervalS: number;
  /** The least that is accepted: 90 or more. */
  readonly minS: number;
}

/** Who peers are. */
export interface TrunkDirectory {
  /** The trunk that a connection is certified for; else the first that owns the address. */
  ofSource(source: Flow): SipTrunk | undefined;
  ofName(name: string): SipTrunk | undefined;
  /** The account that may call over a trunk: over that one, or without one over any that asks for digest alone. */
  account(username: string, trunk: SipTrunk | undefined): Account | undefined;
}

export interface Account {
  readonly trunk: SipTrunk;
  readonly password: string;
}

/** Everybody is heard, nobody is believed. */
export const anyTrunk: SipTrunk = {
  name: undefined,
  owns: () => true,
  certifies: () => false,
  inboundAuth: 'address',
  digest: undefined,
  isTrusted: false,
  mayRefer: false,
  reliableProvisionals: true,
  sessionTimers: { mode: 'accept', intervalS: 1800, minS: 90 },
};

export const openDirectory: TrunkDirectory = {
  ofSource: () => anyTrunk,
  ofName: () => undefined,
  account: () => undefined,
};
