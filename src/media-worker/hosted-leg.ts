import type { MediaCommand, MediaEvent } from '../media/command.ts';
import type { Leg } from '../media/leg.ts';
import type { TickMember } from '../net/tick.ts';
import type { UdpPort } from '../net/udp.ts';
import { AgentSocket } from './agent-socket.ts';
import { Arrivals } from './arrivals.ts';

/** One leg with its sockets: carries what the leg says to them, and what they get to the leg. */
export class HostedLeg implements TickMember {
  readonly leg: Leg;
  readonly #callId: string;
  readonly #onEvent: (event: MediaEvent) => void;
  #rtp: UdpPort | undefined;
  #rtcp: UdpPort | undefined;
  #agent: AgentSocket | undefined;
  #agentMessage: Buffer | undefined;
  #agentDropped = 0;
  readonly #arrivals = new Arrivals();
  #closed = false;

  constructor(callId: string, leg: Leg, onEvent: (event: MediaEvent) => void) {
    this.#callId = callId;
    this.leg = leg;
    this.#onEvent = onEvent;
  }

  /** Messages that agents of this leg did not take in time. */
  get agentDropped(): number {
    return this.#agentDropped + (this.#agent?.dropped ?? 0);
  }

  attach(rtp: UdpPort, rtcp: UdpPort): void {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
  }

  receiveRtp(datagram: Uint8Array, address: string, port: number): void {
    if (this.#closed) return;
    if (this.#arrivals.full) this.#arrivals.drainInto(this.leg);
    this.#arrivals.addDatagram(datagram, address, port, performance.now());
  }

  receiveRtcp(datagram: Uint8Array, address: string, port: number): void {
    if (this.#closed) return;
    this.leg.receiveRtcp(datagram, datagram.length, address, port, performance.now());
    this.#tellEvents();
  }

  handle(command: MediaCommand): void {
    if (this.#closed) return;
    // A command acts on what comes after it.
    this.#arrivals.drainInto(this.leg);
    if (command.kind === 'open-audio-socket' || command.kind === 'close-audio-socket') this.#closeAgent();
    this.leg.handle(command, performance.now());
    if (command.kind === 'open-audio-socket') this.#openAgent(command);
    if (command.kind === 'tell-audio-socket') this.#agent?.sendText(command.text);
    this.#tellEvents();
  }

  tick(nowMs: number): void {
    this.#arrivals.drainInto(this.leg);
    this.leg.tick(nowMs);
  }

  transmit(): void {
    if (this.leg.agentMessageReady && this.#agentMessage !== undefined) {
      this.#agent?.sendAudio(this.#agentMessage);
    }
    this.#sendDatagrams();
  }

  rest(nowMs: number): void {
    this.leg.rest(nowMs);
    this.#tellEvents();
  }

  skip(ticks: number): void {
    this.leg.skip(ticks, performance.now());
  }

  /** Sends RTCP BYE, tells the last statistics and lets go of the sockets. */
  close(): void {
    if (this.#closed) return;
    this.#arrivals.drainInto(this.leg);
    this.#closeAgent();
    this.leg.close(performance.now());
    this.#sendDatagrams();
    this.#tellEvents();
    this.#closed = true;
    this.#rtp?.close();
    this.#rtcp?.close();
  }

  #sendDatagrams(): void {
    const { leg } = this;
    const { rtp, rtcp } = leg;
    if (rtp !== undefined) this.#rtp?.send(rtp, leg.rtpAddress, leg.rtpPort);
    if (rtcp !== undefined) {
      const port = leg.rtcpMux ? this.#rtp : this.#rtcp;
      port?.send(rtcp, leg.rtpAddress, leg.rtcpPort);
    }
  }

  #tellEvents(): void {
    const events = this.leg.takeEvents();
    if (events === undefined) return;
    for (const event of events) this.#onEvent(event);
  }

  #openAgent({ options }: Extract<MediaCommand, { kind: 'open-audio-socket' }>): void {
    const message = this.leg.agentMessage;
    if (message === undefined) return;
    this.#agentMessage = Buffer.from(message.buffer, message.byteOffset, message.length);
    const agent = new AgentSocket(this.#callId, options, {
      opened: () => this.#onEvent({ kind: 'audio-socket-opened' }),
      audio: (octets) => this.#arrivals.addAgentMessage(octets),
      flush: () => {
        this.#arrivals.forgetAgentMessages();
        this.leg.flushAgentAudio();
      },
      message: (text) => this.#onEvent({ kind: 'audio-socket-message', text }),
      closed: (reason) => {
        if (this.#agent !== agent) return;
        this.#forgetAgent();
        this.leg.handle({ kind: 'close-audio-socket' }, performance.now());
        this.#onEvent({ kind: 'audio-socket-closed', reason });
      },
    });
    this.#agent = agent;
  }

  #closeAgent(): void {
    this.#agent?.close();
  }

  #forgetAgent(): void {
    this.#arrivals.forgetAgentMessages();
    this.#agentDropped = this.agentDropped;
    this.#agent = undefined;
    this.#agentMessage = undefined;
  }
}
