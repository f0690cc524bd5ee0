import ipaddr from 'ipaddr.js';
import { invariant } from '../invariant.ts';

export interface SourceGuardOptions {
  /** Addresses and networks (`192.0.2.0/24`) by the trunk they belong to; the first that holds the source counts. */
  readonly trunks: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  /** Requests of its own accord that a source may send on average, and at once. */
  readonly perSecond: number;
  readonly burst: number;
  readonly maxOctets?: number;
  /** Sources remembered; of more, the ones heard longest ago are forgotten. */
  readonly maxSources?: number;
}

export type SourceVerdict =
  | { readonly kind: 'admitted'; readonly trunk: string }
  | { readonly kind: 'refused'; readonly reason: SourceRefusal };

export type SourceRefusal = 'unknown-source' | 'rate-limited' | 'too-large';

interface Source {
  readonly admitted: SourceVerdict | undefined;
  tokens: number;
  filledAtMs: number;
}

/**
 * Who is listened to, decided before a message is parsed: known sources only, each at a limited rate. The limit holds
 * for unknown ones too, so that the answer they may be given cannot be used to flood somebody.
 */
export class SourceGuard {
  readonly #options: Required<SourceGuardOptions>;
  readonly #networks: { readonly admitted: SourceVerdict; readonly network: Network }[] = [];
  /** Heard longest ago first. */
  readonly #sources: Map<string, Source> = new Map();
  readonly #refusals: Record<SourceRefusal, number> = {
    'unknown-source': 0,
    'rate-limited': 0,
    'too-large': 0,
  };

  constructor(options: SourceGuardOptions) {
    this.#options = { maxOctets: 65_535, maxSources: 65_536, ...options };
    for (const { name, addresses } of options.trunks) {
      for (const address of addresses) {
        const network = parseNetwork(address);
        invariant(network !== undefined, 'the configuration refuses what is not an address or network');
        this.#networks.push({ admitted: { kind: 'admitted', trunk: name }, network });
      }
    }
  }

  get refusals(): Readonly<Record<SourceRefusal, number>> {
    return this.#refusals;
  }

  get sources(): number {
    return this.#sources.size;
  }

  /** A message has come from a numeric address. */
  judge(address: string, message: Uint8Array, nowMs: number): SourceVerdict {
    const source = this.#sourceOf(address, nowMs);
    const { perSecond, burst, maxOctets } = this.#options;
    const refilled = source.tokens + ((nowMs - source.filledAtMs) / 1000) * perSecond;
    source.tokens = Math.min(burst, refilled);
    source.filledAtMs = nowMs;
    // What goes with calls there are may overdraw: a flood of INVITEs must not keep calls from ending.
    const [cost, least] = isFollowUp(message) ? [FOLLOW_UP_COST, -burst] : [1, 0];
    if (source.tokens - cost < least) return this.#refuse('rate-limited');
    source.tokens -= cost;
    if (source.admitted === undefined) return this.#refuse('unknown-source');
    return message.length > maxOctets ? this.#refuse('too-large') : source.admitted;
  }

  /** Of which trunk an address is, at no cost to its rate: whether it may connect. */
  trunkOf(address: string): string | undefined {
    const admitted = this.#sources.get(address)?.admitted ?? this.#find(address);
    return admitted?.kind === 'admitted' ? admitted.trunk : undefined;
  }

  #sourceOf(address: string, nowMs: number): Source {
    const known = this.#sources.get(address);
    if (known !== undefined) {
      this.#sources.delete(address);
      this.#sources.set(address, known);
      return known;
    }
    if (this.#sources.size >= this.#options.maxSources) {
      for (const oldest of this.#sources.keys()) {
        this.#sources.delete(oldest);
        break;
      }
    }
    const source = { admitted: this.#find(address), tokens: this.#options.burst, filledAtMs: nowMs };
    this.#sources.set(address, source);
    return source;
  }

  #find(address: string): SourceVerdict | undefined {
    if (!ipaddr.isValid(address)) return undefined;
    const parsed = ipaddr.process(address);
    return this.#networks.find(({ network: [base, bits] }) => {
      return base.kind() === parsed.kind() && parsed.match(base, bits);
    })?.admitted;
  }

  #refuse(reason: SourceRefusal): SourceVerdict {
    this.#refusals[reason] += 1;
    return refused[reason];
  }
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

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** An address, or a network in CIDR notation; undefined when it is neither. */
function parseNetwork(text: string): Network | undefined {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

const refused: Readonly<Record<SourceRefusal, SourceVerdict>> = {
  'unknown-source': { kind: 'refused', reason: 'unknown-source' },
  'rate-limited': { kind: 'refused', reason: 'rate-limited' },
  'too-large': { kind: 'refused', reason: 'too-large' },
};
