import type { PlayoutStats } from './playout-stats.ts';

/**
 * Where in its stream a playout stands, and what becomes of the place while packets are missing. Concealment stands in for
 * what is lost, and the stream goes on; or it holds the place for what is late, and the stream stands. Which of the two it
 * was is judged when the next packet is here.
 */
export class StreamPlace {
  /** Extended timestamp of the sample that comes next on the line. */
  position = 0;
  /** No audio is due, as the sender is silent: the position follows the target delay. */
  suppressed = true;
  /** Of the last packet. */
  packetSamples: number;
  readonly #stats: PlayoutStats;
  readonly #frameSamples: number;
  /** Concealment during which the stream stood, since the last packet. */
  #stoodSamples = 0;
  /** Concealment during which it went on, since the last packet. */
  #passedSamples = 0;

  constructor(stats: PlayoutStats, frameSamples: number) {
    this.#stats = stats;
    this.#frameSamples = frameSamples;
    this.packetSamples = frameSamples;
  }

  /** Another stream begins, wherever it is due. */
  restart(): void {
    this.suppressed = true;
    this.#forgetConcealment();
  }

  leapTo(position: number): void {
    this.position = position;
    this.#forgetConcealment();
  }

  /** Concealment whose packet may still come. */
  stand(samples: number): void {
    this.#stoodSamples += samples;
  }

  /** Concealment in place of packets that are lost. */
  pass(samples: number): void {
    this.position += samples;
    this.#passedSamples += samples;
    this.#stats.concealedSamples += samples;
  }

  /** How much of a packet of that time concealment has already stood in for. An overlap beyond that is the sender's own confusion. */
  lateOf(timestamp: number): number {
    return Math.min(this.position - timestamp, this.#passedSamples);
  }

  /** A packet's samples are on the line. */
  played(timestamp: number, samples: number): void {
    this.position = timestamp + samples;
    this.packetSamples = samples;
    this.#stats.concealedSamples += this.#stoodSamples;
    this.#forgetConcealment();
    this.suppressed = false;
  }

  /**
   * The next packet that is here is of that time, behind `lost` numbers that are missing. Either these are lost, and what
   * stood in for them counts; or the sender was silent.
   */
  judgeGap(timestamp: number, lost: number): void {
    const gap = timestamp - this.position;
    if (gap > lost * this.packetSamples + (lost > 0 ? this.#frameSamples : 0)) {
      this.suppressed = true;
      this.#stoodSamples = 0;
      return;
    }
    const stood = Math.max(0, Math.min(this.#stoodSamples, gap));
    this.#stoodSamples -= stood;
    this.pass(stood);
  }

  #forgetConcealment(): void {
    this.#stoodSamples = 0;
    this.#passedSamples = 0;
  }
}
