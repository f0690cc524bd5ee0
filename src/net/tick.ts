import type { DurationHistogram } from '../duration-histogram.ts';

/** What runs once in every 20 ms. */
export interface TickMember {
  /** `nowMs` is the time the tick was due, on an exact 20 ms grid; the clock may read a little later. */
  tick(nowMs: number): void;
  /**
   * Sends what the tick made, once all members of the slot have ticked: system calls in a row find peers awake
   * and caches warm that they would not find one by one.
   */
  transmit(): void;
  /** What need not be done before that has left. */
  rest(nowMs: number): void;
  /** The thread was held up for so long that this many ticks were left out. */
  skip(ticks: number): void;
}

/**
 * The one beat of a media worker: an absolute grid of 1 ms slots, each member in one of the 20. Between slots
 * the thread sleeps in `Atomics.wait`, which wakes within 50 us where a timer is a millisecond off, and takes all
 * network input once per turn. With no members it is idle. Blocks its thread: for worker threads only.
 */
export class Tick {
  readonly #slots: TickMember[][];
  readonly #slotMs: number;
  readonly #lateness: DurationHistogram;
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));
  #members = 0;
  #running = false;
  #slot = 0;
  #dueMs = 0;
  #busyMs = 0;
  /** Slots of the latest turn whose members have not rested. */
  #unrested = 0;

  constructor(lateness: DurationHistogram, slotMs: 1 | 2 = 1) {
    this.#lateness = lateness;
    this.#slotMs = slotMs;
    this.#slots = Array.from({ length: PERIOD_MS / slotMs }, () => []);
  }

  get members(): number {
    return this.#members;
  }

  /** Milliseconds this thread was not asleep in the beat, rising. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /** Takes the slot with the fewest members. */
  add(member: TickMember): void {
    let least = this.#slots[0]!;
    for (const slot of this.#slots) if (slot.length < least.length) least = slot;
    least.push(member);
    this.#members += 1;
    if (!this.#running) this.#start();
  }

  remove(member: TickMember): void {
    for (const slot of this.#slots) {
      const index = slot.indexOf(member);
      if (index < 0) continue;
      slot.splice(index, 1);
      this.#members -= 1;
      return;
    }
  }

  #start(): void {
    this.#running = true;
    this.#dueMs = performance.now() + this.#slotMs;
    let turnEndMs = performance.now();
    const turn = (): void => {
      if (this.#members === 0) {
        this.#running = false;
        return;
      }
      this.#restSlots();
      const turnMs = performance.now();
      const waitMs = this.#dueMs - turnMs;
      if (waitMs > 0) {
        this.#busyMs += turnMs - turnEndMs;
        Atomics.wait(this.#cell, 0, 0, waitMs);
        turnEndMs = performance.now();
      }
      this.#runDueSlots();
      const endMs = performance.now();
      this.#busyMs += endMs - turnEndMs;
      turnEndMs = endMs;
      setImmediate(turn);
    };
    setImmediate(turn);
  }

  /** At most one round in a turn, so that what a member sent has left before its next tick reuses the buffer. */
  #runDueSlots(): void {
    this.#skipWhatIsTooLate(performance.now());
    for (let ran = 0; ran < this.#slots.length; ran++) {
      const lateMs = performance.now() - this.#dueMs;
      if (lateMs < 0) return;
      this.#lateness.record(lateMs);
      const slot = this.#slots[this.#slot]!;
      for (let index = 0; index < slot.length; index++) slot[index]!.tick(this.#dueMs);
      for (let index = 0; index < slot.length; index++) slot[index]!.transmit();
      this.#slot = (this.#slot + 1) % this.#slots.length;
      this.#dueMs += this.#slotMs;
      this.#unrested += 1;
    }
  }

  /** For the slots of the turn before: sockets send when a turn is over. */
  #restSlots(): void {
    for (; this.#unrested > 0; this.#unrested--) {
      const slot = this.#slots.at((this.#slot - this.#unrested) % this.#slots.length)!;
      const dueMs = this.#dueMs - this.#unrested * this.#slotMs;
      for (let index = 0; index < slot.length; index++) slot[index]!.rest(dueMs);
    }
  }

  /** Leaves out whole rounds, so that the grid and everyone's place in it stay. */
  #skipWhatIsTooLate(nowMs: number): void {
    const lateMs = nowMs - this.#dueMs;
    if (lateMs <= SKIP_AFTER_MS) return;
    const rounds = Math.floor(lateMs / PERIOD_MS);
    this.#dueMs += rounds * PERIOD_MS;
    for (const slot of this.#slots) for (const member of slot) member.skip(rounds);
  }
}

const PERIOD_MS = 20;
/** Later than this, what should have been sent is worthless to any playout buffer. */
const SKIP_AFTER_MS = 100;
