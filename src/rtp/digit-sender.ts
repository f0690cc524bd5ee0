/** Sends key presses as telephone events (RFC 4733 section 2.5.1), in the place of audio packets. */
import type { RtpSender } from './sender.ts';
import { DIGITS, EVENT_OCTETS } from './telephone-event.ts';

/**
 * A press lasts 100 ms: an update with every frame, the first one marked, the last one an end packet sent three
 * times. 100 ms of audio follow before the next press.
 */
export class DigitSender {
  readonly #frameSamples: number;
  #queue = '';
  #frame = 0;
  #timestamp = 0;

  constructor(frameSamples: number) {
    this.#frameSamples = frameSamples;
  }

  /** False, with nothing queued, unless each character is one of 0-9 * # A-D. */
  enqueue(digits: string): boolean {
    const upperCase = digits.toUpperCase();
    if (![...upperCase].every((digit) => DIGITS.includes(digit))) return false;
    this.#queue += upperCase;
    return true;
  }

  get active(): boolean {
    return this.#queue !== '';
  }

  /**
   * For each frame while `active`: writes the packet that goes in place of the audio and returns its length, or
   * returns 0 when this frame's audio is to be sent.
   */
  writePacket(octets: Uint8Array, sender: RtpSender, payloadType: number, nowMs: number): number {
    const frame = this.#frame++;
    if (frame >= EVENT_FRAMES) {
      if (this.#frame === PRESS_FRAMES) this.#nextPress();
      return 0;
    }
    if (frame === 0) this.#timestamp = sender.state.timestamp;
    const offset = sender.writeEventHeader(octets, payloadType, frame === 0, this.#timestamp, EVENT_OCTETS);
    const duration = Math.min(frame + 1, DURATION_FRAMES) * this.#frameSamples;
    octets[offset] = DIGITS.indexOf(this.#queue.charAt(0));
    octets[offset + 1] = frame + 1 >= DURATION_FRAMES ? END_BIT | VOLUME : VOLUME;
    octets[offset + 2] = duration >>> 8;
    octets[offset + 3] = duration;
    sender.skip(this.#frameSamples, nowMs);
    return offset + EVENT_OCTETS;
  }

  #nextPress(): void {
    this.#frame = 0;
    this.#queue = this.#queue.slice(1);
  }
}

const DURATION_FRAMES = 5;

/** "The final packet for an event is sent three times": two repetitions follow the event itself. */
const EVENT_FRAMES: number = DURATION_FRAMES + 2;

const PRESS_FRAMES: number = 2 * DURATION_FRAMES;

const END_BIT = 0x80;

/** -10 dBm0, as keys are commonly sent. */
const VOLUME = 10;
