import { randomUUID } from 'node:crypto';
import { DurationHistogram } from '../duration-histogram.ts';
import type { MediaEvent } from '../media/command.ts';
import { FormerStreams } from '../media/former-streams.ts';
import { Leg } from '../media/leg.ts';
import type {
  LegEvent,
  LegId,
  MediaWorkerReport,
  MediaWorkerRequest,
  MediaWorkerSettings,
  PhoneId,
} from '../media/worker-messages.ts';
import { PortPool } from '../net/port-pool.ts';
import { Tick } from '../net/tick.ts';
import type { DatagramReceiver, UdpBackend, UdpPort } from '../net/udp.ts';
import { AudioSocketDoor } from './audio-socket-door.ts';
import { HostedLeg } from './hosted-leg.ts';
import { WorkerTotals } from './worker-totals.ts';

/** The inside of a media worker: its legs, their ports and the beat they keep. */
export class MediaHost {
  readonly #settings: MediaWorkerSettings;
  readonly #udp: UdpBackend;
  readonly #post: (report: MediaWorkerReport) => void;
  readonly #ports: PortPool;
  readonly #legs = new Map<LegId, Place>();
  readonly #door: AudioSocketDoor;
  /** By RTP port. */
  readonly #former = new Map<number, FormerStreams>();
  readonly #lateness = new DurationHistogram({ bucketsPerMs: 20, longestMs: 50 });
  readonly #tick: Tick;
  readonly #totals: WorkerTotals;
  readonly #totalsTimer: NodeJS.Timeout;
  #unsaid: LegEvent[] = [];
  #ended = false;

  constructor(settings: MediaWorkerSettings, udp: UdpBackend, post: (report: MediaWorkerReport) => void) {
    this.#settings = settings;
    this.#udp = udp;
    this.#post = post;
    this.#ports = new PortPool(settings.portMin, settings.portMax);
    this.#door = new AudioSocketDoor((phoneId, listener, { uuid, remoteAddress, remotePort, codec }) =>
      post({ kind: 'phone-calls', phoneId, listener, uuid, remoteAddress, remotePort, codec }),
    );
    this.#tick = new Tick(this.#lateness, settings.slotMs);
    this.#totals = new WorkerTotals(this.#tick, this.#lateness);
    this.#totalsTimer = setInterval(() => this.#tellTotals(), TOTALS_MS);
  }

  async handle(request: MediaWorkerRequest): Promise<void> {
    switch (request.kind) {
      case 'open':
        await this.#open(request);
        return;
      case 'command':
        this.#legs.get(request.legId)?.hosted.handle(request.command);
        return;
      case 'join':
        this.#join(request.legId, request.otherId);
        return;
      case 'close':
        this.#close(request.legId);
        return;
      case 'listen':
        this.#post({ kind: 'listening', failure: await this.#door.listen(request.listeners) });
        return;
      case 'refuse-phone':
        this.#door.refuse(request.phoneId);
        return;
      case 'shut-down':
        this.#ended = true;
        this.#door.close();
        for (const legId of [...this.#legs.keys()]) this.#close(legId);
        clearInterval(this.#totalsTimer);
        return;
    }
  }

  async #open(request: Extract<MediaWorkerRequest, { kind: 'open' }>): Promise<void> {
    const { legId, family, phoneId } = request;
    if (phoneId !== undefined) {
      this.#openForPhone(request, phoneId);
      return;
    }
    const { bindAddressIpv4, bindAddressIpv6 } = this.#settings;
    const bindAddress = family === 'ipv4' ? bindAddressIpv4 : bindAddressIpv6;
    if (bindAddress === undefined) {
      this.#post({ kind: 'refused', legId, reason: 'no-address', detail: `no ${family} address for media` });
      return;
    }
    const hosted = this.#newLeg(request);
    const pair = await this.#bindPair(bindAddress, family, hosted);
    if (this.#ended) {
      pair?.rtp.close();
      pair?.rtcp.close();
      return;
    }
    if (pair === undefined) {
      const { portMin, portMax } = this.#settings;
      const detail = `no free pair from ${portMin} to ${portMax}`;
      this.#post({ kind: 'refused', legId, reason: 'ports-exhausted', detail });
      return;
    }
    hosted.attach(pair.rtp, pair.rtcp);
    hosted.leg.succeed(this.#formerOn(pair.rtp.port));
    this.#place(legId, hosted, pair.rtp.port);
    this.#post({ kind: 'opened', legId, rtpPort: pair.rtp.port, rtcpPort: pair.rtcp.port });
  }

  #openForPhone(request: Extract<MediaWorkerRequest, { kind: 'open' }>, phoneId: PhoneId): void {
    const { legId } = request;
    const phone = this.#door.take(phoneId);
    if (phone === undefined) {
      this.#post({ kind: 'refused', legId, reason: 'phone-gone', detail: 'the phone has gone' });
      return;
    }
    const hosted = this.#newLeg(request);
    hosted.attach(phone);
    phone.attach({
      receiveRtp: (datagram, address, port) => hosted.receiveRtp(datagram, address, port),
      digit: (digit) => this.#say(legId, { kind: 'digit', digit, durationMs: DIGIT_MS }),
      gone: (reason) => this.#say(legId, { kind: 'phone-gone', reason }),
      failed: (error) => this.#say(legId, { kind: 'failed', message: String(error) }),
    });
    this.#place(legId, hosted, undefined);
    this.#post({ kind: 'opened', legId, rtpPort: 0, rtcpPort: 0 });
  }

  #newLeg({ legId, symmetricRtp }: Extract<MediaWorkerRequest, { kind: 'open' }>): HostedLeg {
    const { silenceTimeoutMs } = this.#settings;
    const nowMs = performance.now();
    const epochAtZeroMs = Date.now() - nowMs;
    const cname = randomUUID();
    const leg = new Leg({ symmetricRtp, silenceTimeoutMs, epochAtZeroMs, cname, random: Math.random }, nowMs);
    return new HostedLeg(leg, (event) => this.#say(legId, event));
  }

  #place(legId: LegId, hosted: HostedLeg, port: number | undefined): void {
    this.#legs.set(legId, { hosted, port });
    this.#tick.add(hosted);
  }

  #formerOn(port: number): FormerStreams {
    const former = this.#former.get(port) ?? new FormerStreams();
    this.#former.set(port, former);
    return former;
  }

  /** Ports that other programs hold are passed over; each is tried once. */
  async #bindPair(
    address: string,
    family: 'ipv4' | 'ipv6',
    hosted: HostedLeg,
  ): Promise<{ rtp: UdpPort; rtcp: UdpPort } | undefined> {
    for (let attempts = this.#ports.free; attempts > 0; attempts--) {
      const port = this.#ports.take();
      if (port === undefined) return undefined;
      const rtp = await this.#tryBind(address, port, family, (datagram, from, fromPort) =>
        hosted.receiveRtp(datagram, from, fromPort),
      );
      const rtcp =
        rtp &&
        (await this.#tryBind(address, port + 1, family, (datagram, from, fromPort) =>
          hosted.receiveRtcp(datagram, from, fromPort),
        ));
      if (rtp !== undefined && rtcp !== undefined) return { rtp, rtcp };
      rtp?.close();
      this.#ports.giveBack(port);
    }
    return undefined;
  }

  async #tryBind(
    address: string,
    port: number,
    family: 'ipv4' | 'ipv6',
    receiver: DatagramReceiver,
  ): Promise<UdpPort | undefined> {
    try {
      return await this.#udp.bind(address, port, family, receiver);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' || code === 'EACCES') return undefined;
      throw error;
    }
  }

  /** A leg that has been closed meanwhile is joined with nobody. */
  #join(legId: LegId, otherId: LegId | undefined): void {
    const other = otherId === undefined ? undefined : this.#legs.get(otherId);
    this.#legs.get(legId)?.hosted.join(other?.hosted);
  }

  #close(legId: LegId): void {
    const place = this.#legs.get(legId);
    if (place === undefined) return;
    this.#tick.remove(place.hosted);
    place.hosted.close();
    this.#legs.delete(legId);
    this.#totals.retire(place.hosted);
    if (place.port !== undefined) this.#ports.giveBack(place.port);
    this.#flush();
    this.#post({ kind: 'closed', legId });
  }

  /** Events of one turn of the event loop go over in one message. */
  #say(legId: LegId, event: MediaEvent): void {
    if (this.#unsaid.length === 0) setImmediate(() => this.#flush());
    this.#unsaid.push({ legId, event });
  }

  #flush(): void {
    if (this.#unsaid.length === 0) return;
    const events = this.#unsaid;
    this.#unsaid = [];
    this.#post({ kind: 'events', events });
  }

  #tellTotals(): void {
    const legs = [...this.#legs.values()].map(({ hosted }) => hosted);
    const totals = { ...this.#totals.take(legs, this.#ports.free), phonesCut: { ...this.#door.cut } };
    this.#post({ kind: 'totals', totals });
  }
}

/** A leg and the pair it occupies, if it has one. */
interface Place {
  readonly hosted: HostedLeg;
  readonly port: number | undefined;
}

const TOTALS_MS = 1_000;
/** Of a key whose press AudioSocket does not tell the length of. */
const DIGIT_MS = 100;
