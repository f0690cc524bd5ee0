import { AesCounterMode } from './aes-counter-mode.ts';

/** What protects the packets of one protocol, RTP or RTCP, in one direction. */
export interface SessionKeys {
  readonly cipherKey: Uint8Array;
  readonly authenticationKey: Uint8Array;
  readonly salt: Uint8Array;
}

/**
 * The session keys of a master key followed by its master salt, 30 octets in all. They are derived once: the key
 * derivation rate is 0.
 * @see RFC 3711 section 4.3
 */
export function deriveSessionKeys(master: Uint8Array, protocol: 'rtp' | 'rtcp'): SessionKeys {
  const derivation = new AesCounterMode(master.subarray(0, KEY_OCTETS), master.subarray(KEY_OCTETS));
  const label = protocol === 'rtp' ? RTP_LABEL : RTCP_LABEL;
  return {
    cipherKey: derive(derivation, label, KEY_OCTETS),
    authenticationKey: derive(derivation, label + 1, AUTHENTICATION_KEY_OCTETS),
    salt: derive(derivation, label + 2, SALT_OCTETS),
  };
}

/** The keystream at (salt XOR label * 2^48) * 2^16: the label lies where the low octet of an SSRC does. */
function derive(derivation: AesCounterMode, label: number, octets: number): Uint8Array {
  const key = new Uint8Array(octets);
  derivation.apply(key, 0, octets, label, 0);
  return key;
}

/** Master key, then master salt. */
export const MASTER_OCTETS = 30;
const KEY_OCTETS = 16;
const SALT_OCTETS = 14;
/** Section 5.2. */
const AUTHENTICATION_KEY_OCTETS = 20;
/** Of the encryption key; those of the authentication key and the salt follow (section 4.3.2). */
const RTP_LABEL = 0;
const RTCP_LABEL = 3;
