import type { Flow } from '../../src/sip/flow.ts';
import { headerValue } from '../../src/sip/message/headers.ts';
import type { SipMessage } from '../../src/sip/message/message.ts';
import { parseMessage } from '../../src/sip/message/parse.ts';
import type { RegistrationEvent } from '../../src/sip/registration/registration-event.ts';
import type { SipUserAgent, SipUserAgentOptions } from '../../src/sip/user-agent.ts';
import type { SipEvent, SipOutput, SipSessionId } from '../../src/sip/user-agent-events.ts';
import { newTestUserAgent } from './sip-pair.ts';

/** A message the user agent sent, parsed, with where it went. */
export interface Sent {
  readonly atMs: number;
  readonly flow: Flow;
  readonly text: string;
  readonly message: SipMessage;
  /** `BYE`, or `200 INVITE` for its response. */
  readonly title: string;
}

/**
 * A user agent whose peer is the test: it gets messages written out by hand, and what it sends is kept. For what no
 * user agent of ours would do; `SipPair` has two of them talk.
 */
export class ScriptedPeer {
  readonly userAgent: SipUserAgent;
  readonly sent: Sent[] = [];
  /** Everything that was sent, as octets: answers to nonsense echo it, and cannot be parsed. */
  readonly keepAlives: { readonly flow: Flow; readonly atMs: number }[] = [];
  readonly raw: { readonly flow: Flow; readonly text: string }[] = [];
  readonly events: SipEvent[] = [];
  readonly registrations: RegistrationEvent[] = [];
  /** URIs whose server was asked for. */
  readonly located: string[] = [];
  /** What the log would be told. */
  readonly refused: { readonly reason: string; readonly statusCode: number }[] = [];
  nowMs = 0;
  #isStrict = true;

  constructor(options: Partial<SipUserAgentOptions> = {}) {
    this.userAgent = newTestUserAgent('b', options);
  }

  /** Text with bare line feeds is taken as written with CRLF. */
  says(text: string, flow: Flow = peerFlow): void {
    const octets = Buffer.from(text.replace(/\r?\n/g, '\r\n'), 'utf8');
    this.act((userAgent, nowMs) => userAgent.handleMessage(octets, flow, nowMs));
  }

  act(command: (userAgent: SipUserAgent, nowMs: number) => SipOutput[]): void {
    for (const output of command(this.userAgent, this.nowMs)) {
      if (output.kind === 'event') this.events.push(output.event);
      else if (output.kind === 'transmit') this.#keep(output.flow, output.message);
      else if (output.kind === 'registration') this.registrations.push(output.event);
      else if (output.kind === 'locate') this.located.push(output.uri);
      else this.refused.push({ reason: output.reason, statusCode: output.statusCode });
    }
  }

  /** The same for what is no proper SIP: what comes back need not be either. */
  saysAnything(text: string): void {
    this.throwIn(Buffer.from(text, 'utf8'));
  }

  throwIn(octets: Uint8Array): void {
    this.#isStrict = false;
    this.act((userAgent, nowMs) => userAgent.handleMessage(octets, peerFlow, nowMs));
    this.#isStrict = true;
  }

  /** Lets time pass, every time-out at its own moment. */
  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    for (;;) {
      const { deadline } = this.userAgent;
      if (deadline === undefined || deadline > endMs) break;
      this.nowMs = Math.max(this.nowMs, deadline);
      this.act((userAgent, nowMs) => userAgent.handleTimeout(nowMs));
    }
    this.nowMs = endMs;
  }

  /** Responds to the latest request of that method. */
  responds(
    statusLine: string,
    method: string,
    options: { tag?: string; headers?: string; sdp?: string; flow?: Flow } = {},
  ): void {
    const { tag = 'peer', headers = '', sdp = '', flow = peerFlow } = options;
    const request = this.sent.findLast(({ title }) => title === method);
    if (request === undefined) throw new Error(`no ${method} was sent`);
    const { message } = request;
    const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${headerValue(message, name)}`);
    const to = headerValue(message, 'To') ?? '';
    const tagged = tag === '' || to.includes(';tag=') ? to : `${to};tag=${tag}`;
    const lines = [
      `SIP/2.0 ${statusLine}`,
      ...copied,
      `To: ${tagged}`,
      ...headers.split('\n').filter(Boolean),
    ];
    if (sdp !== '') lines.push('Content-Type: application/sdp');
    this.says(`${[...lines, `Content-Length: ${sdp.length}`].join('\n')}\n\n${sdp}`, flow);
  }

  titles(): string[] {
    return this.sent.map(({ title }) => title);
  }

  get last(): Sent {
    const last = this.sent.at(-1);
    if (last === undefined) throw new Error('nothing was sent');
    return last;
  }

  /** When messages of that title were sent. */
  timesOf(title: string): number[] {
    return this.sent.filter((sent) => sent.title === title).map(({ atMs }) => atMs);
  }

  header(name: string, sent: Sent = this.last): string | undefined {
    return headerValue(sent.message, name);
  }

  kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }

  #keep(flow: Flow, octets: Uint8Array): void {
    const text = Buffer.from(octets).toString();
    this.raw.push({ flow, text });
    if (text === '\r\n\r\n') {
      this.keepAlives.push({ flow, atMs: this.nowMs });
      return;
    }
    const outcome = parseMessage(octets);
    if (!outcome.ok) {
      // A response with several Vias is right, though none of ours: it goes to a proxy.
      if (this.#isStrict && outcome.reason !== 'several-vias')
        throw new Error(`the user agent sent what its own parser refuses: ${text}`);
      return;
    }
    const message = outcome.value;
    const method = headerValue(message, 'CSeq')?.split(' ')[1] ?? '';
    const title = message.kind === 'request' ? message.method : `${message.statusCode} ${method}`;
    this.sent.push({ atMs: this.nowMs, flow, text, message, title });
  }

  /** The session of the latest call that came in or was made. */
  get session(): SipSessionId {
    const event = this.events.findLast(({ kind }) => kind === 'incoming-call');
    if (event === undefined) throw new Error('no call has come in');
    return event.session;
  }
}

/** From the user agent under test to its peer. */
export const peerFlow: Flow = {
  transport: 'udp',
  localAddress: '192.0.2.2',
  localPort: 5060,
  remoteAddress: '192.0.2.1',
  remotePort: 5060,
};

export const peerTcpFlow: Flow = { ...peerFlow, transport: 'tcp', remotePort: 40_000, connectionId: 7 };
