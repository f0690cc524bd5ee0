import type { RecordWithTtl } from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';

/** In the shape the SIP stack asks and is told; what it is for is none of the network's business. */
export interface DnsQuestion {
  readonly type: 'NAPTR' | 'SRV' | 'A' | 'AAAA';
  readonly name: string;
}

export type DnsRecord =
  | {
      readonly type: 'NAPTR';
      readonly order: number;
      readonly preference: number;
      readonly flags: string;
      readonly service: string;
      readonly replacement: string;
    }
  | {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  | { readonly type: 'A' | 'AAAA'; readonly address: string };

export interface DnsResolverOptions {
  readonly nowMs: () => number;
  /** `address:port`; undefined: those of the system. */
  readonly servers?: readonly string[] | undefined;
  /** Of one try; there are two. */
  readonly timeoutMs?: number;
}

interface Answer {
  readonly records: readonly DnsRecord[];
  readonly lifetimeMs: number;
}

/** Asks the DNS and remembers what it said. Never rejects: a name that cannot be resolved has no records. */
export class DnsResolver {
  readonly #nowMs: () => number;
  readonly #resolver: Resolver;
  /** Asked for longest ago first; a question under way is asked once. */
  readonly #cache: Map<string, { answer: Promise<readonly DnsRecord[]>; untilMs: number }> = new Map();

  constructor({ nowMs, servers, timeoutMs = 2000 }: DnsResolverOptions) {
    this.#nowMs = nowMs;
    this.#resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
    if (servers !== undefined) this.#resolver.setServers(servers);
  }

  resolve(question: DnsQuestion): Promise<readonly DnsRecord[]> {
    const key = `${question.type} ${question.name.toLowerCase()}`;
    const known = this.#cache.get(key);
    if (known !== undefined && this.#nowMs() < known.untilMs) return known.answer;
    const entry = { answer: NOTHING, untilMs: Infinity };
    entry.answer = this.#ask(question).then(({ records, lifetimeMs }) => {
      entry.untilMs = this.#nowMs() + lifetimeMs;
      return records;
    });
    this.#cache.delete(key);
    this.#cache.set(key, entry);
    this.#forgetOldest();
    return entry.answer;
  }

  /** Questions under way are answered with nothing. */
  close(): void {
    this.#resolver.cancel();
  }

  async #ask(question: DnsQuestion): Promise<Answer> {
    try {
      return await this.#askServer(question);
    } catch {
      // No such name, no such record, no answer: the same to who asked. `/etc/hosts` may know it all the same.
      return question.type === 'A' || question.type === 'AAAA' ? askSystem(question) : absent;
    }
  }

  async #askServer({ type, name }: DnsQuestion): Promise<Answer> {
    switch (type) {
      case 'NAPTR': {
        const records = await this.#resolver.resolveNaptr(name);
        return lasting(records.map((record) => ({ ...record, type })));
      }
      case 'SRV': {
        const records = await this.#resolver.resolveSrv(name);
        return lasting(records.map(({ name: target, ...record }) => ({ ...record, type, target })));
      }
      case 'A':
        return addresses(type, await this.#resolver.resolve4(name, { ttl: true }));
      case 'AAAA':
        return addresses(type, await this.#resolver.resolve6(name, { ttl: true }));
    }
  }

  #forgetOldest(): void {
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= MAX_ENTRIES) return;
      this.#cache.delete(oldest);
    }
  }
}

function addresses(type: 'A' | 'AAAA', records: readonly RecordWithTtl[]): Answer {
  const leastS = Math.min(...records.map(({ ttl }) => ttl));
  const lifetimeMs = Math.min(Math.max(leastS * 1000, SHORTEST_MS), LONGEST_MS);
  return { records: records.map(({ address }) => ({ type, address })), lifetimeMs };
}

async function askSystem({ type, name }: DnsQuestion): Promise<Answer> {
  if (type !== 'A' && type !== 'AAAA') return absent;
  try {
    const found = await lookup(name, { family: type === 'A' ? 4 : 6, all: true });
    return lasting(found.map(({ address }) => ({ type, address })));
  } catch {
    return absent;
  }
}

function lasting(records: readonly DnsRecord[]): Answer {
  return records.length === 0 ? absent : { records, lifetimeMs: LASTING_MS };
}

const NOTHING: Promise<readonly DnsRecord[]> = Promise.resolve([]);
const SHORTEST_MS = 5000;
const LONGEST_MS = 3_600_000;
/** The runtime does not tell how long NAPTR and SRV records may be kept. */
const LASTING_MS = 60_000;
const absent: Answer = { records: [], lifetimeMs: 10_000 };
const MAX_ENTRIES = 1000;
