import type { TcpSegment } from './transport.ts';

/** One direction of a TCP connection: puts segments in order and drops what was sent again. */
export class TcpStream {
  #next: number | undefined = undefined;
  readonly #waiting: Map<number, Uint8Array> = new Map();

  /** The octets that now follow on from what was given before; none, one or several pieces. */
  push({ sequenceNumber, payload, syn }: TcpSegment): Uint8Array[] {
    // A SYN takes a sequence number; a capture that begins later begins with whatever comes first.
    if (syn) {
      this.#next = (sequenceNumber + 1) >>> 0;
      this.#waiting.clear();
    }
    this.#next ??= sequenceNumber;
    if (payload.length === 0) return [];
    this.#waiting.set(syn ? this.#next : sequenceNumber, payload);
    const ready = this.#takeReady();
    if (this.#waiting.size > MAX_WAITING) this.#skipGap();
    return ready;
  }

  #takeReady(): Uint8Array[] {
    const ready: Uint8Array[] = [];
    for (let found = true; found; ) {
      found = false;
      for (const [sequenceNumber, payload] of this.#waiting) {
        const known = (this.#next! - sequenceNumber) | 0;
        if (known < 0) continue;
        this.#waiting.delete(sequenceNumber);
        if (known >= payload.length) continue;
        ready.push(payload.subarray(known));
        this.#next = (sequenceNumber + payload.length) >>> 0;
        found = true;
      }
    }
    return ready;
  }

  /** What is missing was not captured: goes on with the nearest that was. */
  #skipGap(): void {
    const from = this.#next!;
    let nearest = Number.POSITIVE_INFINITY;
    for (const sequenceNumber of this.#waiting.keys()) {
      nearest = Math.min(nearest, (sequenceNumber - from) >>> 0);
    }
    this.#next = (from + nearest) >>> 0;
  }
}

const MAX_WAITING = 64;
