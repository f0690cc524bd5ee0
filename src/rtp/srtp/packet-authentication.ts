/**
 * HMAC-SHA1 over packets (RFC 3711 section 4.2.1). SHA-1 is OpenSSL's; the two hashes that make it an HMAC are asked
 * for one by one (RFC 2104 section 2), because as text a digest costs no buffer and no object of the library.
 */
import { hash } from 'node:crypto';
import { MAX_SRTP_OCTETS } from './aes-counter-mode.ts';

export class PacketAuthentication {
  readonly #innerPad = new Uint8Array(BLOCK_OCTETS).fill(0x36);
  readonly #outerPad = new Uint8Array(BLOCK_OCTETS).fill(0x5c);

  /** A key of 20 octets. */
  constructor(key: Uint8Array) {
    key.forEach((octet, index) => {
      this.#innerPad[index]! ^= octet;
      this.#outerPad[index]! ^= octet;
    });
  }

  /** Writes the first `tagOctets` of the tag over `octets` up to `length`, and `trailer` if there is one, at `at`. */
  sign(octets: Uint8Array, length: number, trailer: number | undefined, at: number, tagOctets: number): void {
    const digest = this.#digest(octets, length, trailer);
    for (let octet = 0; octet < tagOctets; octet++) octets[at + octet] = digest.charCodeAt(octet);
  }

  /** Whether that tag stands at `at`. Takes the same time wherever they differ. */
  verify(
    octets: Uint8Array,
    length: number,
    trailer: number | undefined,
    at: number,
    tagOctets: number,
  ): boolean {
    const digest = this.#digest(octets, length, trailer);
    let difference = 0;
    for (let octet = 0; octet < tagOctets; octet++) {
      difference |= octets[at + octet]! ^ digest.charCodeAt(octet);
    }
    return difference === 0;
  }

  /** Twenty characters of one octet each. `trailer` is the roll-over counter, 32 bits. */
  #digest(octets: Uint8Array, length: number, trailer: number | undefined): string {
    for (let octet = 0; octet < BLOCK_OCTETS; octet++) {
      inner[octet] = this.#innerPad[octet]!;
      outer[octet] = this.#outerPad[octet]!;
    }
    let end = BLOCK_OCTETS;
    for (let octet = 0; octet < length; octet++) inner[end++] = octets[octet]!;
    if (trailer !== undefined) {
      inner[end++] = trailer >>> 24;
      inner[end++] = trailer >>> 16;
      inner[end++] = trailer >>> 8;
      inner[end++] = trailer;
    }
    const message = hash('sha1', innerView(end), 'binary');
    for (let octet = 0; octet < DIGEST_OCTETS; octet++) {
      outer[BLOCK_OCTETS + octet] = message.charCodeAt(octet);
    }
    return hash('sha1', outer, 'binary');
  }
}

/** The work space up to `length`: a view is made once for each length, for one in each packet would be garbage. */
function innerView(length: number): Uint8Array {
  let view = innerViews[length];
  if (view === undefined) {
    view = inner.subarray(0, length);
    innerViews[length] = view;
  }
  return view;
}

/** Of SHA-1. */
const BLOCK_OCTETS = 64;
const DIGEST_OCTETS = 20;
const TRAILER_OCTETS = 4;

/** Work space of whoever is at it; nothing stays in it between two calls but keys of this process. */
const inner = new Uint8Array(BLOCK_OCTETS + MAX_SRTP_OCTETS + TRAILER_OCTETS);
const outer = new Uint8Array(BLOCK_OCTETS + DIGEST_OCTETS);
const innerViews: Uint8Array[] = [];
