import { SampleRing } from '../audio/sample-ring.ts';
import type { Mixer } from '../mixer/mixer.ts';
import { looksLikeRtcp } from '../rtp/rtcp.ts';
import { RtcpSession } from '../rtp/rtcp-session.ts';
import { newRtpSenderState, RtpSender } from '../rtp/sender.ts';
import { type NegotiatedAudio, sampleRateHz } from '../sdp/negotiated.ts';
import { AgentLines } from './agent-lines.ts';
import type { LegStats, MediaCommand, MediaEvent } from './command.ts';
import type { FormerStreams } from './former-streams.ts';
import { FRAME_MS, framesAt, RTP_CLOCK_HZ } from './frame.ts';
import { Inbound } from './inbound.ts';
import { Joint } from './joint.ts';
import { LegCrypto } from './leg-crypto.ts';
import type { LegLine } from './leg-line.ts';
import { Listening } from './listening.ts';
import { mediaEventOf } from './mixer-events.ts';
import { Outbound } from './outbound.ts';
import { VoiceWatch } from './voice-watch.ts';

export interface LegOptions {
  readonly symmetricRtp: boolean;
  /** No RTP for so long is told; 0: never. */
  readonly silenceTimeoutMs: number;
  /** Unix epoch milliseconds at which the monotonic clock read 0. */
  readonly epochAtZeroMs: number;
  /** Our name in RTCP, random for each call (RFC 7022). */
  readonly cname: string;
  readonly random: () => number;
}

/**
 * A call's two media directions, with no socket and no clock: datagrams and commands go in, a `tick` every 20 ms
 * says what to send, and events are taken out. A bug inside is caught here, told once as `failed`, and the leg
 * is silent from then on.
 *
 * The codec negotiated first settles the rate at which the leg mixes, plays and listens, for good. What comes before
 * that waits for it.
 */
export class Leg {
  /** What the latest tick has to send from the RTP port; overwritten by the next. */
  rtp: Uint8Array | undefined = undefined;
  /** What the latest tick, or `close`, has to send from the RTCP port, or from the RTP port when `rtcpMux`. */
  rtcp: Uint8Array | undefined = undefined;
  readonly #options: LegOptions;
  readonly #crypto: LegCrypto = new LegCrypto();
  readonly #inbound: Inbound;
  readonly #joint: Joint;
  readonly #sender: RtpSender;
  #outbound: Outbound | undefined = undefined;
  readonly #rtcpSession: RtcpSession;
  #audio: NegotiatedAudio | undefined = undefined;
  readonly #early: Exclude<MediaCommand, { kind: 'negotiate' }>[] = [];
  readonly #lines: AgentLines = new AgentLines();
  #listening: Listening | undefined = undefined;
  #tap: SampleRing | undefined = undefined;
  #echoes = false;
  #voiceWatch: VoiceWatch | undefined = undefined;
  /** Ticks between two readings of the tracks' levels; 0: none are read. */
  #meterTicks = 0;
  #events: MediaEvent[] | undefined = undefined;
  #ticks = 0;
  #silenceTold = false;
  #failed = false;
  #learntRtcpPort: number | undefined = undefined;

  constructor(options: LegOptions, nowMs: number) {
    this.#options = options;
    this.#inbound = new Inbound(options.symmetricRtp);
    this.#joint = new Joint(this.#inbound, this.#crypto);
    this.#sender = new RtpSender(newRtpSenderState(options.random));
    const { receiver } = this.#inbound;
    const { cname, epochAtZeroMs, random } = options;
    this.#rtcpSession = new RtcpSession(
      { sender: this.#sender, receiver, clockRateHz: RTP_CLOCK_HZ, cname, epochAtZeroMs, random },
      nowMs,
    );
  }

  /** Where `rtp` goes. */
  get rtpAddress(): string {
    return this.#inbound.lock?.destinationAddress ?? '';
  }

  get rtpPort(): number {
    return this.#inbound.lock?.destinationPort ?? 0;
  }

  /** RFC 5761: RTCP shares the RTP ports, ours and theirs. */
  get rtcpMux(): boolean {
    return this.#audio?.rtcpMux ?? false;
  }

  get rtcpPort(): number {
    return this.rtcpMux ? this.rtpPort : (this.#learntRtcpPort ?? this.#audio?.remoteRtcpPort ?? 0);
  }

  /** What it sends to the phone, once known. */
  get codec(): NegotiatedAudio['codec'] | undefined {
    return this.#audio?.codec;
  }

  get stats(): LegStats {
    const { packets, octets } = this.#sender.state;
    return {
      inbound: this.#inbound.stats,
      outbound: { packets, octets },
      roundTripMs: this.#rtcpSession.roundTripMs,
    };
  }

  handle(command: MediaCommand, nowMs: number): void {
    if (this.#failed) return;
    try {
      this.#obey(command, nowMs);
    } catch (error) {
      this.#fail(error);
    }
  }

  receiveRtp(datagram: Uint8Array, length: number, address: string, port: number, nowMs: number): void {
    if (this.#failed) return;
    try {
      if (this.rtcpMux && looksLikeRtcp(datagram, length)) {
        this.#hearRtcp(datagram, length, address, port, nowMs);
      } else {
        this.#hearRtp(datagram, length, address, port, nowMs);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  receiveRtcp(datagram: Uint8Array, length: number, address: string, port: number, nowMs: number): void {
    if (this.#failed) return;
    try {
      this.#hearRtcp(datagram, length, address, port, nowMs);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Its port was another call's before: what that has heard is heard no more, and what this hears is told at its end. */
  succeed(former: FormerStreams): void {
    this.#inbound.former = former;
  }

  /** An agent's line hears and speaks from the next tick on. */
  addLine(line: LegLine): void {
    this.#lines.add(line, this.#outbound?.frames.rateHz);
  }

  removeLine(line: LegLine): void {
    this.#lines.remove(line, this.#outbound?.frames, this.#outbound?.mixer);
  }

  /** One step of 20 ms; `rtp`, `rtcp` and the lines' `chunkReady` say what came of it. */
  tick(nowMs: number): void {
    this.rtp = undefined;
    this.rtcp = undefined;
    const outbound = this.#outbound;
    if (this.#failed || outbound === undefined) return;
    try {
      this.#joint.takeFrame(this.#isListenedTo, nowMs);
      this.#giveFrame(outbound);
      if (outbound.isSilent) this.#lines.miss(1);
      else this.#lines.speak(outbound.mixer, outbound.frames);
      const packet = this.#joint.tick(nowMs);
      this.rtp = packet && this.#crypto.sealRtp(packet);
      this.#lines.hear(outbound.frames.inbound, outbound.frames.outbound);
      this.#tap?.write(outbound.frames.inbound, this.#joint.speechDb);
      const mixerEvents = outbound.mixer.takeEvents();
      if (mixerEvents !== undefined) {
        const wallMs = this.#options.epochAtZeroMs + nowMs;
        for (const event of mixerEvents) this.#tell(mediaEventOf(event, wallMs));
      }
      if (this.#voiceWatch !== undefined) this.#tellVoice(this.#voiceWatch, this.#joint.speechDb);
      this.#tellKeys();
      if (nowMs >= this.#rtcpSession.deadline) this.#sendRtcp(this.#rtcpSession.handleTimeout(nowMs));
      this.#ticks += 1;
      if (this.#meterTicks > 0 && this.#ticks % this.#meterTicks === 0) {
        this.#tell({ kind: 'track-levels', levels: outbound.mixer.readLevels() });
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What can wait until the packets of a tick have left. Once after each tick. */
  rest(nowMs: number): void {
    if (this.#failed || this.#ticks % TICKS_PER_SECOND !== 0 || this.#ticks === 0) return;
    try {
      this.#everySecond(nowMs);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The beat left out so many ticks of this leg: whoever listens gets silence for them, and keeps time. */
  skip(ticks: number, nowMs: number): void {
    const outbound = this.#outbound;
    if (this.#failed || outbound === undefined) return;
    this.#joint.skip(ticks, nowMs);
    this.#lines.miss(ticks);
    const { inbound } = outbound.frames;
    inbound.fill(0);
    for (let tick = 0; tick < ticks; tick++) this.#giveToListener(inbound);
  }

  /** Leaves RTCP BYE in `rtcp` and the last statistics among the events. */
  close(nowMs: number): void {
    this.rtp = undefined;
    this.rtcp = undefined;
    if (this.#audio !== undefined && !this.#failed) this.#sendRtcp(this.#rtcpSession.bye(nowMs));
    this.#tell({ kind: 'stats', stats: this.stats });
    if (this.#inbound.former !== undefined) this.#inbound.rememberStream(this.#inbound.former, nowMs);
    this.#joint.part();
    this.#failed = true;
  }

  /** Joins its phone and another leg's, each to hear the other, or parts it from the one it was joined with. */
  join(other: Leg | undefined, nowMs: number): void {
    if (this.#failed) return;
    if (other === undefined) this.#joint.part();
    else if (!other.#failed) this.#joint.join(other.#joint, nowMs);
  }

  /** A packet of the phone it is joined with, to be sent from the RTP port at once; undefined once taken. */
  takePassed(): Uint8Array | undefined {
    return this.#joint.takePassed();
  }

  /** What happened since the last call; the caller owns the array. */
  takeEvents(): readonly MediaEvent[] | undefined {
    const events = this.#events;
    this.#events = undefined;
    return events;
  }

  #obey(command: MediaCommand, nowMs: number): void {
    if (command.kind === 'negotiate') {
      if (command.isAnotherPhone === true) this.#inbound.forgetPhone(nowMs);
      this.#negotiate(command.audio, nowMs);
    } else if (this.#outbound === undefined) this.#early.push(command);
    else this.#carryOut(command, this.#outbound);
  }

  #negotiate(audio: NegotiatedAudio, nowMs: number): void {
    this.#audio = audio;
    const frames = this.#outbound?.frames ?? framesAt(sampleRateHz(audio.codec));
    this.#inbound.negotiate(audio, frames, nowMs);
    if (this.#crypto.negotiate(audio.srtp)) this.#sender.beginAnew(this.#options.random);
    this.#silenceTold = false;
    this.#learntRtcpPort = undefined;
    if (this.#outbound !== undefined) {
      this.#outbound.negotiate(audio);
      return;
    }
    this.#outbound = new Outbound(this.#sender, frames, audio);
    this.#joint.begin(this.#outbound, nowMs);
    this.#lines.begin(frames.rateHz);
    for (const command of this.#early) this.#carryOut(command, this.#outbound);
    this.#early.length = 0;
  }

  #carryOut(command: Exclude<MediaCommand, { kind: 'negotiate' }>, outbound: Outbound): void {
    const { mixer, frames } = outbound;
    switch (command.kind) {
      // Whoever holds the sockets does it.
      case 'open-line':
      case 'tell-line':
      case 'close-line':
      case 'tell-digit':
        return;
      case 'hush-lines':
        this.#lines.isHushed = command.enabled;
        return;
      case 'echo':
        this.#echoes = command.enabled;
        return;
      case 'tap-caller':
        this.#tap = command.ring && new SampleRing(command.ring);
        this.#measureSpeech(mixer);
        return;
      case 'watch-voice':
        this.#voiceWatch = command.enabled ? new VoiceWatch() : undefined;
        this.#measureSpeech(mixer);
        return;
      case 'meter-tracks':
        this.#meterTicks = Math.ceil(command.everyMs / FRAME_MS);
        mixer.meterTracks(this.#meterTicks > 0);
        return;
      case 'listen':
        this.#listening =
          command.chunkMs > 0 ? new Listening(frames.rateHz, command.rateHz, command.chunkMs) : undefined;
        return;
      default:
        outbound.handle(command);
    }
  }

  #measureSpeech(mixer: Mixer): void {
    mixer.measuresSpeech = this.#tap !== undefined || this.#voiceWatch !== undefined;
  }

  get #isListenedTo(): boolean {
    const isHeardHere = this.#tap !== undefined || this.#listening !== undefined || this.#lines.areListening;
    return isHeardHere || this.#echoes || this.#voiceWatch !== undefined;
  }

  /** The caller's 20 ms go to whoever is there to hear them. */
  #giveFrame({ mixer, frames }: Outbound): void {
    const { inbound } = frames;
    if (this.#echoes && !this.#lines.isHushed) mixer.live.push(inbound, 0, frames.samples);
    this.#giveToListener(inbound);
  }

  #giveToListener(frame: Int16Array): void {
    const listening = this.#listening;
    if (listening === undefined) return;
    for (const samples of listening.push(frame)) {
      this.#tell({ kind: 'heard-samples', samples, rateHz: listening.rateHz });
    }
  }

  #hearRtp(datagram: Uint8Array, length: number, address: string, port: number, nowMs: number): void {
    const refusal = this.#crypto.openRtp(datagram, length, this.#inbound.lock, address, port, nowMs);
    if (refusal === undefined) {
      this.#inbound.receive(datagram, this.#crypto.length, address, port, nowMs);
      this.#joint.passOn();
      this.#tellKeys();
    } else {
      this.#inbound.countDrop(refusal);
    }
  }

  #hearRtcp(datagram: Uint8Array, length: number, address: string, port: number, nowMs: number): void {
    const { lock } = this.#inbound;
    if (address !== lock?.destinationAddress) {
      this.#inbound.countDrop(lock === undefined ? 'not-negotiated' : 'foreign-source');
      return;
    }
    const refusal = this.#crypto.openRtcp(datagram, length);
    if (refusal !== undefined) {
      this.#inbound.countDrop(refusal);
      return;
    }
    const verdict = this.#rtcpSession.handleRtcp(datagram, this.#crypto.length, nowMs);
    if (verdict === 'bye') this.#tell({ kind: 'rtcp-bye' });
    else if (verdict !== 'heard') {
      this.#inbound.countDrop(`rtcp-${verdict}`);
      return;
    }
    // A phone behind NAT sends from another port than its SDP names.
    if (this.#options.symmetricRtp && !this.rtcpMux) this.#learntRtcpPort = port;
  }

  /** The address of a hold as RFC 2543 did it (RFC 3264 section 8.4) is this very machine to the system. */
  #sendRtcp(length: number): void {
    const isHeldWithoutAddress = this.rtpAddress === '0.0.0.0' || this.rtpAddress === '::';
    if (this.rtcpPort !== 0 && !isHeldWithoutAddress)
      this.rtcp = this.#crypto.sealRtcp(this.#rtcpSession.octets.subarray(0, length));
  }

  #everySecond(nowMs: number): void {
    this.#tell({ kind: 'stats', stats: this.stats });
    const silentMs = this.#inbound.silentMs(nowMs);
    const { silenceTimeoutMs } = this.#options;
    const isSilent = silenceTimeoutMs > 0 && silentMs >= silenceTimeoutMs;
    if (isSilent && !this.#silenceTold) this.#tell({ kind: 'media-silent', silentMs });
    this.#silenceTold = isSilent;
  }

  #tellKeys(): void {
    for (let press = this.#inbound.keys.pull(); press !== undefined; press = this.#inbound.keys.pull()) {
      this.#tell({ kind: 'digit', digit: press.digit, durationMs: press.durationMs });
    }
  }

  #tellVoice(watch: VoiceWatch, speechDb: number): void {
    const change = watch.push(speechDb);
    if (change !== undefined) this.#tell({ kind: 'voice', isSpeaking: change === 'began' });
  }

  #tell(event: MediaEvent): void {
    if (this.#events === undefined) this.#events = [event];
    else this.#events.push(event);
  }

  #fail(error: unknown): void {
    this.#joint.part();
    this.#failed = true;
    this.rtp = undefined;
    this.rtcp = undefined;
    this.#tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}

const TICKS_PER_SECOND = 50;
