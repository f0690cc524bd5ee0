import type { AddressBook } from './address-book.ts';

export interface SourceGuardOptions extends RateLimit {
  readonly addresses: AddressBook;
  /** For sources of no trunk, where they may prove who they are; without it they are refused. */
  readonly strangers?: RateLimit | undefined;
  /** All strangers together who have proven nothing yet: so that many of them cannot keep trunks out. */
  readonly strangersTogether?: RateLimit;
  readonly maxOctets?: number;
  /** Sources remembered; of more, the ones heard longest ago are forgotten. */
  readonly maxSources?: number;
}

/** Requests of its own accord that a source may send on average, and at once. */
interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

export type SourceVerdict =
  | { readonly kind: 'admitted'; readonly trunk: string }
  /** Of no trunk: heard, and asked who it is. */
  | { readonly kind: 'stranger' }
  | { readonly kind: 'refused'; readonly reason: SourceRefusal };

export type SourceRefusal = 'unknown-source' | 'rate-limited' | 'too-large';

/** What may be sent now, as of when it was filled last. */
interface Bucket {
  tokens: number;
  filledAtMs: number;
}

interface Source extends Bucket {
  trunk: string | undefined;
  /** Of the address book that says so. */
  edition: number;
}

/**
 * Who is listened to, decided before a message is parsed: known sources only, each at a limited rate. The limit holds
 * for unknown ones too, so that the answer they may be given cannot be used to flood somebody.
 */
export class SourceGuard {
  readonly #options: SourceGuardOptions & typeof defaults;
  /** Heard longest ago first. */
  readonly #sources: Map<string, Source> = new Map();
  /** Strangers who have proven who they are, proven longest ago first. */
  readonly #proven: Set<string> = new Set();
  readonly #together: Bucket;
  readonly #refusals: Record<SourceRefusal, number> = {
    'unknown-source': 0,
    'rate-limited': 0,
    'too-large': 0,
  };

  constructor(options: SourceGuardOptions) {
    this.#options = { ...defaults, ...options };
    this.#together = { tokens: this.#options.strangersTogether.burst, filledAtMs: 0 };
  }

  get refusals(): Readonly<Record<SourceRefusal, number>> {
    return this.#refusals;
  }

  get sources(): number {
    return this.#sources.size;
  }

  /** A message has come from a numeric address; over a connection whose peer is `certified` as a trunk, it is that trunk's. */
  judge(address: string, message: Uint8Array, nowMs: number, certified?: string): SourceVerdict {
    const source = this.#sourceOf(address, nowMs);
    const trunk = certified ?? source.trunk;
    const { strangers, strangersTogether, maxOctets } = this.#options;
    const limit = trunk === undefined ? (strangers ?? this.#options) : this.#options;
    // What goes with calls there are may overdraw: a flood of INVITEs must not keep calls from ending.
    const [cost, least] = isFollowUp(message) ? [FOLLOW_UP_COST, -limit.burst] : [1, 0];
    if (!take(source, limit, cost, least, nowMs)) return this.#refuse('rate-limited');
    const isUnproven = trunk === undefined && strangers !== undefined && !this.#proven.has(address);
    if (isUnproven && !take(this.#together, strangersTogether, 1, 0, nowMs))
      return this.#refuse('rate-limited');
    if (trunk === undefined && strangers === undefined) return this.#refuse('unknown-source');
    if (message.length > maxOctets) return this.#refuse('too-large');
    return trunk === undefined ? stranger : { kind: 'admitted', trunk };
  }

  /** A stranger has proven who it is: what it says from now on does not count with that of the others. */
  noteProven(address: string): void {
    this.#proven.delete(address);
    this.#proven.add(address);
    if (this.#proven.size > MAX_PROVEN)
      for (const oldest of this.#proven) return void this.#proven.delete(oldest);
  }

  /** Whether an address may connect; it costs nothing of its rate. */
  isWelcome(address: string): boolean {
    return this.#options.strangers !== undefined || this.trunkOf(address) !== undefined;
  }

  /** A connection of somebody who is not welcome was closed before anything was read. */
  noteTurnedAway(): void {
    this.#refusals['unknown-source'] += 1;
  }

  trunkOf(address: string): string | undefined {
    const { addresses } = this.#options;
    const known = this.#sources.get(address);
    return known?.edition === addresses.edition ? known.trunk : addresses.trunkOf(address);
  }

  #sourceOf(address: string, nowMs: number): Source {
    const { addresses, maxSources, burst } = this.#options;
    const known = this.#sources.get(address);
    if (known !== undefined) {
      if (known.edition !== addresses.edition) {
        known.trunk = addresses.trunkOf(address);
        known.edition = addresses.edition;
      }
      this.#sources.delete(address);
      this.#sources.set(address, known);
      return known;
    }
    if (this.#sources.size >= maxSources) {
      for (const oldest of this.#sources.keys()) {
        this.#sources.delete(oldest);
        break;
      }
    }
    const trunk = addresses.trunkOf(address);
    const source = { trunk, edition: addresses.edition, tokens: burst, filledAtMs: nowMs };
    this.#sources.set(address, source);
    return source;
  }

  #refuse(reason: SourceRefusal): SourceVerdict {
    this.#refusals[reason] += 1;
    return refused[reason];
  }
}

/** Whether there is enough in the bucket, which is a token less then, or whatever it costs. */
function take(bucket: Bucket, limit: RateLimit, cost: number, least: number, nowMs: number): boolean {
  const { perSecond, burst } = limit;
  const refilled = bucket.tokens + ((nowMs - bucket.filledAtMs) / 1000) * perSecond;
  bucket.tokens = Math.min(burst, refilled);
  bucket.filledAtMs = nowMs;
  if (bucket.tokens - cost < least) return false;
  bucket.tokens -= cost;
  return true;
}

/** Whether the message is a response, ACK, BYE, CANCEL, INFO, UPDATE or a keep-alive. */
function isFollowUp(message: Uint8Array): boolean {
  switch (message[0]) {
    case 0x41: // A
    case 0x42: // B
    case 0x43: // C
    case 0x55: // U
    case 0x0d:
      return true;
    case 0x53: // SIP/2.0, not SUBSCRIBE
      return message[1] === 0x49;
    case 0x49: // INFO, not INVITE
      return message[2] === 0x46;
    default:
      return false;
  }
}

/** Ours: a call is one INVITE and a handful of messages after it. */
const FOLLOW_UP_COST = 0.1;

const stranger: SourceVerdict = { kind: 'stranger' };
const refused: Readonly<Record<SourceRefusal, SourceVerdict>> = {
  'unknown-source': { kind: 'refused', reason: 'unknown-source' },
  'rate-limited': { kind: 'refused', reason: 'rate-limited' },
  'too-large': { kind: 'refused', reason: 'too-large' },
};

const defaults = {
  maxOctets: 65_535,
  maxSources: 65_536,
  /** Ours: asking somebody for a password takes about 0.1 ms. */
  strangersTogether: { perSecond: 1000, burst: 2000 },
};
const MAX_PROVEN = 16_384;
