import { SwitchError } from '../../src/errors.ts';
import type { MediaCommand } from '../../src/media/command.ts';
import { Leg } from '../../src/media/leg.ts';
import type { MediaLeg, MediaPlane, OpenLegOptions } from '../../src/media/media-plane.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { seededRandom, type VirtualNetwork } from './virtual-network.ts';

export interface SimulatedMediaOptions {
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  readonly address: string;
  /** First even port; legs get pairs from here on. */
  readonly portMin?: number;
  /** After so many legs the range is full. */
  readonly maxLegs?: number;
  readonly silenceTimeoutMs?: number;
}

/**
 * The media plane in one process and virtual time: the same legs as in the workers, ticked by a virtual clock,
 * over a virtual network. Commands that need a real socket (`open-line`) end with `refused`.
 */
export class SimulatedMediaPlane implements MediaPlane {
  readonly legs: SimulatedLeg[] = [];
  readonly #options: SimulatedMediaOptions;
  #nextPort: number;

  constructor(options: SimulatedMediaOptions) {
    this.#options = options;
    this.#nextPort = options.portMin ?? 20_000;
  }

  openLeg(options: OpenLegOptions): Promise<SimulatedLeg> {
    const open = this.legs.filter((leg) => !leg.closed).length;
    if (open >= (this.#options.maxLegs ?? Number.POSITIVE_INFINITY)) {
      return Promise.reject(new SwitchError('media-ports-exhausted'));
    }
    if (options.beside !== undefined && !this.legs.some((leg) => leg === options.beside)) {
      return Promise.reject(new Error('a leg is opened beside one of the same media plane'));
    }
    const leg = new SimulatedLeg(this.#options, options, this.#nextPort);
    this.#nextPort += 2;
    this.legs.push(leg);
    return Promise.resolve(leg);
  }
}

export class SimulatedLeg implements MediaLeg {
  readonly localAddress: string;
  readonly localPort: number;
  readonly localRtcpPort: number;
  readonly options: OpenLegOptions;
  /** Every command this leg was sent, in order. */
  readonly commands: MediaCommand[] = [];
  closed = false;
  readonly #clock: VirtualClock;
  readonly #network: VirtualNetwork;
  readonly #leg: Leg;
  #partner: SimulatedLeg | undefined = undefined;
  readonly #unbind: readonly (() => void)[];
  #cancelTick: () => void;

  constructor(simulation: SimulatedMediaOptions, options: OpenLegOptions, port: number) {
    const { clock, network, address, silenceTimeoutMs = 30_000 } = simulation;
    this.options = options;
    this.localAddress = address;
    this.localPort = port;
    this.localRtcpPort = port + 1;
    this.#clock = clock;
    this.#network = network;
    this.#leg = new Leg(
      {
        symmetricRtp: options.symmetricRtp,
        silenceTimeoutMs,
        epochAtZeroMs: clock.wallMs() - clock.nowMs(),
        cname: `leg-${port}`,
        random: seededRandom(port),
      },
      clock.nowMs(),
    );
    this.#unbind = [
      network.bind({ address, port }, (datagram, from) => {
        this.#leg.receiveRtp(datagram, datagram.length, from.address, from.port, clock.nowMs());
        this.#partner?.sendPassed();
        this.#tellEvents();
      }),
      network.bind({ address, port: port + 1 }, (datagram, from) => {
        this.#leg.receiveRtcp(datagram, datagram.length, from.address, from.port, clock.nowMs());
        this.#tellEvents();
      }),
    ];
    this.#cancelTick = clock.schedule(TICK_MS, () => this.#tick());
  }

  send(command: MediaCommand): void {
    if (this.closed) return;
    this.commands.push(command);
    if (command.kind === 'open-line') {
      const { lineId } = command;
      this.#clock.schedule(0, () => this.options.onEvent({ kind: 'line-closed', lineId, reason: 'refused' }));
      return;
    }
    this.#leg.handle(command, this.#clock.nowMs());
    this.#clock.schedule(0, () => this.#tellEvents());
  }

  /** The leg it is joined with now. */
  get partner(): SimulatedLeg | undefined {
    return this.#partner;
  }

  join(other: MediaLeg | undefined): void {
    this.#part();
    if (other === undefined || this.closed) return;
    if (!(other instanceof SimulatedLeg)) throw new Error('legs are joined within one media plane');
    other.#part();
    if (other.closed) return;
    this.#partner = other;
    other.#partner = this;
    this.#leg.join(other.#leg, this.#clock.nowMs());
  }

  /** Sends what the partner's phone said just now. */
  sendPassed(): void {
    const passed = this.#leg.takePassed();
    if (passed === undefined) return;
    const { rtpAddress: address, rtpPort: port } = this.#leg;
    this.#network.send(passed, { address: this.localAddress, port: this.localPort }, { address, port });
  }

  close(): void {
    if (this.closed) return;
    this.#part();
    this.closed = true;
    this.#cancelTick();
    this.#leg.close(this.#clock.nowMs());
    this.#sendDatagrams();
    this.#clock.schedule(0, () => this.#tellEvents());
    for (const unbind of this.#unbind) unbind();
  }

  #part(): void {
    const partner = this.#partner;
    if (partner === undefined) return;
    this.#leg.join(undefined, this.#clock.nowMs());
    this.#partner = undefined;
    partner.#partner = undefined;
  }

  #tick(): void {
    this.#cancelTick = this.#clock.schedule(TICK_MS, () => this.#tick());
    this.#leg.tick(this.#clock.nowMs());
    this.#sendDatagrams();
    this.#leg.rest(this.#clock.nowMs());
    this.#tellEvents();
  }

  #sendDatagrams(): void {
    const { rtp, rtcp, rtpAddress: address, rtpPort, rtcpPort, rtcpMux } = this.#leg;
    const from = { address: this.localAddress, port: this.localPort };
    if (rtp !== undefined) this.#network.send(rtp, from, { address, port: rtpPort });
    if (rtcp === undefined) return;
    const fromRtcp = rtcpMux ? from : { address: this.localAddress, port: this.localRtcpPort };
    this.#network.send(rtcp, fromRtcp, { address, port: rtcpPort });
  }

  /** As from a worker, events come after the call that caused them has returned. */
  #tellEvents(): void {
    for (const event of this.#leg.takeEvents() ?? []) this.options.onEvent(event);
  }
}

const TICK_MS = 20;
