import { invariant } from '../../invariant.ts';
import { AesCounterMode } from './aes-counter-mode.ts';
import { deriveSessionKeys, MASTER_OCTETS } from './key-derivation.ts';
import { PacketAuthentication } from './packet-authentication.ts';

/** One direction's master key, and what the crypto suite says of tags. */
export interface SrtpMaster {
  /** Key and salt, 30 octets. */
  readonly master: Uint8Array;
  /** Of RTP: 10 or 4, as the suite's name says in bits. Tags of RTCP have 10 in both suites (RFC 4568 section 6.2). */
  readonly tagOctets: number;
  /** Length of the master key identifier before each tag; 0: there is none. */
  readonly mkiOctets: number;
}

/** Cipher and authentication of one protocol in one direction, with its session keys (RFC 3711 section 3.1). */
export class Protection {
  readonly cipher: AesCounterMode;
  readonly authentication: PacketAuthentication;

  constructor(master: Uint8Array, protocol: 'rtp' | 'rtcp') {
    invariant(master.length === MASTER_OCTETS, 'a master key of 128 bits and its salt of 112');
    const { cipherKey, authenticationKey, salt } = deriveSessionKeys(master, protocol);
    this.cipher = new AesCounterMode(cipherKey, salt);
    this.authentication = new PacketAuthentication(authenticationKey);
  }
}
