/**
 * A call to a jambonz app in virtual time: the app is the test itself, at the other end of a WebSocket that is none, and
 * the call is what the agent asks of a host that plays along.
 */
import type { Agent, AgentCommand, SessionInfo } from '../../src/agent/agent.ts';
import type { Connection, ConnectionHandlers } from '../../src/agent/ai-flow/websocket.ts';
import { createJambonzAgent, type JambonzAgentOptions } from '../../src/agent/jambonz/jambonz-agent.ts';
import type { HttpRequest, HttpResponse } from '../../src/agent/jambonz/link/http-client.ts';
import { RecordingHost, RecordingLogger } from './recording-host.ts';
import { settle, VirtualClock } from './virtual-clock.ts';

export interface AppMessage {
  readonly type: string;
  readonly msgid: string;
  readonly call_sid: string;
  readonly hook?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One connection that was dialled. */
export class AppSocket implements Connection {
  readonly unsentOctets = 0;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly subprotocols: readonly string[];
  readonly messages: AppMessage[] = [];
  readonly handlers: ConnectionHandlers;
  /** Half a connection: nothing comes of it any more. */
  isDead = false;
  /** With which code we closed it. */
  closedWith: number | undefined;

  constructor(
    url: URL,
    headers: Readonly<Record<string, string>>,
    subprotocols: readonly string[],
    handlers: ConnectionHandlers,
  ) {
    this.url = url.href;
    this.headers = headers;
    this.subprotocols = subprotocols;
    this.handlers = handlers;
  }

  send(text: string): void {
    this.messages.push(JSON.parse(text));
  }

  ping(): void {
    if (!this.isDead) this.handlers.pong();
  }

  close(code = 1000): void {
    this.closedWith = code;
    this.handlers.closed({ kind: 'closed', detail: String(code), code });
  }

  terminate(): void {
    this.closedWith = 1006;
  }
}

export class JambonzCall {
  readonly clock: VirtualClock = new VirtualClock();
  readonly log: RecordingLogger = new RecordingLogger();
  readonly host: RecordingHost;
  readonly agent: Agent;
  readonly sockets: AppSocket[] = [];
  readonly requests: HttpRequest[] = [];
  /** What was counted, in order. */
  readonly counted: string[] = [];
  /** What each webhook is answered. */
  respond: (request: HttpRequest) => Promise<HttpResponse> = () =>
    Promise.resolve({ kind: 'answered', status: 200, body: '[]' });
  #looked = 0;

  constructor(options: Partial<JambonzAgentOptions> & { session?: Partial<SessionInfo> } = {}) {
    const { session, ...agentOptions } = options;
    this.host = new RecordingHost(session, this.log);
    let sids = 0;
    const factory = createJambonzAgent({
      url: 'ws://app.example/call',
      accountSid: 'account',
      applicationSid: 'application',
      clock: this.clock,
      newSid: () => {
        sids += 1;
        return `leg-${sids}`;
      },
      dialler: (url, headers, _tls, form) => (handlers) => {
        const socket = new AppSocket(url, headers, form?.subprotocols ?? [], handlers);
        this.sockets.push(socket);
        return socket;
      },
      exchange: (request) => {
        this.requests.push(request);
        return this.respond(request);
      },
      metrics: {
        exchanged: (outcome) => this.counted.push(`exchanged ${outcome}`),
        warned: () => this.counted.push('warned'),
        reconnected: () => this.counted.push('reconnected'),
        agentFailed: (reason) => this.counted.push(`failed ${reason}`),
      },
      ...agentOptions,
    });
    this.agent = factory(this.host);
  }

  get socket(): AppSocket {
    return this.sockets.at(-1)!;
  }

  /** It rings, and the app behind a WebSocket answers `session:new` with these verbs. */
  async ring(verbs: unknown): Promise<void> {
    this.agent.handle({ kind: 'ringing' });
    this.socket.handlers.opened();
    await this.ack(verbs);
  }

  /** The same, answered by us. */
  async answer(verbs: unknown): Promise<void> {
    await this.ring(verbs);
    this.started();
    await settle();
  }

  started(): void {
    this.agent.handle({ kind: 'started' });
  }

  /** The app acknowledges the latest message, or that one. */
  async ack(data: unknown, msgid: string = this.asked.msgid): Promise<void> {
    await this.send({ type: 'ack', msgid, data });
  }

  async command(command: string, data: unknown, fields: object = {}): Promise<void> {
    await this.send({ type: 'command', command, data, ...fields });
  }

  async send(message: unknown): Promise<void> {
    this.socket.handlers.message(typeof message === 'string' ? message : JSON.stringify(message));
    await settle();
  }

  /** The latest message that wants an answer. */
  get asked(): AppMessage {
    const wanting = ['session:new', 'session:redirect', 'session:reconnect', 'verb:hook'];
    return this.socket.messages.findLast(({ type }) => wanting.includes(type))!;
  }

  /** Messages of a type, on all sockets. */
  told(type: string): AppMessage[] {
    return this.sockets.flatMap(({ messages }) => messages).filter((message) => message.type === type);
  }

  /** What the agent asked of the call since the last look. */
  take(): AgentCommand[] {
    const commands = this.host.commands.slice(this.#looked);
    this.#looked = this.host.commands.length;
    return commands.filter(({ kind }) => kind !== 'listen');
  }

  /** What is said or played, in the order in which it was asked for. */
  get utterances(): Extract<AgentCommand, { kind: 'say' | 'play' }>[] {
    return this.host.commands.filter((command) => command.kind === 'say' || command.kind === 'play');
  }

  /** The utterance of that place begins to be heard. */
  begins(index: number): void {
    this.agent.handle({ kind: 'utterance-started', utteranceId: this.utterances[index]!.utteranceId! });
  }

  /** It has been heard to its end. */
  async spoken(index: number, outcome: { playedMs?: number; refusal?: string } = {}): Promise<void> {
    const { utteranceId } = this.utterances[index]!;
    if (outcome.refusal === undefined) this.begins(index);
    this.agent.handle({ kind: 'spoken', cut: undefined, utteranceId, playedMs: 1000, ...outcome });
    await settle();
  }

  press(...digits: string[]): void {
    for (const digit of digits) this.agent.handle({ kind: 'digit', digit });
  }

  /** The statuses of `verb:status`, in short. */
  get statuses(): string[] {
    return this.told('verb:status').map(({ data }) => `${data['event']} ${data['name'] ?? data['verb']}`);
  }
}
