import type { Inbound } from './inbound.ts';
import type { LegCrypto } from './leg-crypto.ts';
import type { Outbound } from './outbound.ts';
import { Passage } from './passage.ts';

/**
 * Where a leg can be joined with another: both directions of the two go through here. Alone, the phone is heard by its
 * own leg and hears what that plays.
 */
export class Joint {
  readonly #inbound: Inbound;
  readonly #crypto: LegCrypto;
  /** Once negotiated. */
  #outbound: Outbound | undefined = undefined;
  #partner: Joint | undefined = undefined;
  /** From the partner's phone. */
  #towards: Passage | undefined = undefined;
  #isListenedTo = false;
  #passed: Uint8Array | undefined = undefined;

  constructor(inbound: Inbound, crypto: LegCrypto) {
    this.#inbound = inbound;
    this.#crypto = crypto;
  }

  /** How loud the voice was that the phone heard in the latest tick. */
  get speechDb(): number {
    return (this.#towards ?? this.#outbound!).speechDb;
  }

  /** Parts both from whichever they were joined with, then joins them. */
  join(other: Joint, nowMs: number): void {
    this.part();
    other.part();
    if (other === this) return;
    this.#partner = other;
    other.#partner = this;
    this.#connect(nowMs);
  }

  part(): void {
    const partner = this.#partner;
    this.#leave();
    if (partner !== undefined) partner.#leave();
  }

  begin(outbound: Outbound, nowMs: number): void {
    this.#outbound = outbound;
    this.#connect(nowMs);
  }

  /** After a datagram was heard: what of it is the partner's to send. */
  passOn(): void {
    const { onward } = this.#inbound;
    if (onward?.passed === undefined || this.#partner === undefined) return;
    this.#partner.#passed = this.#partner.#crypto.sealRtp(onward.passed);
    onward.passed = undefined;
  }

  takePassed(): Uint8Array | undefined {
    const passed = this.#passed;
    this.#passed = undefined;
    return passed;
  }

  /** Puts the caller's next 20 ms into the frames; silence, when nobody listens and they are not needed. */
  takeFrame(isListenedTo: boolean, nowMs: number): void {
    this.#isListenedTo = isListenedTo;
    const { onward, frames } = this.#inbound;
    if (onward === undefined || this.#partner === undefined) {
      this.#inbound.tick(nowMs);
      return;
    }
    onward.giveFrame(frames.inbound, isListenedTo || this.#partner.#isListenedTo, nowMs);
    this.#inbound.tickKeys(nowMs);
  }

  tick(nowMs: number): Uint8Array | undefined {
    return (this.#towards ?? this.#outbound!).tick(nowMs);
  }

  skip(ticks: number, nowMs: number): void {
    (this.#towards ?? this.#outbound!).skip(ticks, nowMs);
  }

  /** Once both know their codecs. */
  #connect(nowMs: number): void {
    const partner = this.#partner;
    if (partner === undefined || this.#outbound === undefined || partner.#outbound === undefined) return;
    this.#towards = new Passage(partner.#inbound, this.#outbound, nowMs);
    partner.#inbound.onward = this.#towards;
    partner.#towards = new Passage(this.#inbound, partner.#outbound, nowMs);
    this.#inbound.onward = partner.#towards;
  }

  #leave(): void {
    this.#inbound.onward?.end();
    this.#inbound.onward = undefined;
    this.#towards = undefined;
    this.#partner = undefined;
    this.#passed = undefined;
  }
}
