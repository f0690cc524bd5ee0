/**
 * Hands out even/odd port pairs for RTP and RTCP (RFC 3550 section 11), the longest-rested first: what a former
 * peer still sends to its old port then ends up nowhere instead of in another call.
 */
export class PortPool {
  readonly #ports: Uint16Array;
  readonly #taken: Set<number> = new Set();
  #head = 0;
  #free: number;

  /** Both bounds inclusive; a pair must lie in them whole. */
  constructor(portMin: number, portMax: number) {
    const first = portMin + (portMin % 2);
    const pairs = Math.max(0, Math.floor((portMax - first + 1) / 2));
    this.#ports = Uint16Array.from({ length: pairs }, (_, index) => first + 2 * index);
    this.#free = pairs;
  }

  /** Pairs in the range. */
  get size(): number {
    return this.#ports.length;
  }

  get free(): number {
    return this.#free;
  }

  /** The even port of the pair that has been free for longest; undefined when all are taken. */
  take(): number | undefined {
    if (this.#free === 0) return undefined;
    const port = this.#ports[this.#head]!;
    this.#head = (this.#head + 1) % this.#ports.length;
    this.#free -= 1;
    this.#taken.add(port);
    return port;
  }

  /** Also for a pair that could not be bound: it goes to the end of the queue. */
  giveBack(port: number): void {
    if (!this.#taken.delete(port)) return;
    const tail = (this.#head + this.#free) % this.#ports.length;
    this.#ports[tail] = port;
    this.#free += 1;
  }
}
