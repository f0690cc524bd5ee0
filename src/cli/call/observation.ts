import type { LegStats } from '../../media/command.ts';
import { type NegotiatedAudio, sampleRateHz } from '../../sdp/negotiated.ts';
import type { DigitsBy } from './call-script.ts';
import { Heard } from './heard.ts';
import type { PhoneEvent } from './phone-call.ts';

/** What is known of a call as it goes: for the status line while it lasts, and for the report after it. */
export class Observation {
  readonly heard: Heard = new Heard();
  /** Anything at all came from the far end. */
  responded = false;
  /** All times are `Clock.nowMs`. */
  calledMs: number | undefined;
  ringingMs: number | undefined;
  answeredMs: number | undefined;
  endedMs: number | undefined;
  audio: NegotiatedAudio | undefined;
  stats: LegStats | undefined;
  pressed = '';
  pressedBy: DigitsBy | undefined;

  note(event: PhoneEvent, nowMs: number): void {
    switch (event.kind) {
      case 'calling':
        this.calledMs = nowMs;
        return;
      case 'ringing':
        this.ringingMs ??= nowMs;
        return;
      case 'answered':
        this.answeredMs = nowMs;
        this.audio = event.audio;
        return;
      case 'heard':
        this.heard.push(event.frame);
        return;
      case 'stats':
        this.stats = event.stats;
        return;
      case 'ended':
        this.endedMs = nowMs;
        return;
    }
  }

  notePressed(digits: string, by: DigitsBy): void {
    this.pressed += this.pressed === '' ? digits : `,${digits}`;
    this.pressedBy = by;
  }

  /** Of what was heard. */
  get rateHz(): number {
    return sampleRateHz(this.audio?.codec ?? 'PCMU');
  }

  /** RTP was to come, and none did. */
  get mediaMissing(): boolean {
    const direction = this.audio?.direction;
    const expected = direction === 'sendrecv' || direction === 'recvonly';
    return expected && (this.stats?.inbound.packets ?? 0) === 0;
  }
}
