import { randomFillSync } from 'node:crypto';

/** Random text that nobody can guess. The system is asked for much at a time: a call takes a dozen tokens. */
export class RandomTokens {
  readonly #octets: Buffer = Buffer.allocUnsafeSlow(POOL_OCTETS);
  #used = POOL_OCTETS;

  /** Two digits an octet. None is given out twice. */
  hex(octets: number): string {
    if (this.#used + octets > POOL_OCTETS) {
      randomFillSync(this.#octets);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += octets;
    return this.#octets.toString('hex', from, this.#used);
  }
}

const POOL_OCTETS = 4096;
