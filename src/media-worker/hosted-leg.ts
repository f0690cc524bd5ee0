import type { LineId } from '../audio/agent-line.ts';
import { systemClock } from '../clock.ts';
import type { MediaCommand, MediaEvent } from '../media/command.ts';
import type { Leg } from '../media/leg.ts';
import type { TickMember } from '../net/tick.ts';
import type { UdpPort } from '../net/udp.ts';
import { AgentLine, connectAgent } from './agent-line.ts';
import { Arrivals } from './arrivals.ts';

/** What a leg's packets leave by. */
export type MediaPort = Pick<UdpPort, 'send' | 'close'>;

/** One leg with its sockets: carries what the leg says to them, and what they get to the leg. */
export class HostedLeg implements TickMember {
  readonly leg: Leg;
  readonly #onEvent: (event: MediaEvent) => void;
  #rtp: MediaPort | undefined;
  #rtcp: MediaPort | undefined;
  readonly #lines: AgentLine[] = [];
  #linesDropped = 0;
  readonly #arrivals = new Arrivals();
  #partner: HostedLeg | undefined;
  #closed = false;

  constructor(leg: Leg, onEvent: (event: MediaEvent) => void) {
    this.leg = leg;
    this.#onEvent = onEvent;
  }

  /** Pieces of the caller that agents did not take in time. */
  get linesDropped(): number {
    return this.#lines.reduce((sum, { dropped }) => sum + dropped, this.#linesDropped);
  }

  /** A phone with a connection of its own has no RTCP. */
  attach(rtp: MediaPort, rtcp?: MediaPort): void {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
  }

  receiveRtp(datagram: Uint8Array, address: string, port: number): void {
    if (this.#closed) return;
    if (this.#partner !== undefined) {
      // What can be passed on is not to wait for the beat.
      this.leg.receiveRtp(datagram, datagram.length, address, port, performance.now());
      this.#partner.#transmitPassed();
      return;
    }
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
    this.leg.handle(command, performance.now());
    this.#handleLines(command);
    this.#tellEvents();
  }

  /** Joins the phones of two legs, or parts this one from the one it was joined with. */
  join(other: HostedLeg | undefined): void {
    this.#part();
    if (other === undefined || other === this || this.#closed || other.#closed) return;
    other.#part();
    this.#arrivals.drainInto(this.leg);
    other.#arrivals.drainInto(other.leg);
    this.#partner = other;
    other.#partner = this;
    this.leg.join(other.leg, performance.now());
  }

  tick(nowMs: number): void {
    this.#arrivals.drainInto(this.leg);
    this.leg.tick(nowMs);
  }

  transmit(): void {
    this.#sendDatagrams();
    for (let index = 0; index < this.#lines.length; index++) this.#lines[index]!.transmit();
  }

  rest(nowMs: number): void {
    for (let index = 0; index < this.#lines.length; index++) this.#lines[index]!.rest();
    this.leg.rest(nowMs);
    this.#tellEvents();
  }

  skip(ticks: number): void {
    this.leg.skip(ticks, performance.now());
    for (const line of this.#lines) line.skip(ticks);
  }

  /** Sends RTCP BYE, tells the last statistics and lets go of the sockets. */
  close(): void {
    if (this.#closed) return;
    this.#part();
    this.#arrivals.drainInto(this.leg);
    for (const line of [...this.#lines]) line.stop();
    this.leg.close(performance.now());
    this.#sendDatagrams();
    this.#tellEvents();
    this.#closed = true;
    this.#rtp?.close();
    this.#rtcp?.close();
  }

  #part(): void {
    const partner = this.#partner;
    if (partner === undefined) return;
    this.leg.join(undefined, performance.now());
    this.#partner = undefined;
    partner.#partner = undefined;
  }

  #transmitPassed(): void {
    const passed = this.leg.takePassed();
    if (passed !== undefined) this.#rtp?.send(passed, this.leg.rtpAddress, this.leg.rtpPort);
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

  #handleLines(command: MediaCommand): void {
    switch (command.kind) {
      case 'open-line':
        this.#openLine(command);
        return;
      case 'tell-line':
        this.#line(command.lineId)?.told(command.message);
        return;
      case 'close-line':
        this.#line(command.lineId)?.stop();
        return;
      case 'tell-digit':
        for (const line of this.#lines) line.digit(command.digit, command.durationMs);
        return;
      default:
        return;
    }
  }

  #openLine({ lineId, options, call }: Extract<MediaCommand, { kind: 'open-line' }>): void {
    this.#line(lineId)?.stop();
    const { leg } = this;
    const line = new AgentLine({
      lineId,
      options,
      call: { ...call, codec: leg.codec ?? 'PCMU' },
      leg,
      onEvent: (event) => this.#onEvent(event),
      onOver: () => this.#forgetLine(line),
      timers: systemClock,
      connect: connectAgent,
    });
    this.#lines.push(line);
  }

  #line(lineId: LineId): AgentLine | undefined {
    return this.#lines.find((line) => line.lineId === lineId);
  }

  #forgetLine(line: AgentLine): void {
    const index = this.#lines.indexOf(line);
    if (index < 0) return;
    this.#lines.splice(index, 1);
    this.#linesDropped += line.dropped;
  }
}
