/**
 * AES in counter mode (RFC 3711 section 4.1.1). The cipher is OpenSSL's and is made once: the counters of a packet
 * are encrypted as so many blocks, which gives its keystream.
 */
import { type Cipheriv, createCipheriv } from 'node:crypto';
import { invariant } from '../../invariant.ts';

export class AesCounterMode {
  readonly #cipher: Cipheriv;
  readonly #salt: Uint8Array;

  /** A key of 16 octets and a salt of 14. */
  constructor(key: Uint8Array, salt: Uint8Array) {
    invariant(salt.length === SALT_OCTETS, 'the salt has 112 bits');
    this.#cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#salt = salt.slice();
  }

  /** Encrypts, or decrypts, `octets` from `from` up to `to` where they lie. `index` is the packet's, up to 48 bits. */
  apply(octets: Uint8Array, from: number, to: number, ssrc: number, index: number): void {
    const count = Math.ceil((to - from) / BLOCK_OCTETS);
    if (count <= 0) return;
    invariant(count <= MAX_BLOCKS, 'longer packets are refused before');
    this.#writeCounters(count, ssrc, index);
    const keystream = this.#cipher.update(blockViews[count]!);
    for (let i = 0, at = from; at < to; i++, at++) octets[at]! ^= keystream[i]!;
  }

  /** IV = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16), and the IVs after it. */
  #writeCounters(count: number, ssrc: number, index: number): void {
    const salt = this.#salt;
    const high = Math.floor(index / 2 ** 32);
    for (let octet = 0; octet < SALT_OCTETS; octet++) iv[octet] = salt[octet]!;
    iv[4]! ^= ssrc >>> 24;
    iv[5]! ^= ssrc >>> 16;
    iv[6]! ^= ssrc >>> 8;
    iv[7]! ^= ssrc;
    iv[8]! ^= high >>> 8;
    iv[9]! ^= high;
    iv[10]! ^= index >>> 24;
    iv[11]! ^= index >>> 16;
    iv[12]! ^= index >>> 8;
    iv[13]! ^= index;
    for (let block = 0, at = 0; block < count; block++) {
      for (let octet = 0; octet < SALT_OCTETS; octet++) blocks[at++] = iv[octet]!;
      blocks[at++] = block >>> 8;
      blocks[at++] = block;
    }
  }
}

const BLOCK_OCTETS = 16;
const SALT_OCTETS = 14;

/** The longest packet that is protected: an Ethernet frame of it, and room for what is no audio. */
export const MAX_SRTP_OCTETS = 2048;
const MAX_BLOCKS = MAX_SRTP_OCTETS / BLOCK_OCTETS;

/** Work space of whoever is at it; nothing stays in it between two calls. */
const iv = new Uint8Array(SALT_OCTETS);
const blocks = new Uint8Array(MAX_SRTP_OCTETS);
/** The first so many blocks, made once: a view for each packet would be garbage. */
const blockViews: readonly Uint8Array[] = Array.from({ length: MAX_BLOCKS + 1 }, (_, count) =>
  blocks.subarray(0, count * BLOCK_OCTETS),
);
