import type { PayloadEncoder } from '../../codecs/codec.ts';
import { SILENCE_DB } from '../mixer/accumulate.ts';
import { Mixer } from '../mixer/mixer.ts';
import { DigitSender } from '../rtp/digit-sender.ts';
import { RTP_HEADER_OCTETS } from '../rtp/packet.ts';
import type { PassedContent } from '../rtp/relay.ts';
import type { RtpSender } from '../rtp/sender.ts';
import { EVENT_OCTETS } from '../rtp/telephone-event.ts';
import { type NegotiatedAudio, sampleRateHz } from '../sdp/negotiated.ts';
import type { OutboundCommand, PlayoutId } from './command.ts';
import { FRAME_MS, FRAME_TICKS, type Frames } from './frame.ts';
import { createEncoder, payloadOctets } from './payload-codec.ts';
import { StreamRates } from './stream-rates.ts';

/**
 * Everything towards the phone: the mixer's frame, encoded, in one RTP packet every 20 ms, silence included. While
 * the far end may not be sent to, the playback queue waits and the media clock runs on.
 */
export class Outbound {
  readonly mixer: Mixer;
  readonly sender: RtpSender;
  readonly frames: Frames;
  readonly #digits = new DigitSender(FRAME_TICKS);
  /** Exactly one packet: those codecs that may follow one another have the same number of octets. */
  readonly #audioDatagram: Uint8Array;
  readonly #payloadOctets: number;
  readonly #eventDatagram: Uint8Array = new Uint8Array(RTP_HEADER_OCTETS + EVENT_OCTETS);
  readonly #queueRates: StreamRates<PlayoutId>;
  readonly #trackRates: StreamRates<string>;
  #codec: NegotiatedAudio['codec'];
  /** Follows after the next frame. */
  #nextAudio: NegotiatedAudio | undefined = undefined;
  #fadesIn = false;
  #encoder: PayloadEncoder;
  #payloadType = 0;
  #eventPayloadType: number | undefined = undefined;
  #comfortNoisePayloadType: number | undefined = undefined;
  #permitted = false;
  #paused = false;

  constructor(sender: RtpSender, frames: Frames, audio: NegotiatedAudio) {
    const { rateHz } = frames;
    this.sender = sender;
    this.frames = frames;
    this.mixer = new Mixer({ rateHz });
    this.#queueRates = new StreamRates(rateHz);
    this.#trackRates = new StreamRates(rateHz);
    this.#codec = audio.codec;
    this.#payloadOctets = payloadOctets(audio.codec);
    this.#audioDatagram = new Uint8Array(RTP_HEADER_OCTETS + this.#payloadOctets);
    this.#encoder = createEncoder(audio.codec, rateHz);
    this.#payloadType = audio.payloadType;
    this.negotiate(audio);
  }

  negotiate(audio: NegotiatedAudio): void {
    this.#eventPayloadType = audio.telephoneEventPayloadType;
    if (this.#eventPayloadType === undefined) this.#digits.clear();
    this.#comfortNoisePayloadType = audio.comfortNoisePayloadType;
    const mayBeHeard = audio.direction === 'sendrecv' || audio.direction === 'sendonly';
    this.#permitted = mayBeHeard && audio.remotePort !== 0;
    // A codec of another rate starts from silence at the far end: the old one fades to it, and the new one from it.
    if (sampleRateHz(audio.codec) !== sampleRateHz(this.#codec) && !this.isSilent) this.#nextAudio = audio;
    else this.#change(audio);
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
      case 'amplify':
        mixer.amplify(command.gain);
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
        if (this.#eventPayloadType !== undefined)
          this.#digits.enqueue(command.digits, command.durationMs && command.durationMs / FRAME_MS);
        return;
    }
  }

  /** How loud the voice was that the latest tick sent, as RMS in dBFS; measured while `mixer.measuresSpeech`. */
  get speechDb(): number {
    return this.isSilent ? SILENCE_DB : this.mixer.speechDb;
  }

  get codec(): NegotiatedAudio['codec'] {
    return this.#codec;
  }

  /** Of which codec packets may go out as they are; undefined while there is something of our own to send. */
  get codecTaken(): NegotiatedAudio['codec'] | undefined {
    const isFree = this.mixer.isIdle && !this.#digits.active && this.#nextAudio === undefined;
    return isFree ? this.#codec : undefined;
  }

  payloadTypeOf(content: PassedContent): number | undefined {
    switch (content) {
      case 'audio':
        return this.#payloadType;
      case 'event':
        return this.#eventPayloadType;
      case 'comfort-noise':
        return this.#comfortNoisePayloadType;
    }
  }

  /** What the far end heard last, though not from the mixer: an encoder that remembers goes on from it. */
  hear(frame: Int16Array, count: number): void {
    this.#encoder.encode(frame, 0, count, this.#audioDatagram, RTP_HEADER_OCTETS);
  }

  /**
   * Makes the next 20 ms. Returns the datagram to send, which the next tick overwrites, or undefined when nothing
   * may be sent.
   */
  tick(nowMs: number): Uint8Array | undefined {
    if (this.isSilent) {
      this.frames.outbound.fill(0);
      if (this.#nextAudio !== undefined) this.#change(this.#nextAudio);
      this.sender.skip(FRAME_TICKS, nowMs);
      // Live speech is of its moment: what nobody could hear is not played later.
      if (this.mixer.live.queuedSamples > 0) this.mixer.live.flush();
      return undefined;
    }
    const { outbound, samples } = this.frames;
    this.mixer.pull(outbound);
    if (this.#fadesIn) fadeIn(outbound);
    this.#fadesIn = false;
    if (this.#digits.active && this.#eventPayloadType !== undefined) {
      const length = this.#digits.writePacket(
        this.#eventDatagram,
        this.sender,
        this.#eventPayloadType,
        nowMs,
      );
      if (length > 0) return this.#eventDatagram;
    }
    if (this.#nextAudio !== undefined) fadeOut(outbound);
    const datagram = this.#audioDatagram;
    const octets = this.#payloadOctets;
    const offset = this.sender.writeAudioHeader(datagram, this.#payloadType, FRAME_TICKS, octets, nowMs);
    this.#encoder.encode(outbound, 0, samples, datagram, offset);
    if (this.#nextAudio !== undefined) {
      this.#change(this.#nextAudio);
      this.#fadesIn = true;
    }
    return datagram;
  }

  /**
   * Ticks were left out: the media clock goes on without packets. What was queued is heard later; what a live
   * agent said in the meantime is left out, lest it lag behind from now on.
   */
  skip(ticks: number, nowMs: number): void {
    this.sender.skip(ticks * FRAME_TICKS, nowMs);
    const { live } = this.mixer;
    live.advance(Math.min(ticks * this.frames.samples, live.queuedSamples));
  }

  #change({ codec, payloadType }: NegotiatedAudio): void {
    if (codec !== this.#codec) this.#encoder = createEncoder(codec, this.frames.rateHz);
    this.#codec = codec;
    this.#payloadType = payloadType;
    this.#nextAudio = undefined;
  }

  /** Nothing may be sent to the phone at present. */
  get isSilent(): boolean {
    return this.#paused || !this.#permitted;
  }
}

function fadeIn(frame: Int16Array): void {
  const length = frame.length * FADE_SHARE;
  for (let i = 0; i < length; i++) frame[i]! *= i / length;
}

/** Silence follows until what a resampler and a codec hold back has come out. */
function fadeOut(frame: Int16Array): void {
  const length = frame.length * FADE_SHARE;
  const end = frame.length - length;
  for (let i = 0; i < length; i++) frame[end - length + i]! *= 1 - (i + 1) / length;
  frame.fill(0, end);
}

/** Of a frame: 5 ms, as the mixer's shortest fade. */
const FADE_SHARE = 0.25;
