import { Signalling } from '../../src/call/signalling.ts';
import { Observation } from '../../src/cli/call/observation.ts';
import { PhoneCall, type PhoneEvent } from '../../src/cli/call/phone-call.ts';
import { SimulatedMediaPlane } from './simulated-media.ts';
import { simulatedUserAgent } from './simulated-phone.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { VirtualNetwork } from './virtual-network.ts';

/** The phone of `patchbay call` in virtual time, and what was observed of its call. */
export class SimulatedSoftphone {
  readonly phone: PhoneCall;
  readonly events: PhoneEvent[] = [];
  readonly observation: Observation = new Observation();

  constructor(options: {
    readonly clock: VirtualClock;
    readonly network: VirtualNetwork;
    readonly target: string;
    readonly silenceTimeoutMs?: number;
  }) {
    const { clock, network, target, silenceTimeoutMs = 30_000 } = options;
    const address = '192.0.2.9';
    const sip = { address, port: 5060 };
    const flow = {
      transport: 'udp',
      localAddress: address,
      localPort: 5060,
      remoteAddress: '192.0.2.1',
      remotePort: 5060,
    } as const;
    const signalling: Signalling = new Signalling({
      userAgent: simulatedUserAgent(`sip:phone@${address}:5060`, 3),
      sender: {
        send: (to, message) => network.send(message, sip, { address: to.remoteAddress, port: to.remotePort }),
      },
      clock,
      timers: clock,
      onEvent: (event) => this.phone.handle(event),
      onBug: (error) => {
        throw error;
      },
    });
    network.bind(sip, (datagram) => signalling.handleMessage(datagram, flow));
    this.phone = new PhoneCall({
      media: new SimulatedMediaPlane({ clock, network, address, portMin: 40_000, silenceTimeoutMs }),
      command: (act) => signalling.command(act),
      clock,
      flow,
      target,
      from: '<sip:phone@phone.example>',
      codecs: ['PCMU', 'PCMA'],
      onEvent: (event) => {
        this.events.push(event);
        this.observation.note(event, clock.nowMs());
      },
    });
  }

  /** The kinds of what happened, repetitions left out. */
  get story(): string[] {
    const kinds = this.events.map(({ kind }) => kind);
    return kinds.filter((kind, index) => kind !== 'stats' && kinds.indexOf(kind) === index);
  }

  get end(): PhoneEvent | undefined {
    return this.events.find(({ kind }) => kind === 'ended');
  }
}
