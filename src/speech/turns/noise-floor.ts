/**
 * How loud a line is when nobody speaks, in dBFS: the quietest window of the last two seconds or so. Speech has gaps
 * that short, steady noise has none, so the floor follows noise up and is not lifted by talk.
 */
export class NoiseFloor {
  readonly #quietest = new Float32Array(BLOCKS).fill(LOWEST_DB);
  #block = 0;
  #windows = 0;

  push(levelDb: number): void {
    if (this.#windows === BLOCK_WINDOWS) {
      this.#windows = 0;
      this.#block = (this.#block + 1) % BLOCKS;
    }
    const quietest = this.#quietest[this.#block]!;
    this.#quietest[this.#block] = this.#windows === 0 || levelDb < quietest ? levelDb : quietest;
    this.#windows += 1;
  }

  get levelDb(): number {
    let floor = this.#quietest[0]!;
    for (let i = 1; i < BLOCKS; i++) floor = Math.min(floor, this.#quietest[i]!);
    return Math.max(LOWEST_DB, floor);
  }
}

/** What G.711 makes of silence. */
const LOWEST_DB = -72;
/** 512 ms. */
const BLOCK_WINDOWS = 16;
const BLOCKS = 5;
