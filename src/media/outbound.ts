import type { PayloadEncoder } from '../../codecs/codec.ts';
import { pcmaEncoder } from '../../codecs/pcma.ts';
import { pcmuEncoder } from '../../codecs/pcmu.ts';
import { SILENCE_DB } from '../mixer/accumulate.ts';
import { Mixer } from '../mixer/mixer.ts';
import { DigitSender } from '../rtp/digit-sender.ts';
import { RTP_HEADER_OCTETS } from '../rtp/packet.ts';
import { newRtpSenderState, RtpSender } from '../rtp/sender.ts';
import { EVENT_OCTETS } from '../rtp/telephone-event.ts';
import type { NegotiatedAudio } from '../sdp/negotiated.ts';
import type { OutboundCommand, PlayoutId } from './command.ts';
import { FRAME_SAMPLES, outboundFrame, RATE_HZ } from './frame.ts';
import { StreamRates } from './stream-rates.ts';

/**
 * Everything towards the phone: the mixer's frame, encoded, in one RTP packet every 20 ms, silence included. While
 * the far end may not be sent to, the playback queue waits and the media clock runs on.
 */
export class Outbound {
  readonly mixer: Mixer = new Mixer({ rateHz: RATE_HZ });
  readonly sender: RtpSender;
  readonly #digits = new DigitSender(FRAME_SAMPLES);
  readonly #audioDatagram: Uint8Array = new Uint8Array(RTP_HEADER_OCTETS + FRAME_SAMPLES);
  readonly #eventDatagram: Uint8Array = new Uint8Array(RTP_HEADER_OCTETS + EVENT_OCTETS);
  readonly #queueRates: StreamRates<PlayoutId> = new StreamRates(RATE_HZ);
  readonly #trackRates: StreamRates<string> = new StreamRates(RATE_HZ);
  #encoder: PayloadEncoder = pcmuEncoder;
  #payloadType = 0;
  #eventPayloadType: number | undefined = undefined;
  #permitted = false;
  #paused = false;

  constructor(random: () => number) {
    this.sender = new RtpSender(newRtpSenderState(random));
  }

  negotiate(audio: NegotiatedAudio): void {
    this.#encoder = audio.codec === 'PCMU' ? pcmuEncoder : pcmaEncoder;
    this.#payloadType = audio.payloadType;
    this.#eventPayloadType = audio.telephoneEventPayloadType;
    const mayBeHeard = audio.direction === 'sendrecv' || audio.direction === 'sendonly';
    this.#permitted = mayBeHeard && audio.remotePort !== 0;
  }

  handle(command: OutboundCommand): void {
    const { mixer } = this;
    switch (command.kind) {
      case 'queue-clip':
        mixer.queueClip(command.playoutId, command.clip);
        return;
      case 'queue-stream':
        this.#queueRates.begin(command.playoutId, command.rateHz);
        mixer.queueStream(command.playoutId);
        return;
      case 'stream-samples':
        mixer.appendSamples(command.playoutId, this.#queueRates.convert(command.playoutId, command.samples));
        return;
      case 'stream-end':
        mixer.appendSamples(command.playoutId, this.#queueRates.end(command.playoutId));
        mixer.endStream(command.playoutId);
        return;
      case 'flush-queue':
        this.#queueRates.clear();
        mixer.flushQueue();
        return;
      case 'start-loop':
        mixer.startLoop(
          command.track,
          command.clip,
          command.gain,
          command.fadeMs,
          command.fromSample,
          command.soundId,
        );
        return;
      case 'start-clip':
        mixer.startClip(command.track, command.clip, command.gain, command.fadeMs, command.soundId);
        return;
      case 'start-stream':
        this.#trackRates.begin(command.track, command.rateHz);
        mixer.startStream(command.track, command.gain, command.fadeMs, command.soundId);
        return;
      case 'track-samples':
        mixer.trackStream(command.track)?.append(this.#trackRates.convert(command.track, command.samples));
        return;
      case 'end-track-stream':
        mixer.trackStream(command.track)?.append(this.#trackRates.end(command.track));
        mixer.trackStream(command.track)?.complete();
        return;
      case 'set-gain':
        mixer.setGain(command.track, command.gain, command.rampMs);
        return;
      case 'set-ducking':
        mixer.setDucking(command.track, command.ducking);
        return;
      case 'mute-track':
        mixer.setMuted(command.track, command.muted);
        return;
      case 'pause-track':
        mixer.setPaused(command.track, command.paused);
        return;
      case 'stop-track':
        this.#trackRates.forget(command.track);
        mixer.stopTrack(command.track, command.fadeMs);
        return;
      case 'pause':
        this.#paused = true;
        return;
      case 'resume':
        this.#paused = false;
        return;
      case 'send-digits':
        // A far end that takes no telephone events gets none.
        if (this.#eventPayloadType !== undefined) this.#digits.enqueue(command.digits);
        return;
    }
  }

  /** How loud the voice was that the latest tick sent, as RMS in dBFS; measured while `mixer.measuresSpeech`. */
  get speechDb(): number {
    return this.#silent ? SILENCE_DB : this.mixer.speechDb;
  }

  /**
   * Makes the next 20 ms. Returns the datagram to send, which the next tick overwrites, or undefined when nothing
   * may be sent.
   */
  tick(nowMs: number): Uint8Array | undefined {
    if (this.#silent) {
      this.sender.skip(FRAME_SAMPLES, nowMs);
      // Live speech is of its moment: what nobody could hear is not played later.
      if (this.mixer.live.queuedSamples > 0) this.mixer.live.flush();
      return undefined;
    }
    this.mixer.pull(outboundFrame);
    if (this.#digits.active && this.#eventPayloadType !== undefined) {
      const length = this.#digits.writePacket(
        this.#eventDatagram,
        this.sender,
        this.#eventPayloadType,
        nowMs,
      );
      if (length > 0) return this.#eventDatagram;
    }
    const datagram = this.#audioDatagram;
    const offset = this.sender.writeAudioHeader(
      datagram,
      this.#payloadType,
      FRAME_SAMPLES,
      FRAME_SAMPLES,
      nowMs,
    );
    this.#encoder.encode(outboundFrame, 0, FRAME_SAMPLES, datagram, offset);
    return datagram;
  }

  /**
   * Ticks were left out: the media clock goes on without packets. What was queued is heard later; what a live
   * agent said in the meantime is left out, lest it lag behind from now on.
   */
  skip(ticks: number, nowMs: number): void {
    const samples = ticks * FRAME_SAMPLES;
    this.sender.skip(samples, nowMs);
    const { live } = this.mixer;
    live.advance(Math.min(samples, live.queuedSamples));
  }

  get #silent(): boolean {
    return this.#paused || !this.#permitted;
  }
}
