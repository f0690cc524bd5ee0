/**
 * Decides whose media a leg hears: what keeps strangers from speaking into a call (RTP inject) and from having
 * it sent to them (RTP bleed).
 */
import ipaddr from 'ipaddr.js';

export interface SourceLockOptions {
  /** Numeric; what the SDP names. */
  readonly address: string;
  readonly port: number;
  /**
   * False: only the SDP's address is heard, from any port until one has proved itself, and it alone is sent to.
   * True, for phones behind NAT: the first source of valid RTP is heard, and sent to once it has proved itself.
   */
  readonly symmetric: boolean;
}

export class SourceLock {
  readonly #symmetric: boolean;
  /** Where media is to be sent: what the SDP names, or in symmetric mode the source that proved itself. */
  destinationAddress: string;
  destinationPort: number;

  #named: NumericAddress;
  #namedPort: number;
  /** The source that is heard; in strict mode only its port is learnt. Empty while there is none. */
  #heardAddress = '';
  #heardPort = 0;
  #heardIsNamed = false;
  #proofs = 0;
  #heardAtMs = 0;

  constructor(options: SourceLockOptions) {
    this.#symmetric = options.symmetric;
    this.#named = numericAddress(options.address);
    this.#namedPort = options.port;
    this.destinationAddress = this.#named.plain;
    this.destinationPort = options.port;
  }

  /** One source has proved itself, and no other is heard until `renegotiate`. */
  get locked(): boolean {
    return this.#proofs >= PROOFS_TO_LOCK;
  }

  /** A new offer or answer names where media comes from; what was learnt is kept if it names the same again. */
  renegotiate(address: string, port: number): void {
    const named = numericAddress(address);
    if (named.plain === this.#named.plain && port === this.#namedPort) return;
    this.#named = named;
    this.#namedPort = port;
    this.destinationAddress = named.plain;
    this.destinationPort = port;
    this.#heardAddress = '';
    this.#proofs = 0;
  }

  /** Whether a datagram that parsed as RTP is to be heard; `undefined` when it is. Counts it as proof. */
  check(address: string, port: number, nowMs: number): 'foreign-source' | undefined {
    if (port === this.#heardPort && address === this.#heardAddress) {
      this.#heardAtMs = nowMs;
      if (this.#proofs < PROOFS_TO_LOCK && ++this.#proofs === PROOFS_TO_LOCK) this.#lock();
      return undefined;
    }
    if (this.isForeign(address, port)) return 'foreign-source';
    const isNamed = this.#isNamed(address);
    // While one is proving itself its rivals wait, unless they are what the SDP names and it is not.
    const isBetter = isNamed && (port === this.#namedPort || !this.#heardIsNamed);
    const isAlive = this.#heardAddress !== '' && nowMs - this.#heardAtMs < RIVAL_SILENCE_MS;
    if (isAlive && !isBetter) return 'foreign-source';
    this.#heardIsNamed = isNamed;
    this.#heardAddress = address;
    this.#heardPort = port;
    this.#heardAtMs = nowMs;
    this.#proofs = 1;
    return undefined;
  }

  /** Whether this is the source that is heard now. Nothing is learnt from it. */
  isHeard(address: string, port: number): boolean {
    return port === this.#heardPort && address === this.#heardAddress;
  }

  /** Whether nothing from there can be heard now, whatever it is. Nothing is learnt from it. */
  isForeign(address: string, port: number): boolean {
    if (this.isHeard(address, port)) return false;
    // Port 0 can only be forged, and nothing can be sent to it.
    return this.locked || port === 0 || !(this.#symmetric || this.#isNamed(address));
  }

  #isNamed(address: string): boolean {
    return address === this.#named.plain || address === this.#named.mapped;
  }

  #lock(): void {
    if (!this.#symmetric) return;
    this.destinationAddress = this.#heardAddress;
    this.destinationPort = this.#heardPort;
  }
}

/** An address as sockets write it: alone, and as a dual-stack socket shows IPv4 (RFC 4291 section 2.5.5.2). */
interface NumericAddress {
  readonly plain: string;
  readonly mapped: string;
}

function numericAddress(address: string): NumericAddress {
  if (!ipaddr.isValid(address)) return { plain: address, mapped: address };
  const plain = ipaddr.process(address).toString();
  return { plain, mapped: ipaddr.IPv4.isValid(plain) ? `::ffff:${plain}` : plain };
}

/** Packets in a row from one source; with fewer a stray could take the call. */
const PROOFS_TO_LOCK = 5;

/** A source silent this long before proving itself was a stray. */
const RIVAL_SILENCE_MS = 200;
