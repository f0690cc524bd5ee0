/** How many packets a source may have passed on: more than any codec needs, and no flood. */
export class PacketRate {
  #credit: number = BURST;
  #creditedAtMs = 0;

  /** Whether one more may pass now. */
  spend(nowMs: number): boolean {
    const earned = ((nowMs - this.#creditedAtMs) * PER_SECOND) / 1000;
    this.#credit = Math.min(BURST, this.#credit + Math.max(0, earned));
    this.#creditedAtMs = nowMs;
    if (this.#credit < 1) return false;
    this.#credit -= 1;
    return true;
  }
}

/** Packets of 10 ms, and as many events among them. */
const PER_SECOND = 200;
/** What a network may hold back and let go at once: half a second of 10 ms packets. */
const BURST = 50;
