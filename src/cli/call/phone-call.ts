/** One call that we place: its SIP session and its leg, joined. The caller's half of `src/call/call.ts`. */

import { Negotiation } from '../../call/negotiation.ts';
import type { Clock } from '../../clock.ts';
import type { LegStats, MediaCommand, MediaEvent } from '../../media/command.ts';
import type { MediaLeg, MediaPlane } from '../../media/media-plane.ts';
import { type AudioCodecName, type NegotiatedAudio, sampleRateHz } from '../../sdp/negotiated.ts';
import type { Flow } from '../../sip/flow.ts';
import type { SipUserAgent } from '../../sip/user-agent.ts';
import type { SipEvent, SipOutput, SipSessionId } from '../../sip/user-agent-events.ts';

export interface PhoneCallOptions {
  readonly media: MediaPlane;
  readonly command: (act: (userAgent: SipUserAgent, nowMs: number) => SipOutput[]) => void;
  readonly clock: Clock;
  /** The way to the callee. */
  readonly flow: Flow;
  /** The Request-URI. */
  readonly target: string;
  /** A URI in angle brackets. */
  readonly from: string;
  /** Offered, the preferred first. */
  readonly codecs: readonly AudioCodecName[];
  readonly onEvent: (event: PhoneEvent) => void;
}

export type PhoneEvent =
  | { readonly kind: 'calling' }
  | { readonly kind: 'ringing'; readonly statusCode: number }
  | { readonly kind: 'answered'; readonly audio: NegotiatedAudio }
  /** 20 ms of what is heard, from the answer on and without a gap, at the rate of the codec answered with. */
  | { readonly kind: 'heard'; readonly frame: Int16Array }
  | { readonly kind: 'stats'; readonly stats: LegStats }
  | PhoneEnd;

export interface PhoneEnd {
  readonly kind: 'ended';
  readonly by: Extract<SipEvent, { kind: 'ended' }>['by'];
  /** The final response of a call that was not answered. */
  readonly statusCode: number | undefined;
  /** Why we hung up, when it was us. */
  readonly why: HangUpReason | undefined;
}

export type HangUpReason =
  | 'asked'
  | 'long-enough'
  | 'unanswered'
  | 'no-media'
  | 'unusable-answer'
  | 'media-failed';

export class PhoneCall {
  readonly #options: PhoneCallOptions;
  #session: SipSessionId | undefined;
  #leg: MediaLeg | undefined;
  #negotiation: Negotiation | undefined;
  #audio: NegotiatedAudio | undefined;
  #why: HangUpReason | undefined;
  #packets = 0;
  #isOver = false;

  constructor(options: PhoneCallOptions) {
    this.#options = options;
  }

  /** Rejects with `SwitchError` `media-ports-exhausted`. */
  async dial(): Promise<void> {
    const { media, flow, clock, codecs, target, from, command } = this.#options;
    const leg = await media.openLeg({
      callId: target,
      family: flow.localAddress.includes(':') ? 'ipv6' : 'ipv4',
      symmetricRtp: false,
      onEvent: (event) => this.#handleMedia(event),
    });
    if (this.#isOver) {
      leg.close();
      return;
    }
    this.#leg = leg;
    const { localAddress, localPort, localRtcpPort } = leg;
    const sessionId = String(Math.floor(clock.wallMs()));
    this.#negotiation = new Negotiation(
      { localAddress, localPort, localRtcpPort, sessionId },
      { codecs, order: 'offer' },
    );
    const sdp = this.#negotiation.offer();
    this.#tell({ kind: 'calling' });
    command((userAgent, nowMs) => {
      const { session, outputs } = userAgent.invite({ target, from, flow, sdp }, nowMs);
      this.#session = session;
      return outputs;
    });
  }

  handle(event: SipEvent): void {
    if (event.kind === 'incoming-call') {
      this.#command((userAgent, nowMs) => userAgent.reject(event.session, BUSY_HERE, {}, nowMs));
      return;
    }
    if (event.session !== this.#session) return;
    switch (event.kind) {
      case 'ringing':
        if (event.answer !== undefined) this.#accept(event.answer);
        this.#tell({ kind: 'ringing', statusCode: event.statusCode });
        return;
      case 'answered':
        this.#handleAnswered(event.answer);
        return;
      case 'reoffer':
        this.#handleReoffer(event.offer);
        return;
      case 'reoffer-answered':
        this.#accept(event.answer);
        return;
      case 'ended':
        this.#end(event.by, event.statusCode);
        return;
      default:
        return;
    }
  }

  /** What the far end is to hear. */
  send(command: MediaCommand): void {
    this.#leg?.send(command);
  }

  /** Presses a key by SIP INFO, in the body that most PBXs take. */
  pressByInfo(digit: string): void {
    const body = new TextEncoder().encode(`Signal=${digit}\r\nDuration=160\r\n`);
    this.#within((userAgent, session, nowMs) =>
      userAgent.sendInfo(session, 'application/dtmf-relay', body, nowMs),
    );
  }

  hangUp(why: HangUpReason): void {
    if (this.#isOver) return;
    this.#why ??= why;
    if (this.#session === undefined) this.#end('local', undefined);
    else this.#within((userAgent, session, nowMs) => userAgent.hangUp(session, {}, nowMs));
  }

  #handleAnswered(answer: string | undefined): void {
    if (answer !== undefined) this.#accept(answer);
    if (this.#audio === undefined) {
      this.hangUp('unusable-answer');
      return;
    }
    this.#leg!.send({ kind: 'listen', rateHz: sampleRateHz(this.#audio.codec), chunkMs: FRAME_MS });
    this.#tell({ kind: 'answered', audio: this.#audio });
  }

  #handleReoffer(offer: string | undefined): void {
    const negotiation = this.#negotiation!;
    if (offer === undefined) {
      const sdp = negotiation.offer();
      this.#within((userAgent, session, nowMs) => userAgent.acceptReoffer(session, sdp, nowMs));
      return;
    }
    const answered = negotiation.answer(offer);
    this.#within((userAgent, session, nowMs) =>
      answered.ok
        ? userAgent.acceptReoffer(session, answered.value.sdp, nowMs)
        : userAgent.rejectReoffer(session, NOT_ACCEPTABLE_HERE, negotiation.warning(answered.reason), nowMs),
    );
    if (answered.ok) this.#negotiate(answered.value.audio);
  }

  /** An answer that cannot be used leaves the media as they were. */
  #accept(answer: string): void {
    const accepted = this.#negotiation!.acceptAnswer(answer);
    if (accepted.ok) this.#negotiate(accepted.value);
  }

  #negotiate(audio: NegotiatedAudio): void {
    this.#audio = audio;
    this.#leg!.send({ kind: 'negotiate', audio });
  }

  #handleMedia(event: MediaEvent): void {
    switch (event.kind) {
      case 'heard-samples':
        this.#tell({ kind: 'heard', frame: event.samples });
        return;
      case 'stats':
        this.#packets = event.stats.inbound.packets;
        this.#tell({ kind: 'stats', stats: event.stats });
        return;
      case 'media-silent':
        if (this.#packets === 0) this.hangUp('no-media');
        return;
      case 'failed':
        this.hangUp('media-failed');
        return;
      default:
        return;
    }
  }

  #end(by: PhoneEnd['by'], statusCode: number | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leg?.close();
    this.#tell({ kind: 'ended', by, statusCode, why: this.#why });
  }

  #tell(event: PhoneEvent): void {
    this.#options.onEvent(event);
  }

  #within(act: (userAgent: SipUserAgent, session: SipSessionId, nowMs: number) => SipOutput[]): void {
    const session = this.#session;
    if (session !== undefined) this.#command((userAgent, nowMs) => act(userAgent, session, nowMs));
  }

  #command(act: (userAgent: SipUserAgent, nowMs: number) => SipOutput[]): void {
    this.#options.command(act);
  }
}

const FRAME_MS = 20;
const BUSY_HERE = 486;
const NOT_ACCEPTABLE_HERE = 488;
