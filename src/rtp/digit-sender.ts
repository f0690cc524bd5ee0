/** Sends key presses as telephone events (RFC 4733 section 2.5.1), in the place of audio packets. */
import type { RtpSender } from './sender.ts';
import { DIGITS, EVENT_OCTETS } from './telephone-event.ts';

/**
 * A press lasts 100 ms unless told: an update with every frame, the first one marked, the last one an end packet sent
 * three times. 100 ms of audio follow the end of the press before the next one.
 */
export class DigitSender {
  readonly #frameSamples: number;
  #queue = '';
  /** How long the press of each queued digit lasts, in frames. */
  readonly #durations: number[] = [];
  #frame = 0;
  #timestamp = 0;

  constructor(frameSamples: number) {
    this.#frameSamples = frameSamples;
  }

  /**
   * `durationFrames` of each press are kept between 40 ms and what a duration can say. False, with nothing queued, unless
   * each character is one of 0-9 * # A-D.
   */
  enqueue(digits: string, durationFrames: number = DURATION_FRAMES): boolean {
    const upperCase = digits.toUpperCase();
    if (![...upperCase].every((digit) => DIGITS.includes(digit))) return false;
    this.#queue += upperCase;
    const longest = Math.floor(LONGEST_SAMPLES / this.#frameSamples);
    const duration = Math.max(SHORTEST_FRAMES, Math.min(longest, Math.ceil(durationFrames)));
    for (let digit = 0; digit < upperCase.length; digit++) this.#durations.push(duration);
    return true;
  }

  get active(): boolean {
    return this.#queue !== '';
  }

  /** Forgets what is queued, a press that has begun too. */
  clear(): void {
    this.#queue = '';
    this.#durations.length = 0;
    this.#frame = 0;
  }

  /**
   * For each frame while `active`: writes the packet that goes in place of the audio and returns its length, or
   * returns 0 when this frame's audio is to be sent.
   */
  writePacket(octets: Uint8Array, sender: RtpSender, payloadType: number, nowMs: number): number {
    const frame = this.#frame++;
    const frames = this.#durations[0]!;
    if (frame >= frames + REPETITIONS) {
      if (this.#frame === frames + PAUSE_FRAMES) this.#nextPress();
      return 0;
    }
    if (frame === 0) this.#timestamp = sender.state.timestamp;
    const offset = sender.writeEventHeader(octets, payloadType, frame === 0, this.#timestamp, EVENT_OCTETS);
    const duration = Math.min(frame + 1, frames) * this.#frameSamples;
    octets[offset] = DIGITS.indexOf(this.#queue.charAt(0));
    octets[offset + 1] = frame + 1 >= frames ? END_BIT | VOLUME : VOLUME;
    octets[offset + 2] = duration >>> 8;
    octets[offset + 3] = duration;
    sender.skip(this.#frameSamples, nowMs);
    return offset + EVENT_OCTETS;
  }

  #nextPress(): void {
    this.#frame = 0;
    this.#queue = this.#queue.slice(1);
    this.#durations.shift();
  }
}

const DURATION_FRAMES = 5;

const PAUSE_FRAMES = 5;

/** "The final packet for an event is sent three times": two repetitions follow the event itself. */
const REPETITIONS = 2;

/** What receivers tell from noise (ITU-T Q.24). */
const SHORTEST_FRAMES = 2;

/** RFC 4733 section 2.3.5: a longer one is told in several segments. */
const LONGEST_SAMPLES = 0xffff;

const END_BIT = 0x80;

/** -10 dBm0, as keys are commonly sent. */
const VOLUME = 10;
