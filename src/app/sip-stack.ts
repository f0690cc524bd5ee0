/** SIP from socket to event: transport, guard and user agent, put together. */
import type { OutboundAccess } from '../call/dial-environment.ts';
import { Signalling } from '../call/signalling.ts';
import type { Clock, Timers } from '../clock.ts';
import type { OutboundConfig, SipConfig, TrunkConfig } from '../config/config.ts';
import type { Logger } from '../logger.ts';
import { DnsResolver } from '../net/dns-resolver.ts';
import { LocalAddresses } from '../net/local-address.ts';
import { type SipListening, SipTransport } from '../net/sip-transport.ts';
import { AddressBook } from '../sip/address-book.ts';
import { type Flow, isReliable } from '../sip/flow.ts';
import { withBrackets } from '../sip/message/host.ts';
import type { ParseFailure } from '../sip/message/refusal.ts';
import { StreamFramer } from '../sip/message/stream-framer.ts';
import type { RegistrationEvent } from '../sip/registration/registration-event.ts';
import { SourceGuard, type SourceRefusal } from '../sip/source-guard.ts';
import { SipUserAgent } from '../sip/user-agent.ts';
import type { SipEvent } from '../sip/user-agent-events.ts';
import { RandomTokens } from './random-tokens.ts';
import { RefusalReport } from './refusal-report.ts';
import { ServerLocator } from './server-locator.ts';
import { TlsReport } from './tls-report.ts';
import { Trunks } from './trunks.ts';

export interface SipStackOptions {
  readonly sip: SipConfig;
  readonly trunks: readonly TrunkConfig[];
  readonly clock: Clock & Timers;
  readonly log: Logger;
  readonly onEvent: (event: SipEvent) => void;
  /** Asked about each new call: after how many seconds it may be tried again; undefined: it is taken. */
  readonly overload?: (nowMs: number) => number | undefined;
  /** A turn of the event loop has read the datagrams that had come to a listener, or not all of them. */
  readonly onTurn?: (listener: string, isUnread: boolean) => void;
  /** Each message, for the count. */
  readonly onMessage: (direction: 'received' | 'sent', transport: Flow['transport']) => void;
}

export class SipStack {
  readonly userAgent: SipUserAgent;
  readonly signalling: Signalling;
  readonly localAddresses: LocalAddresses;
  readonly #options: SipStackOptions;
  readonly #addresses: AddressBook;
  readonly #trunks: Trunks;
  readonly #guard: SourceGuard;
  readonly #transport: SipTransport<ParseFailure>;
  readonly #resolver: DnsResolver;
  readonly #locator: ServerLocator;
  readonly #tls: TlsReport;
  readonly #refused: RefusalReport;
  /** What requests over a trunk go along, as its registrar said last. */
  readonly #serviceRoutes = new Map<string, readonly string[]>();
  #onUnregistered: () => void = () => {};
  #hasHeard = false;
  #bugs = 0;

  constructor(options: SipStackOptions) {
    this.#options = options;
    const { sip, trunks, clock } = options;
    const tokens = new RandomTokens();
    this.#tls = new TlsReport(options.log, clock);
    this.#refused = new RefusalReport(options.log, clock);
    this.localAddresses = new LocalAddresses(clock);
    this.#addresses = new AddressBook(trunks.length === 0 ? [everyone] : trunks);
    this.#trunks = new Trunks(trunks, this.#addresses, () => tokens.hex(8));
    this.#guard = new SourceGuard({
      addresses: this.#addresses,
      strangers: this.#trunks.takesStrangers ? STRANGERS : undefined,
      ...sip.rateLimit,
    });
    this.#resolver = new DnsResolver({ nowMs: () => clock.nowMs() });
    this.#locator = new ServerLocator({
      resolver: this.#resolver,
      listening: () => this.listening,
      random: Math.random,
    });
    this.userAgent = new SipUserAgent({
      contact: (flow, usesSips) => this.#contact(flow, usesSips),
      newTag: () => tokens.hex(8),
      newBranch: () => tokens.hex(12),
      newCallId: () => tokens.hex(16),
      random: Math.random,
      userAgentName: sip.userAgent ?? undefined,
      tcpAboveOctets: UDP_LIMIT_OCTETS,
      overload: options.overload,
      trunks: trunks.length === 0 ? undefined : this.#trunks,
      digest: sip.digest,
    });
    this.signalling = new Signalling({
      userAgent: this.userAgent,
      sender: {
        send: (flow, message) => {
          options.onMessage('sent', flow.transport);
          this.#transport.send(flow, message);
        },
      },
      clock,
      timers: clock,
      onEvent: (event) => this.#tell(event),
      onBug: (error) => this.#noteBug(error),
      onRegistration: (event) => this.#noteRegistration(event),
      onRefused: ({ reason, source, statusCode }) => this.#noteRefused(reason, source, statusCode),
      locate: (trunk, uri) => this.#locate(trunk, uri),
    });
    this.#transport = new SipTransport({
      listen: sip.listen,
      newFramer: () => new StreamFramer(),
      admits: (address, transport) => this.#admits(address, transport),
      tlsIdentities: this.#trunks.tlsIdentities(),
      tlsIdentityOf: (flow) => this.#trunks.ofSource(flow)?.name,
      onTlsTrouble: (trouble) => this.#tls.note(trouble),
      onBug: (error) => this.#noteBug(error),
      receiver: {
        message: (octets, flow) => this.#receive(octets, flow),
        broken: (failure, flow) =>
          this.signalling.command((userAgent) => userAgent.handleBrokenStream(failure, flow)),
        failed: (flow) => this.signalling.handleTransportError(flow),
        turned: (listener, isUnread) => options.onTurn?.(listener, isUnread),
      },
    });
  }

  /** What is listened on, with the ports the system chose. */
  get listening(): readonly SipListening[] {
    return this.#transport.listening;
  }

  /** What arrived and was not taken, by reason. */
  get refusals(): ReadonlyMap<string, number> {
    const { userAgent } = this;
    return new Map([
      ...userAgent.refusals,
      ...Object.entries(this.#guard.refusals),
      ...this.#tls.refusals,
      ['bug', this.#bugs],
    ]);
  }

  /** Whether media of a trunk's calls may come from elsewhere than their SDP says. */
  isSymmetricRtp(trunk: string | undefined): boolean {
    return this.#options.trunks.find(({ name }) => name === trunk)?.symmetricRtp ?? false;
  }

  /** Whether each trunk that we register with has us, by name. */
  get registrations(): ReadonlyMap<string, boolean> {
    return this.userAgent.registrations(this.#options.clock.nowMs());
  }

  /** The user part of our Contact at a trunk that we register with. */
  contactUser(trunk: string): string | undefined {
    return this.#trunks.contactUser(trunk);
  }

  /** How calls of ours reach others, under these rules. */
  outbound({ allow, routes, maxConcurrent, perMinute }: OutboundConfig): OutboundAccess {
    return {
      rules: { allow, routes, trunks: this.#trunks.outbound() },
      limits: { maxConcurrent, perMinute },
      locate: (trunk, uri) => this.#locateOutbound(trunk, uri),
      isOurs: (flow) => this.#isOurs(flow),
      hostFor: (flow) => withBrackets(this.#hostFor(flow)),
      routesOf: (trunk) => this.#serviceRoutes.get(trunk) ?? [],
    };
  }

  /** Rejects with `port-in-use`. */
  async start(): Promise<void> {
    await this.#transport.start();
    for (const listener of this.#transport.certificates) this.#tls.judge(listener);
    for (const registration of this.#trunks.registrations())
      this.signalling.command((userAgent) => userAgent.register(registration));
  }

  /** Reads certificates and keys again: connections that stand go on, new ones get the new ones. */
  reloadCertificates(): void {
    const { listeners, identities } = this.#transport.reloadCertificates();
    this.#tls.noteReload(listeners, identities);
  }

  /** Takes no new calls any more, and tells the trunks we are registered with. */
  drain(retryAfterS: number): void {
    this.userAgent.setDraining(retryAfterS);
    this.signalling.command((userAgent, nowMs) => userAgent.unregister(nowMs));
  }

  /** What was said last, a BYE say, is repeated for up to two seconds until it is answered. */
  async stop(): Promise<void> {
    await Promise.all([this.#unregister(), this.#farewell()]);
    this.signalling.stop();
    this.#resolver.close();
    await this.#transport.stop();
  }

  /** A peer that never said anything will not answer a BYE or CANCEL either. */
  async #farewell(): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + FAREWELL_MS;
    while (this.#hasHeard && this.userAgent.sessions > 0 && clock.nowMs() < untilMs)
      await new Promise<void>((resolve) => clock.schedule(FAREWELL_STEP_MS, resolve));
  }

  async #unregister(): Promise<void> {
    this.signalling.command((userAgent, nowMs) => userAgent.unregister(nowMs));
    if (this.registrations.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.schedule(UNREGISTERING_MS, resolve);
      this.#onUnregistered = () => {
        if (this.registrations.size > 0) return;
        cancel();
        resolve();
      };
    });
  }

  /** What a trunk's registrars resolve to belongs to it: its calls come from there, its password goes there. */
  async #locate(trunk: string, uri: string): Promise<readonly Flow[]> {
    const flows = await this.#locator.locate(uri, trunk);
    this.#addresses.learn(
      trunk,
      flows.map(({ remoteAddress }) => remoteAddress),
    );
    return flows;
  }

  /** A URI that no trunk was named for leads only to whom the trunks know: else nobody's answers would be heard. */
  async #locateOutbound(
    trunk: string | undefined,
    uri: string,
  ): Promise<readonly { flow: Flow; trunk: string | undefined }[]> {
    if (trunk !== undefined) return (await this.#locate(trunk, uri)).map((flow) => ({ flow, trunk }));
    const flows = await this.#locator.locate(uri);
    if (this.#options.trunks.length === 0) return flows.map((flow) => ({ flow, trunk: undefined }));
    return flows.flatMap((flow) => {
      const owner = this.#trunks.ofSource(flow)?.name;
      return owner === undefined ? [] : [{ flow, trunk: owner }];
    });
  }

  #isOurs({ transport, remoteAddress, remotePort }: Flow): boolean {
    const isHere =
      this.localAddresses.has(remoteAddress) || remoteAddress === this.#options.sip.publicAddress;
    return isHere && this.listening.some((it) => it.transport === transport && it.port === remotePort);
  }

  #tell(event: SipEvent): void {
    // A call of a stranger is told of once its password is proven.
    if (event.kind === 'incoming-call') this.#guard.noteProven(event.flow.remoteAddress);
    this.#options.onEvent(event);
  }

  #noteRegistration(event: RegistrationEvent): void {
    const { log } = this.#options;
    const { kind, ...fields } = event;
    switch (kind) {
      case 'registered':
        this.#serviceRoutes.set(event.trunk, event.serviceRoute);
        log.info(fields, 'registered with the trunk');
        return;
      case 'registration-failed':
        log.warn(fields, 'no registrar of the trunk takes our registration');
        return;
      case 'unregistered':
        this.#serviceRoutes.delete(event.trunk);
        log.info(fields, 'registration taken back');
        this.#onUnregistered();
        return;
    }
  }

  #receive(octets: Uint8Array, flow: Flow): void {
    this.#hasHeard = true;
    try {
      this.#options.onMessage('received', flow.transport);
      const certified = this.#trunks.ofCertificate(flow)?.name;
      const nowMs = this.#options.clock.nowMs();
      const verdict = this.#guard.judge(flow.remoteAddress, octets, nowMs, certified);
      if (verdict.kind === 'refused') this.#refuse(verdict.reason, octets, flow);
      else this.signalling.handleMessage(octets, flow);
    } catch (error) {
      this.#noteBug(error);
    }
  }

  /** Over UDP who sends too much is ignored and sends again; over TCP nobody does, and would wait half a minute. */
  #refuse(reason: SourceRefusal, octets: Uint8Array, flow: Flow): void {
    const { answer } = this.#options.sip.unknownSource;
    if (reason === 'unknown-source' && answer !== null) {
      this.#noteRefused(reason, flow, answer);
      this.signalling.command((userAgent) => userAgent.refuseSource(octets, flow, answer));
    } else if (reason === 'rate-limited' && isReliable(flow)) {
      this.#noteRefused(reason, flow, SERVICE_UNAVAILABLE);
      this.signalling.command((userAgent) =>
        userAgent.refuseSource(octets, flow, SERVICE_UNAVAILABLE, retrySoon),
      );
    } else this.#noteRefused(reason, flow);
  }

  #admits(address: string, transport: 'tcp' | 'tls'): boolean {
    if (this.#guard.isWelcome(address) || (transport === 'tls' && this.#trunks.takesCertificates))
      return true;
    this.#guard.noteTurnedAway();
    this.#noteRefused('unknown-source', { remoteAddress: address, transport });
    return false;
  }

  #noteRefused(
    reason: string,
    { remoteAddress: address, transport }: Pick<Flow, 'remoteAddress' | 'transport'>,
    statusCode?: number,
  ): void {
    this.#refused.note({ reason, address, transport, statusCode });
  }

  #noteBug(error: unknown): void {
    this.#bugs += 1;
    this.#options.log.error({ error }, 'a bug in signalling: what it was doing is lost');
  }

  /** A dialog over UDP or TCP that needs a sips: URI gets that of our listener over TLS, where there is one. */
  #contact(flow: Flow, usesSips: boolean): string {
    const { localAddress } = flow;
    const host = this.#hostFor(flow);
    const transport = usesSips && this.#hasListener('tls', localAddress) ? 'tls' : flow.transport;
    const hostPort = `${withBrackets(host)}:${this.#portFor(transport, flow)}`;
    if (transport === 'tls' && usesSips) return `sips:${hostPort}`;
    return `sip:${hostPort}${transport === 'udp' ? '' : `;transport=${transport}`}`;
  }

  /** How we are known to whom a flow leads to. */
  #hostFor({ remoteAddress, localAddress }: Flow): string {
    return this.localAddresses.toldTo(remoteAddress, localAddress, this.#options.sip.publicAddress);
  }

  /** The flow's own port; where it was found for another transport, a port of that transport. */
  #portFor(transport: Flow['transport'], { localAddress, localPort }: Flow): number {
    const isIpv6 = localAddress.includes(':');
    const ports = this.listening
      .filter((it) => it.transport === transport && it.address.includes(':') === isIpv6)
      .map(({ port }) => port);
    return ports.includes(localPort) ? localPort : (ports[0] ?? localPort);
  }

  #hasListener(transport: Flow['transport'], localAddress: string): boolean {
    const isIpv6 = localAddress.includes(':');
    return this.listening.some((it) => it.transport === transport && it.address.includes(':') === isIpv6);
  }
}

/** Without trunks everyone may call: the demo, and a service behind a proxy that decides. */
const everyone = { name: 'everyone', addresses: ['0.0.0.0/0', '::/0'] };
/** Ours: a telephone that calls, or a whole office behind one address; too few for lists of words. */
const STRANGERS = { perSecond: 20, burst: 100 };
const SERVICE_UNAVAILABLE = 503;
/** A second fills a source's bucket by what it may send in one. */
const retrySoon = [{ name: 'Retry-After', value: '1' }];
/** How long registrars may take to hear that we leave. */
const UNREGISTERING_MS = 1000;
/** A BYE that is lost twice still arrives: it is repeated after half a second and another second. */
const FAREWELL_MS = 2000;
const FAREWELL_STEP_MS = 20;
/** RFC 3261 section 18.1.1: larger requests must not be sent over UDP where the path MTU is not known. */
const UDP_LIMIT_OCTETS = 1300;
