import { Negotiation } from '../../src/call/negotiation.ts';
import { Signalling } from '../../src/call/signalling.ts';
import type { MediaEvent } from '../../src/media/command.ts';
import type { AudioCodecName } from '../../src/sdp/negotiated.ts';
import type { Flow } from '../../src/sip/flow.ts';
import type { HeaderField, SipRequest } from '../../src/sip/message/message.ts';
import type { OutgoingCall } from '../../src/sip/session/outgoing-call.ts';
import type { TrunkDirectory } from '../../src/sip/trunk.ts';
import { SipUserAgent } from '../../src/sip/user-agent.ts';
import type { SipEvent, SipOutput, SipSessionId } from '../../src/sip/user-agent-events.ts';
import { clipOf } from './mixing.ts';
import { type SimulatedLeg, SimulatedMediaPlane } from './simulated-media.ts';
import { trunkDirectory } from './sip-trunks.ts';
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
  /** What it was called with; undefined until somebody calls. */
  invited: SipRequest | undefined;
  /** Whoever called it has given up. */
  wasCancelled = false;
  /** Of a BYE or CANCEL. */
  reason: string | undefined;
  /** What it does when it is called; without, it stays silent. */
  onCalled: (() => void) | undefined;
  readonly referEvents: SipEvent[] = [];
  /** Keys that the far end pressed, each with its milliseconds. */
  readonly pressed: string[] = [];
  leg: SimulatedLeg | undefined;
  readonly #options: SimulatedPhoneOptions;
  readonly #signalling: Signalling;
  readonly #userAgent: SipUserAgent;
  readonly #flow: Flow;
  readonly #heard: Int16Array[] = [];
  #negotiation: Negotiation | undefined;
  #session: SipSessionId = 0;
  #offer = '';
  #answer: string | undefined;

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
    this.#userAgent = simulatedUserAgent(
      `sip:phone@${address}:5060`,
      options.seed ?? 7,
      options.takesRefer === true ? referring(switchAddress) : undefined,
    );
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

  async call(number: string, parts: Partial<OutgoingCall> = {}): Promise<void> {
    await this.#open();
    const sdp = this.#offerOf(this.#options.codecs ?? ['PCMU', 'PCMA']);
    this.#signalling.command((userAgent, nowMs) => {
      const from = '<sip:+4915790000687@phone.example>';
      const target = `sip:${number}@${this.#flow.remoteAddress}`;
      const begun = userAgent.invite(
        {
          target,
          from,
          flow: this.#flow,
          sdp,
          trunk: this.#options.takesRefer === true ? 'switch' : undefined,
          ...parts,
        },
        nowMs,
      );
      this.#session = begun.session;
      return begun.outputs;
    });
  }

  ring(statusCode = 180): void {
    this.act((userAgent, session, nowMs) => userAgent.ring(session, statusCode, undefined, nowMs));
  }

  /** Lets the caller hear it before it answers. */
  async ringWithSound(): Promise<void> {
    const sdp = await this.#describe();
    this.act((userAgent, session, nowMs) => userAgent.ring(session, 183, sdp, nowMs));
  }

  /** With other codecs than it rang with, where they are told. */
  async accept(codecs?: readonly AudioCodecName[]): Promise<void> {
    const sdp = (codecs === undefined ? this.#answer : undefined) ?? (await this.#describe(codecs));
    this.isTalking = true;
    this.act((userAgent, session, nowMs) => userAgent.answer(session, sdp, nowMs));
  }

  refuse(statusCode: number, headers: readonly HeaderField[] = []): void {
    this.act((userAgent, session, nowMs) => userAgent.reject(session, statusCode, { headers }, nowMs));
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

  /** Does something with the session that this phone is in. */
  act(command: (userAgent: SipUserAgent, session: SipSessionId, nowMs: number) => SipOutput[]): void {
    this.#signalling.command((userAgent, nowMs) => command(userAgent, this.#session, nowMs));
  }

  hangUp(): void {
    this.#signalling.command((userAgent, nowMs) => userAgent.hangUp(this.#session, {}, nowMs));
  }

  async #open(): Promise<void> {
    const { clock, network, address = '192.0.2.2', heardHz = 8000 } = this.#options;
    const media = new SimulatedMediaPlane({
      clock,
      network,
      address,
      portMin: this.#options.portMin ?? 40_000,
    });
    this.leg = await media.openLeg({
      callId: 'phone',
      family: 'ipv4',
      symmetricRtp: false,
      onEvent: (event) => this.#listen(event),
    });
    this.leg.send({ kind: 'listen', rateHz: heardHz, chunkMs: 20 });
  }

  /** Answers the offer it was called with. */
  async #describe(
    codecs: readonly AudioCodecName[] = this.#options.codecs ?? ['PCMU', 'PCMA'],
  ): Promise<string> {
    this.leg?.close();
    await this.#open();
    this.#negotiation = new Negotiation({ ...this.leg!, sessionId: '1' }, { codecs, order: 'offer' });
    const answered = this.#negotiation.answer(this.#offer);
    if (!answered.ok) throw new Error(`the phone cannot use the offer: ${answered.reason}`);
    this.leg!.send({ kind: 'negotiate', audio: answered.value.audio });
    this.#answer = answered.value.sdp;
    return this.#answer;
  }

  #handle(event: SipEvent): void {
    switch (event.kind) {
      case 'incoming-call':
        this.#session = event.session;
        this.#offer = event.offer ?? '';
        this.#answer = undefined;
        this.invited = event.request;
        this.onCalled?.();
        return;
      case 'cancelled':
        this.wasCancelled = true;
        this.reason = event.reason;
        return;
      case 'refer-progress':
      case 'refer':
        this.referEvents.push(event);
        return;
      case 'ringing':
        this.statusCode = event.statusCode;
        if (event.answer !== undefined) this.#accept(event.answer);
        return;
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
        this.reason = event.reason;
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
    if (event.kind === 'digit') this.pressed.push(`${event.digit} ${event.durationMs}`);
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
  /** First of its RTP ports, which its stream's SSRC comes from too; 40000 unless told. */
  readonly portMin?: number;
  /** It does what a REFER of the switch asks for. */
  readonly takesRefer?: boolean;
}

const referring = (address: string): TrunkDirectory =>
  trunkDirectory({ name: 'switch', addresses: [address], mayRefer: true });

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
