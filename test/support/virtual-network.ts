import type { VirtualClock } from './virtual-clock.ts';

export interface VirtualEndpoint {
  readonly address: string;
  readonly port: number;
}

export type VirtualReceiver = (datagram: Uint8Array, from: VirtualEndpoint) => void;

/** What becomes of one datagram: the delays in milliseconds after which copies of it arrive. None: it is lost. */
export type VirtualLink = (from: VirtualEndpoint, to: VirtualEndpoint) => readonly number[];

/** UDP between simulated endpoints, in virtual time. A delay that differs between datagrams reorders them. */
export class VirtualNetwork {
  readonly #clock: VirtualClock;
  readonly #link: VirtualLink;
  readonly #receivers = new Map<string, VirtualReceiver>();

  /** Without `link` every datagram arrives once, at once. */
  constructor(clock: VirtualClock, link: VirtualLink = () => [0]) {
    this.#clock = clock;
    this.#link = link;
  }

  /** Returns how to let go of the port again. */
  bind({ address, port }: VirtualEndpoint, receiver: VirtualReceiver): () => void {
    const key = `${address} ${port}`;
    if (this.#receivers.has(key)) throw new Error(`${key} is bound already`);
    this.#receivers.set(key, receiver);
    return () => this.#receivers.delete(key);
  }

  /** The octets may be reused at once. */
  send(datagram: Uint8Array, from: VirtualEndpoint, to: VirtualEndpoint): void {
    for (const delayMs of this.#link(from, to)) {
      const copy = datagram.slice();
      this.#clock.schedule(delayMs, () => this.#receivers.get(`${to.address} ${to.port}`)?.(copy, from));
    }
  }
}

/** A link with delay, jitter, loss and doubling, the same in every run with the same seed. */
export function lossyLink(options: {
  readonly seed: number;
  readonly delayMs?: number;
  /** Added to the delay, spread evenly from 0. */
  readonly jitterMs?: number;
  /** Shares of datagrams, 0 to 1. */
  readonly loss?: number;
  readonly duplication?: number;
}): VirtualLink {
  const { seed, delayMs = 0, jitterMs = 0, loss = 0, duplication = 0 } = options;
  const random = seededRandom(seed);
  return () => {
    if (random() < loss) return [];
    const arrivals = [delayMs + jitterMs * random()];
    if (random() < duplication) arrivals.push(delayMs + jitterMs * random());
    return arrivals;
  };
}

/** Mulberry32: 32 bits of state, evenly spread over 0 (inclusive) to 1 (exclusive). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
