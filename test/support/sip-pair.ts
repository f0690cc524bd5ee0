/**
 * Two SIP user agents joined by a link in virtual time. Loss, delay and jitter come from a seed, so that a run can be
 * repeated exactly; hours of call pass in milliseconds.
 *
 *     const pair = new SipPair({ seed: 1, loss: 0.1, delayMs: 20 });
 *     pair.b.onEvent = (event) => { if (event.kind === 'incoming-call') pair.b.answer(event.session, sdp) };
 *     const session = pair.a.invite(sdp);
 *     pair.run(5000);
 *     expect(pair.a.kinds(session)).toEqual(['answered']);
 */
import type { Flow } from '../../src/sip/flow.ts';
import type { OutgoingCall } from '../../src/sip/session/outgoing-call.ts';
import { SipUserAgent, type SipUserAgentOptions } from '../../src/sip/user-agent.ts';
import type { SipEvent, SipOutput, SipSessionId } from '../../src/sip/user-agent-events.ts';
import { seededRandom } from './virtual-network.ts';

export interface SipPairOptions {
  readonly seed?: number;
  /** Share of messages lost each way, 0 to 1. Nothing is lost over TCP. */
  readonly loss?: number;
  /** One way. */
  readonly delayMs?: number;
  /** Added to the delay, up to so much: messages overtake each other over UDP. */
  readonly jitterMs?: number;
  readonly transport?: 'udp' | 'tcp';
  readonly userAgent?: Partial<SipUserAgentOptions>;
}

/** A message that was put on the link. */
export interface WireMessage {
  readonly atMs: number;
  readonly from: 'a' | 'b';
  readonly text: string;
  /** `INVITE`, or `200 INVITE` for its response. */
  readonly title: string;
  readonly isLost: boolean;
}

export class SipPair {
  readonly a: SipEnd;
  readonly b: SipEnd;
  readonly wire: WireMessage[] = [];
  /** Set to lose messages by choice instead of by chance. */
  loses: ((message: WireMessage) => boolean) | undefined;
  nowMs = 0;
  readonly #options: SipPairOptions;
  readonly #random: () => number;
  /** By arrival, what was sent first before what was sent later. */
  readonly #inFlight: { atMs: number; arrive: () => void }[] = [];
  #latestArrivalMs = { a: 0, b: 0 };

  constructor(options: SipPairOptions = {}) {
    this.#options = options;
    this.#random = seededRandom(options.seed ?? 1);
    this.a = new SipEnd(this, 'a', this.#random, options.userAgent ?? {});
    this.b = new SipEnd(this, 'b', this.#random, options.userAgent ?? {});
  }

  /** Lets `durationMs` pass. */
  run(durationMs: number): void {
    this.runUntil(this.nowMs + durationMs);
  }

  runUntil(endMs: number): void {
    for (;;) {
      const nextMs = Math.min(
        this.#inFlight[0]?.atMs ?? Infinity,
        this.a.userAgent.deadline ?? Infinity,
        this.b.userAgent.deadline ?? Infinity,
      );
      if (nextMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      const first = this.#inFlight[0];
      if (first !== undefined && first.atMs <= this.nowMs) this.#inFlight.shift()?.arrive();
      else for (const end of [this.a, this.b]) end.wake();
    }
    this.nowMs = endMs;
  }

  /** The flow from one end to the other, as that end has it. */
  flow(from: 'a' | 'b'): Flow {
    const transport = this.#options.transport ?? 'udp';
    const to = from === 'a' ? 'b' : 'a';
    const connection = transport === 'udp' ? {} : { connectionId: 1 };
    return {
      transport,
      localAddress: addresses[from],
      localPort: 5060,
      remoteAddress: addresses[to],
      remotePort: 5060,
      ...connection,
    };
  }

  /** What has been put on the link, in order: `a INVITE`, `b 100 INVITE`, … */
  titles(): string[] {
    return this.wire.map(({ from, title }) => `${from} ${title}`);
  }

  carry(from: 'a' | 'b', octets: Uint8Array): void {
    const { loss = 0, delayMs = 0, jitterMs = 0, transport } = this.#options;
    const text = Buffer.from(octets).toString();
    const sent = { atMs: this.nowMs, from, text, title: titleOf(text), isLost: false };
    const isLost = this.loses === undefined ? transport !== 'tcp' && this.#random() < loss : this.loses(sent);
    this.wire.push({ ...sent, isLost });
    if (isLost) return;
    const to = from === 'a' ? 'b' : 'a';
    let arrivalMs = this.nowMs + delayMs + this.#random() * jitterMs;
    if (transport === 'tcp') arrivalMs = Math.max(arrivalMs, this.#latestArrivalMs[to]);
    this.#latestArrivalMs[to] = arrivalMs;
    let at = this.#inFlight.length;
    while (at > 0 && this.#inFlight[at - 1]!.atMs > arrivalMs) at--;
    this.#inFlight.splice(at, 0, { atMs: arrivalMs, arrive: () => this[to].receive(octets) });
  }
}

/** One user agent with its script (`onEvent`) and everything it was told. */
export class SipEnd {
  readonly userAgent: SipUserAgent;
  readonly events: SipEvent[] = [];
  onEvent: ((event: SipEvent) => void) | undefined;
  readonly #pair: SipPair;
  readonly #name: 'a' | 'b';

  constructor(pair: SipPair, name: 'a' | 'b', random: () => number, options: Partial<SipUserAgentOptions>) {
    this.#pair = pair;
    this.#name = name;
    this.userAgent = newTestUserAgent(name, { random, ...options });
  }

  /** Gives a command and carries out what comes of it. */
  act(command: (userAgent: SipUserAgent, nowMs: number) => SipOutput[]): void {
    for (const output of command(this.userAgent, this.#pair.nowMs)) {
      if (output.kind === 'transmit') this.#pair.carry(this.#name, output.message);
      else if (output.kind === 'event') {
        this.events.push(output.event);
        this.onEvent?.(output.event);
      }
    }
  }

  invite(sdp: string, parts: Partial<OutgoingCall> = {}): SipSessionId {
    const other = this.#name === 'a' ? 'b' : 'a';
    const call = {
      ...parts,
      target: `sip:${other}@${addresses[other]}`,
      from: `<sip:${this.#name}@${addresses[this.#name]}>`,
      flow: this.#pair.flow(this.#name),
      sdp,
    };
    let session: SipSessionId = 0;
    this.act((userAgent, nowMs) => {
      const begun = userAgent.invite(call, nowMs);
      session = begun.session;
      return begun.outputs;
    });
    return session;
  }

  ring(session: SipSessionId, sdp?: string): void {
    this.act((userAgent, nowMs) => userAgent.ring(session, 180, sdp, nowMs));
  }

  answer(session: SipSessionId, sdp: string): void {
    this.act((userAgent, nowMs) => userAgent.answer(session, sdp, nowMs));
  }

  reject(session: SipSessionId, statusCode: number): void {
    this.act((userAgent, nowMs) => userAgent.reject(session, statusCode, {}, nowMs));
  }

  hangUp(session: SipSessionId, reason?: string): void {
    this.act((userAgent, nowMs) => userAgent.hangUp(session, reason === undefined ? {} : { reason }, nowMs));
  }

  reinvite(session: SipSessionId, sdp: string): void {
    this.act((userAgent, nowMs) => userAgent.reinvite(session, sdp, nowMs));
  }

  acceptReoffer(session: SipSessionId, sdp: string): void {
    this.act((userAgent, nowMs) => userAgent.acceptReoffer(session, sdp, nowMs));
  }

  /** Raw octets or text arrive, as if from the other end. */
  receive(message: Uint8Array | string): void {
    const octets = typeof message === 'string' ? Buffer.from(message.replace(/\r?\n/g, '\r\n')) : message;
    this.act((userAgent, nowMs) => userAgent.handleMessage(octets, this.#pair.flow(this.#name), nowMs));
  }

  wake(): void {
    const { deadline } = this.userAgent;
    if (deadline !== undefined && deadline <= this.#pair.nowMs)
      this.act((userAgent, nowMs) => userAgent.handleTimeout(nowMs));
  }

  /** The kinds of the events told about one session, in order; of every session without an argument. */
  kinds(session?: SipSessionId): string[] {
    return this.events
      .filter((event) => session === undefined || event.session === session)
      .map((event) => event.kind);
  }

  ended(session: SipSessionId): Extract<SipEvent, { kind: 'ended' }> | undefined {
    return this.events.find((event) => event.kind === 'ended' && event.session === session) as
      | Extract<SipEvent, { kind: 'ended' }>
      | undefined;
  }
}

/** A user agent at the address of one end, its random tokens from a seed. */
export function newTestUserAgent(name: 'a' | 'b', options: Partial<SipUserAgentOptions> = {}): SipUserAgent {
  const random = options.random ?? seededRandom(name.charCodeAt(0));
  const token = (): string => Math.floor(random() * 2 ** 48).toString(36);
  return new SipUserAgent({
    contact: (flow) =>
      `sip:${name}@${addresses[name]}:5060${flow.transport === 'udp' ? '' : ';transport=tcp'}`,
    newTag: token,
    newBranch: () => token() + token(),
    newCallId: () => `${token()}@${addresses[name]}`,
    random,
    ...options,
  });
}

function titleOf(text: string): string {
  const status = /^SIP\/2\.0 (\d{3})/.exec(text)?.[1];
  const method = /^CSeq:\s*\d+\s+(\S+)/im.exec(text)?.[1] ?? '?';
  return status === undefined ? (text.split(' ', 1)[0] ?? '') : `${status} ${method}`;
}

const addresses = { a: '192.0.2.1', b: '192.0.2.2' } as const;
