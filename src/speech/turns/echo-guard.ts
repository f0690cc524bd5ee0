/**
 * Tells the caller's voice from the echo of our own. An echo is never louder than what we sent less the line's echo
 * return loss (ITU-T G.122), whenever it comes back; a caller is. The loss is assumed at first, and then learnt from
 * what comes back while we speak and no turn is open.
 */
export class EchoGuard {
  readonly #sentDb = new Float32Array(HOLD_WINDOWS).fill(SILENT_DB);
  #at = 0;
  #loudestSentDb = SILENT_DB;
  #lossDb = ASSUMED_LOSS_DB;
  #leastLossDb = MOST_LOSS_DB;
  #observedWindows = 0;
  /** The latest losses seen, not yet learnt from: an onset may show that they were the caller's. */
  readonly #heldBack = new Float32Array(HELD_BACK_WINDOWS);
  #heldBackWindows = 0;

  /** Our voice is on the line, or its echo may be. */
  get active(): boolean {
    return this.#loudestSentDb > AUDIBLE_DB;
  }

  /** What must be exceeded not to be taken for echo. */
  get thresholdDb(): number {
    return this.active ? this.#loudestSentDb - this.#lossDb + MARGIN_DB : SILENT_DB;
  }

  /** Takes what we sent while a window came in, and that window's level; `learns` while it is not the caller's. */
  push(sentDb: number, levelDb: number, learns: boolean): void {
    this.#sentDb[this.#at] = sentDb;
    this.#at = (this.#at + 1) % HOLD_WINDOWS;
    let loudest = SILENT_DB;
    for (let i = 0; i < HOLD_WINDOWS; i++) loudest = Math.max(loudest, this.#sentDb[i]!);
    this.#loudestSentDb = loudest;
    if (this.active && learns) this.#learn(loudest - levelDb);
  }

  /** What passed was no speech after all: perhaps the line has more echo than we thought. */
  distrust(): void {
    this.#lossDb = Math.min(this.#lossDb, ASSUMED_LOSS_DB);
    this.#forget();
  }

  /** A turn begins: what came in just before was the caller, not echo. */
  turnBegan(): void {
    this.#forget();
  }

  #learn(lossDb: number): void {
    const at = this.#heldBackWindows % HELD_BACK_WINDOWS;
    const settledDb = this.#heldBack[at]!;
    this.#heldBack[at] = lossDb;
    this.#heldBackWindows += 1;
    if (this.#heldBackWindows > HELD_BACK_WINDOWS) this.#settle(settledDb);
  }

  #settle(lossDb: number): void {
    this.#leastLossDb = Math.min(this.#leastLossDb, lossDb);
    this.#observedWindows += 1;
    if (this.#observedWindows < LEARNING_WINDOWS) return;
    this.#lossDb = Math.max(LEAST_LOSS_DB, this.#leastLossDb);
    this.#startBlock();
  }

  #forget(): void {
    this.#heldBackWindows = 0;
    this.#startBlock();
  }

  #startBlock(): void {
    this.#leastLossDb = MOST_LOSS_DB;
    this.#observedWindows = 0;
  }
}

/** 640 ms: an echo that comes back later than this is heard by us as a caller. */
const HOLD_WINDOWS = 20;
/** With what is held back 1.3 s, of which an echo that comes back within the hold fills half. */
const LEARNING_WINDOWS = 28;
/** 384 ms: longer than any onset takes to be decided. */
const HELD_BACK_WINDOWS = 12;
const SILENT_DB = -120;
/** Below this the echo of our voice is lost in any line's noise. */
const AUDIBLE_DB = -50;
const ASSUMED_LOSS_DB = 15;
/** Lines worse than this echo too loud for anyone to talk against. */
const LEAST_LOSS_DB = 6;
/** A clean line is trusted so far, lest a loudspeaker switched on later interrupt us at once. */
const MOST_LOSS_DB = 30;
/** Levels are seen once in a window, and frames lie across two. */
const MARGIN_DB = 4;
