/** Our user agent on a UDP socket of loopback, with the test for a call layer. */
import { randomBytes } from 'node:crypto';
import { Signalling } from '../../src/call/signalling.ts';
import { systemClock } from '../../src/clock.ts';
import { SipUdpSocket } from '../../src/net/sip-udp.ts';
import type { Flow } from '../../src/sip/flow.ts';
import { SipUserAgent, type SipUserAgentOptions } from '../../src/sip/user-agent.ts';
import type { SipEvent, SipOutput } from '../../src/sip/user-agent-events.ts';
import { freePort } from './free-port.ts';

export class UdpUserAgent {
  readonly port: number;
  readonly events: SipEvent[] = [];
  /** What was sent and received, oldest first. */
  readonly wire: string[] = [];
  onEvent: ((event: SipEvent) => void) | undefined;
  readonly #socket: SipUdpSocket;
  readonly #signalling: Signalling;
  readonly #waiting = new Set<() => void>();

  static async open(options: Partial<SipUserAgentOptions> = {}): Promise<UdpUserAgent> {
    const port = await freePort();
    let userAgent: UdpUserAgent | undefined;
    const socket = await SipUdpSocket.bind('127.0.0.1', port, {
      message: (octets, flow) => userAgent?.receive(octets, flow),
      failed: (flow) => userAgent?.act((it, nowMs) => it.handleTransportError(flow, nowMs)),
    });
    userAgent = new UdpUserAgent(socket, options);
    return userAgent;
  }

  private constructor(socket: SipUdpSocket, options: Partial<SipUserAgentOptions>) {
    this.port = socket.port;
    this.#socket = socket;
    const token = (): string => randomBytes(12).toString('hex');
    this.#signalling = new Signalling({
      userAgent: new SipUserAgent({
        contact: () => `sip:switch@127.0.0.1:${this.port}`,
        newTag: token,
        newBranch: token,
        newCallId: token,
        random: Math.random,
        ...options,
      }),
      sender: {
        send: (flow, message) => {
          this.wire.push(Buffer.from(message).toString());
          this.#socket.send(flow, message);
        },
      },
      clock: systemClock,
      timers: systemClock,
      onEvent: (event) => {
        this.events.push(event);
        this.onEvent?.(event);
        for (const look of [...this.#waiting]) look();
      },
      onBug: (error) => {
        throw error;
      },
    });
  }

  act(command: (userAgent: SipUserAgent, nowMs: number) => SipOutput[]): void {
    this.#signalling.command(command);
  }

  receive(octets: Uint8Array, flow: Flow): void {
    this.wire.push(Buffer.from(octets).toString());
    this.#signalling.handleMessage(octets, flow);
  }

  /** The way to a port of loopback. */
  flowTo(remotePort: number): Flow {
    const local = { localAddress: '127.0.0.1', localPort: this.port };
    return { transport: 'udp', ...local, remoteAddress: '127.0.0.1', remotePort };
  }

  /** The latest event of that kind, told already or within five seconds. */
  async told<Kind extends SipEvent['kind']>(
    kind: Kind,
    fits: (event: Extract<SipEvent, { kind: Kind }>) => boolean = () => true,
  ): Promise<Extract<SipEvent, { kind: Kind }>> {
    const find = () =>
      this.events.findLast((event): event is Extract<SipEvent, { kind: Kind }> => {
        return event.kind === kind && fits(event as Extract<SipEvent, { kind: Kind }>);
      });
    for (const untilMs = performance.now() + 5000; ; ) {
      const event = find();
      if (event !== undefined) return event;
      if (performance.now() > untilMs)
        throw new Error(`no ${kind} in five seconds; told were ${this.events.map((it) => it.kind)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        const look = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(look);
          resolve();
        };
        this.#waiting.add(look);
      });
    }
  }

  async close(): Promise<void> {
    this.#signalling.stop();
    await this.#socket.close();
  }
}
