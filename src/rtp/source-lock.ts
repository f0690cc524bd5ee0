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
   * True, for phones behind NAT: the first source of valid RTP is heard, and sent to once it has proved itself; what the
   * SDP names takes its place as soon as that has proved itself too.
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
  #heardAddress = '';
  #heardPort = 0;
  #heardIsNamed = false;
  #proofs = 0;
  #heardAtMs = 0;
  /** Of what the SDP names, while another has proved itself in its place. */
  #claims = 0;
  #claimPort = 0;
  #claimedAtMs = 0;

  constructor(options: SourceLockOptions) {
    this.#symmetric = options.symmetric;
    this.#named = numericAddress(options.address);
    this.#namedPort = options.port;
    this.destinationAddress = this.#named.plain;
    this.destinationPort = options.port;
  }

  /** The source that is heard; in strict mode only its port is learnt. Empty while there is none. */
  get heardAddress(): string {
    return this.#heardAddress;
  }

  get heardPort(): number {
    return this.#heardPort;
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
    this.#claims = 0;
  }

  /** Whether a datagram that parsed as RTP is to be heard; `undefined` when it is. Counts it as proof. */
  check(address: string, port: number, nowMs: number): 'foreign-source' | undefined {
    if (port === this.#heardPort && address === this.#heardAddress) {
      this.#heardAtMs = nowMs;
      if (this.#proofs < PROOFS_TO_LOCK && ++this.#proofs === PROOFS_TO_LOCK) this.#lock();
      return undefined;
    }
    const isNamed = this.#isNamed(address);
    if (this.isForeign(address, port)) return 'foreign-source';
    if (this.locked && !this.#claim(port, nowMs)) return 'foreign-source';
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
    if (port === 0) return true;
    if (this.#isNamed(address)) return this.locked && this.#heardIsNamed;
    return this.locked || !this.#symmetric;
  }

  /** Whether media from there is just what the SDP names. */
  isNamed(address: string, port: number): boolean {
    return port === this.#namedPort && this.#isNamed(address);
  }

  /** What the SDP names has been kept out by one that was faster: it proves itself like any other, and is sent to again. */
  #claim(port: number, nowMs: number): boolean {
    const goesOn = port === this.#claimPort && nowMs - this.#claimedAtMs < RIVAL_SILENCE_MS;
    this.#claims = goesOn ? this.#claims + 1 : 1;
    this.#claimPort = port;
    this.#claimedAtMs = nowMs;
    if (this.#claims < PROOFS_TO_LOCK) return false;
    this.#claims = 0;
    this.#proofs = 0;
    this.destinationAddress = this.#named.plain;
    this.destinationPort = this.#namedPort;
    return true;
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
