/** SIP from socket to event: transport, guard and user agent, put together. */
import { randomBytes } from 'node:crypto';
import { Signalling } from '../call/signalling.ts';
import type { Clock, Timers } from '../clock.ts';
import type { SipConfig, TrunkConfig } from '../config/config.ts';
import type { Logger } from '../logger.ts';
import { isUnspecified, localAddressFor } from '../net/local-address.ts';
import { type SipListen, SipTransport } from '../net/sip-transport.ts';
import type { Flow } from '../sip/flow.ts';
import { withBrackets } from '../sip/message/host.ts';
import type { ParseFailure } from '../sip/message/refusal.ts';
import { StreamFramer } from '../sip/message/stream-framer.ts';
import { SourceGuard } from '../sip/source-guard.ts';
import { SipUserAgent } from '../sip/user-agent.ts';
import type { SipEvent } from '../sip/user-agent-events.ts';

export interface SipStackOptions {
  readonly sip: SipConfig;
  readonly trunks: readonly TrunkConfig[];
  readonly clock: Clock & Timers;
  readonly log: Logger;
  readonly onEvent: (event: SipEvent) => void;
  /** Each message, for the count. */
  readonly onMessage: (direction: 'received' | 'sent', transport: Flow['transport']) => void;
}

export class SipStack {
  readonly userAgent: SipUserAgent;
  readonly signalling: Signalling;
  readonly #options: SipStackOptions;
  readonly #guard: SourceGuard;
  readonly #transport: SipTransport<ParseFailure>;

  constructor(options: SipStackOptions) {
    this.#options = options;
    const { sip, trunks, clock } = options;
    this.#guard = new SourceGuard({
      trunks: trunks.length === 0 ? [everyone] : trunks,
      ...sip.rateLimit,
    });
    this.userAgent = new SipUserAgent({
      contact: (flow) => this.#contact(flow),
      newTag: () => token(8),
      newBranch: () => token(12),
      newCallId: () => token(16),
      random: Math.random,
      userAgentName: sip.userAgent ?? undefined,
      tcpAboveOctets: UDP_LIMIT_OCTETS,
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
      onEvent: options.onEvent,
      onBug: (error) => options.log.error({ error }, 'a bug in signalling: what it was doing is lost'),
    });
    this.#transport = new SipTransport({
      listen: sip.listen,
      newFramer: () => new StreamFramer(),
      admits: (address) => this.#guard.trunkOf(address) !== undefined,
      receiver: {
        message: (octets, flow) => this.#receive(octets, flow),
        broken: (failure, flow) =>
          this.signalling.command((userAgent) => userAgent.handleBrokenStream(failure, flow)),
        failed: (flow) => this.signalling.handleTransportError(flow),
      },
    });
  }

  /** What is listened on, with the ports the system chose. */
  get listening(): readonly SipListen[] {
    return this.#transport.listening;
  }

  /** What arrived and was not taken, by reason. */
  get refusals(): ReadonlyMap<string, number> {
    return new Map([...this.userAgent.refusals, ...Object.entries(this.#guard.refusals)]);
  }

  /** Whether media of the peer at the other end of a flow may come from elsewhere than its SDP says. */
  isSymmetricRtp(flow: Flow): boolean {
    const trunk = this.#guard.trunkOf(flow.remoteAddress);
    return this.#options.trunks.find(({ name }) => name === trunk)?.symmetricRtp ?? false;
  }

  /** Rejects with `port-in-use`. */
  start(): Promise<void> {
    return this.#transport.start();
  }

  async stop(): Promise<void> {
    this.signalling.stop();
    await this.#transport.stop();
  }

  #receive(octets: Uint8Array, flow: Flow): void {
    this.#options.onMessage('received', flow.transport);
    const verdict = this.#guard.judge(flow.remoteAddress, octets, this.#options.clock.nowMs());
    if (verdict.kind === 'admitted') {
      this.signalling.handleMessage(octets, flow);
      return;
    }
    const { answer } = this.#options.sip.unknownSource;
    if (verdict.reason !== 'unknown-source' || answer === null) return;
    this.signalling.command((userAgent) => userAgent.refuseSource(octets, flow, answer));
  }

  #contact(flow: Flow): string {
    const { publicAddress } = this.#options.sip;
    const bound = isUnspecified(flow.localAddress) ? localAddressFor(flow.remoteAddress) : flow.localAddress;
    const transport = flow.transport === 'udp' ? '' : `;transport=${flow.transport}`;
    return `sip:${withBrackets(publicAddress ?? bound)}:${flow.localPort}${transport}`;
  }
}

function token(octets: number): string {
  return randomBytes(octets).toString('hex');
}

/** Without trunks everyone may call: the demo, and a service behind a proxy that decides. */
const everyone = { name: 'everyone', addresses: ['0.0.0.0/0', '::/0'] };
/** RFC 3261 section 18.1.1: larger requests must not be sent over UDP where the path MTU is not known. */
const UDP_LIMIT_OCTETS = 1300;
