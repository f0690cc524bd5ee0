import { Negotiation } from '../../src/call/negotiation.ts';
import { Signalling } from '../../src/call/signalling.ts';
import type { MediaEvent } from '../../src/media/command.ts';
import type { AudioCodecName } from '../../src/sdp/negotiated.ts';
import type { Flow } from '../../src/sip/flow.ts';
import type { TrunkDirectory } from '../../src/sip/trunk.ts';
import { SipUserAgent } from '../../src/sip/user-agent.ts';
import type { SipEvent, SipSessionId } from '../../src/sip/user-agent-events.ts';
import { clipOf } from './mixing.ts';
import { type SimulatedLeg, SimulatedMediaPlane } from './simulated-media.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { seededRandom, type VirtualEndpoint, type VirtualNetwork } from './virtual-network.ts';

/**
 * A softphone in virtual time: calls, talks, presses keys, holds, and keeps every sample it hears.
 *
 *     const phone = new SimulatedPhone({ clock, network });
 *     await phone.call('reception');
 *     await clock.advance(2000);
 *     expect(toneLevelDb(phone.heard.subarray(-8000), 440, 8000)).toBeCloseTo(-6, 0);
 */
export class SimulatedPhone {
  /** `undefined` until the far end has said the last word. */
  endedBy: 'remote' | 'local' | 'timeout' | 'transport' | 'error' | undefined;
  statusCode: number | undefined;
  isTalking = false;
  leg: SimulatedLeg | undefined;
  readonly #options: SimulatedPhoneOptions;
  readonly #signalling: Signalling;
  readonly #userAgent: SipUserAgent;
  readonly #flow: Flow;
  readonly #heard: Int16Array[] = [];
  #negotiation: Negotiation | undefined;
  #session: SipSessionId = 0;

  constructor(options: SimulatedPhoneOptions) {
    this.#options = options;
    const { clock, network, address = '192.0.2.2', switchAddress = '192.0.2.1' } = options;
    const sip: VirtualEndpoint = { address, port: 5060 };
    this.#flow = {
      transport: 'udp',
      localAddress: address,
      localPort: 5060,
      remoteAddress: switchAddress,
      remotePort: 5060,
    };
    this.#userAgent = simulatedUserAgent(`sip:phone@${address}:5060`, options.seed ?? 7);
    this.#signalling = new Signalling({
      userAgent: this.#userAgent,
      sender: {
        send: (flow, message) =>
          network.send(message, sip, { address: flow.remoteAddress, port: flow.remotePort }),
      },
      clock,
      timers: clock,
      onEvent: (event) => this.#handle(event),
      onBug: (error) => {
        throw error;
      },
    });
    network.bind(sip, (datagram) => this.#signalling.handleMessage(datagram, this.#flow));
  }

  /** Everything heard since the answer, at 8 kHz unless asked otherwise. */
  get heard(): Int16Array {
    const whole = new Int16Array(this.#heard.reduce((length, chunk) => length + chunk.length, 0));
    let at = 0;
    for (const chunk of this.#heard) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }

  async call(number: string): Promise<void> {
    const { clock, network, address = '192.0.2.2', switchAddress = '192.0.2.1' } = this.#options;
    const media = new SimulatedMediaPlane({ clock, network, address, portMin: 40_000 });
    this.leg = await media.openLeg({
      callId: 'phone',
      family: 'ipv4',
      symmetricRtp: false,
      onEvent: (event) => this.#listen(event),
    });
    this.leg.send({ kind: 'listen', rateHz: this.#options.heardHz ?? 8000, chunkMs: 20 });
    const sdp = this.#offerOf(this.#options.codecs ?? ['PCMU', 'PCMA']);
    this.#signalling.command((userAgent, nowMs) => {
      const from = '<sip:+4915790000687@phone.example>';
      const target = `sip:${number}@${switchAddress}`;
      const begun = userAgent.invite({ target, from, flow: this.#flow, sdp }, nowMs);
      this.#session = begun.session;
      return begun.outputs;
    });
  }

  /** Plays samples into the call, once. */
  speak(samples: Int16Array): void {
    this.leg!.send({ kind: 'queue-clip', playoutId: 1, clip: clipOf(samples) });
  }

  press(digits: string): void {
    this.leg!.send({ kind: 'send-digits', digits });
  }

  /** Offers anew, with other codecs. */
  changeCodecs(codecs: readonly AudioCodecName[]): void {
    const sdp = this.#offerOf(codecs);
    this.#signalling.command((userAgent, nowMs) => userAgent.reinvite(this.#session, sdp, nowMs));
  }

  #offerOf(codecs: readonly AudioCodecName[]): string {
    this.#negotiation = new Negotiation({ ...this.leg!, sessionId: '1' }, { codecs, order: 'offer' });
    return this.#negotiation.offer();
  }

  /** Offers anew: `sendonly` puts the far end on hold, `sendrecv` takes it back. */
  reinvite(direction: 'sendrecv' | 'sendonly' | 'inactive'): void {
    const sdp = this.#negotiation!.offer(direction);
    this.#signalling.command((userAgent, nowMs) => userAgent.reinvite(this.#session, sdp, nowMs));
  }

  info(contentType: string, body: string): void {
    this.#signalling.command((userAgent, nowMs) =>
      userAgent.sendInfo(this.#session, contentType, new TextEncoder().encode(body), nowMs),
    );
  }

  hangUp(): void {
    this.#signalling.command((userAgent, nowMs) => userAgent.hangUp(this.#session, {}, nowMs));
  }

  #handle(event: SipEvent): void {
    switch (event.kind) {
      case 'answered':
        this.isTalking = true;
        if (event.answer !== undefined) this.#accept(event.answer);
        return;
      case 'reinvite-answered':
        this.#accept(event.answer);
        return;
      case 'ended':
        this.isTalking = false;
        this.endedBy = event.by;
        this.statusCode = event.statusCode;
        this.leg?.close();
        return;
      default:
        return;
    }
  }

  #accept(answer: string): void {
    const accepted = this.#negotiation!.acceptAnswer(answer);
    if (!accepted.ok) throw new Error(`the phone cannot use the answer: ${accepted.reason}`);
    this.leg!.send({ kind: 'negotiate', audio: accepted.value });
  }

  #listen(event: MediaEvent): void {
    if (event.kind === 'heard-samples') this.#heard.push(event.samples.slice());
  }
}

export interface SimulatedPhoneOptions {
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  readonly address?: string;
  readonly switchAddress?: string;
  readonly codecs?: readonly AudioCodecName[];
  /** Of `heard`; 8000 unless told. */
  readonly heardHz?: number;
  readonly seed?: number;
}

/** A user agent whose tags come from a seed. */
export function simulatedUserAgent(contact: string, seed: number, trunks?: TrunkDirectory): SipUserAgent {
  const random = seededRandom(seed);
  const token = (): string => Math.floor(random() * 2 ** 48).toString(36);
  return new SipUserAgent({
    contact: () => contact,
    newTag: token,
    newBranch: () => token() + token(),
    newCallId: token,
    random,
    trunks,
  });
}
