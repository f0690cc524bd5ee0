/** What the caller does in a call, and when: plays, presses keys, hangs up. */
import type { Timers } from '../../clock.ts';
import type { MediaCommand } from '../../media/command.ts';
import type { NegotiatedAudio } from '../../sdp/negotiated.ts';
import type { PhoneCall } from './phone-call.ts';

export interface CallScriptOptions {
  readonly phone: Pick<PhoneCall, 'send' | 'pressByInfo' | 'hangUp'>;
  readonly timers: Timers;
  /** Given to the leg at the answer: what is played and said. */
  readonly plays: readonly MediaCommand[];
  /** Groups of keys: the first is pressed `digitGapMs` after the answer, each further one so long after the last. */
  readonly digits: readonly string[];
  readonly digitGapMs: number;
  readonly digitsBy: DigitsBy;
  readonly durationMs: number;
  readonly onPressed: (digits: string, by: DigitsBy) => void;
}

/** RFC 4733 telephone events, or SIP INFO. */
export type DigitsBy = 'rtp' | 'info';

export class CallScript {
  readonly #options: CallScriptOptions;
  #cancels: (() => void)[] = [];

  constructor(options: CallScriptOptions) {
    this.#options = options;
  }

  /** The call is answered. Where the far end takes no telephone events, keys go by INFO. */
  begin(audio: NegotiatedAudio): void {
    const { phone, plays, digits, digitGapMs, digitsBy, durationMs } = this.#options;
    for (const command of plays) phone.send(command);
    const by = audio.telephoneEventPayloadType === undefined ? 'info' : digitsBy;
    let atMs = 0;
    for (const group of digits) {
      atMs += digitGapMs;
      this.#at(atMs, () => this.#press(group, by));
      atMs += group.length * PRESS_MS;
    }
    this.#at(durationMs, () => phone.hangUp('long-enough'));
  }

  end(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }

  #press(group: string, by: DigitsBy): void {
    const { phone, onPressed } = this.#options;
    if (by === 'rtp') phone.send({ kind: 'send-digits', digits: group });
    else
      for (const [index, digit] of [...group].entries())
        this.#at(index * PRESS_MS, () => phone.pressByInfo(digit));
    onPressed(group, by);
  }

  #at(delayMs: number, act: () => void): void {
    this.#cancels.push(this.#options.timers.schedule(delayMs, act));
  }
}

/** A key is down for 100 ms and up for as long. */
const PRESS_MS = 200;
