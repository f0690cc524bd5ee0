/** A caller who says sentences when told to, in real time, and knows when the agent was to be heard. PCMA. */
import { pcmaEncoder } from '../../codecs/pcma.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import { rmsDb } from './hearing.ts';
import { type CallByHand, SipCaller } from './sip-caller.ts';

/** When, by `performance.now()`, the first and the last packet of a sentence left the phone. */
export interface SpokenSentence {
  readonly onsetAtMs: number;
  readonly endAtMs: number;
}

export class TalkingCaller {
  readonly #caller: SipCaller;
  readonly #call: CallByHand;
  readonly #timer: NodeJS.Timeout;
  readonly #datagram = new Uint8Array(12 + FRAME_SAMPLES);
  readonly #startedAtMs: number = performance.now();
  #sent = 0;
  #sentence = NOTHING;
  #at = 0;
  #onsetAtMs = 0;
  #said: ((spoken: SpokenSentence) => void) | undefined;
  /** When each packet came that was no silence. */
  readonly #speechAtMs: number[] = [];

  static async call(switchPort: number, number: string): Promise<TalkingCaller> {
    const caller = await SipCaller.open(switchPort);
    return new TalkingCaller(caller, await caller.call(number));
  }

  private constructor(caller: SipCaller, call: CallByHand) {
    this.#caller = caller;
    this.#call = call;
    caller.onSound = (samples) => {
      if (rmsDb(samples) > SPEECH_DB) this.#speechAtMs.push(performance.now());
    };
    this.#timer = setInterval(() => {
      while (this.#sent * 20 <= performance.now() - this.#startedAtMs) this.#send();
    }, 2);
  }

  /** Samples at 8 kHz, one sentence at a time; the line is silent before and after. */
  say(sentence: Int16Array): Promise<SpokenSentence> {
    this.#sentence = new Int16Array(Math.ceil(sentence.length / FRAME_SAMPLES) * FRAME_SAMPLES);
    this.#sentence.set(sentence);
    this.#at = 0;
    return new Promise((resolve) => {
      this.#said = resolve;
    });
  }

  /** When the first packet with the agent's voice came at or after that time, waiting for it if need be. */
  async firstSpeechSince(sinceMs: number, withinMs: number): Promise<number | undefined> {
    const untilMs = performance.now() + withinMs;
    for (;;) {
      const found = this.#speechAtMs.find((atMs) => atMs >= sinceMs);
      if (found !== undefined || performance.now() > untilMs) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  lastSpeechBefore(beforeMs: number): number | undefined {
    return this.#speechAtMs.findLast((atMs) => atMs < beforeMs);
  }

  async hangUp(): Promise<void> {
    clearInterval(this.#timer);
    await this.#call.hangUp();
    this.#caller.close();
  }

  #send(): void {
    const speaks = this.#said !== undefined;
    const from = speaks ? this.#sentence : NOTHING;
    writeRtpHeader(
      this.#datagram,
      8,
      this.#sent === 0,
      this.#sent & 0xffff,
      this.#sent * FRAME_SAMPLES,
      0x7a1c,
    );
    pcmaEncoder.encode(from, speaks ? this.#at : 0, FRAME_SAMPLES, this.#datagram, 12);
    void this.#caller.send(this.#datagram.slice(), this.#call.rtpPort);
    this.#sent += 1;
    if (!speaks) return;
    if (this.#at === 0) this.#onsetAtMs = performance.now();
    this.#at += FRAME_SAMPLES;
    if (this.#at < this.#sentence.length) return;
    this.#said?.({ onsetAtMs: this.#onsetAtMs, endAtMs: performance.now() });
    this.#said = undefined;
  }
}

const FRAME_SAMPLES = 160;
const NOTHING = new Int16Array(FRAME_SAMPLES);
/** Of a packet; what is no speech is digital silence here. */
const SPEECH_DB = -50;
