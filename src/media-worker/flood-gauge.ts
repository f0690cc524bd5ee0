/** Tells a backend that sends more than its line can mean from one that sends a long answer at once. */
export class FloodGauge {
  #octets = 0;
  #messages = 0;

  /** Another message came; true when they are too many. */
  floods(octets: number): boolean {
    this.#octets += octets;
    this.#messages += 1;
    return this.#octets > MOST_OCTETS || this.#messages > MOST_MESSAGES;
  }

  nextSecond(): void {
    this.#octets = 0;
    this.#messages = 0;
  }
}

/** In a second: six minutes of speech at 24 kHz, or a message every 200 us. */
const MOST_OCTETS = 16 << 20;
const MOST_MESSAGES = 5000;
