import type { LineCall } from '../../src/agent/voice-agent/line-protocol.ts';
import type { AgentLineEvent, AgentLineOptions } from '../../src/audio/agent-line.ts';
import type { Timers } from '../../src/clock.ts';
import type { MediaEvent } from '../../src/media/command.ts';
import { AgentLine } from '../../src/media-worker/agent-line.ts';
import type { AgentConnection, ConnectionEnd, ConnectionReceiver } from '../../src/net/agent-connection.ts';
import type { NegotiatedAudio } from '../../src/sdp/negotiated.ts';
import { LegHarness } from './leg-harness.ts';

/** A connection that the test is the other end of. */
export class TestConnection implements AgentConnection {
  unsentOctets = 0;
  readonly receiver: ConnectionReceiver;
  readonly texts: { readonly text: string; readonly atMs: number }[] = [];
  readonly octets: Uint8Array[] = [];
  /** Why we closed it. */
  closedFor: ConnectionEnd | undefined;
  readonly #clock: TickClock;

  constructor(receiver: ConnectionReceiver, clock: TickClock) {
    this.receiver = receiver;
    this.#clock = clock;
  }

  send(text: string): void {
    this.texts.push({ text, atMs: this.#clock.nowMs() });
  }

  sendOctets(octets: Uint8Array): void {
    this.octets.push(Uint8Array.from(octets));
  }

  close(reason: ConnectionEnd): void {
    this.closedFor = reason;
  }

  /** What was sent, parsed. */
  get messages(): Record<string, unknown>[] {
    return this.texts.map(({ text }) => JSON.parse(text));
  }

  /** The other end sends JSON. */
  says(...messages: object[]): void {
    for (const message of messages) this.receiver.text(JSON.stringify(message));
  }
}

/** A line with its protocol on a leg, in virtual time, with the test as its agent. */
export class LineHarness {
  readonly legs: LegHarness;
  readonly line: AgentLine;
  readonly clock: TickClock = new TickClock();
  readonly connections: TestConnection[] = [];
  readonly events: MediaEvent[] = [];

  constructor(
    protocol: string,
    settings: unknown,
    options: Partial<AgentLineOptions> & {
      readonly audio?: Partial<NegotiatedAudio>;
      call?: Partial<LineCall>;
    } = {},
  ) {
    const { audio, call, ...lineOptions } = options;
    this.legs = new LegHarness(audio === undefined ? {} : { audio });
    this.line = new AgentLine({
      lineId: 1,
      options: {
        protocol,
        target: { kind: 'websocket', url: 'ws://agent', headers: {} },
        connectTimeoutMs: 1800,
        hears: 'caller',
        speaks: true,
        settings,
        ...lineOptions,
      },
      call: {
        sessionId: 'session',
        callId: 'call',
        direction: 'inbound',
        from: '+491111',
        to: '+492222',
        codec: this.legs.leg.codec ?? 'PCMU',
        ...call,
      },
      leg: this.legs.leg,
      onEvent: (event) => this.events.push(event),
      onOver: () => undefined,
      timers: this.clock,
      connect: (_, receiver) => {
        const connection = new TestConnection(receiver, this.clock);
        this.connections.push(connection);
        return connection;
      },
    });
  }

  /** The latest connection. */
  get agent(): TestConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('there is no connection');
    return connection;
  }

  /** What the protocol told of its backend. */
  get told(): AgentLineEvent[] {
    return this.events.flatMap((event) => (event.kind === 'line' ? [event.event] : []));
  }

  /** Why the line is over, if it is. */
  get end(): string | undefined {
    return this.events.find((event) => event.kind === 'line-closed')?.reason;
  }

  open(): TestConnection {
    this.agent.receiver.opened();
    return this.agent;
  }

  /** Runs for so long; before each tick `eachTick` may deliver what the network brings. */
  run(ms: number, eachTick: (tick: number) => void = () => undefined): void {
    for (let tick = 0; tick < ms / 20; tick++) {
      this.legs.run(20, () => eachTick(tick));
      this.line.transmit();
      this.clock.advance(20);
      this.line.rest();
    }
  }
}

/** Time in steps of a tick; what is due runs at the end of one. */
class TickClock implements Timers {
  #nowMs = 0;
  #waiting: { readonly dueMs: number; readonly action: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, action: () => void): () => void {
    const entry = { dueMs: this.#nowMs + delayMs, action };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#waiting.filter(({ dueMs }) => dueMs <= this.#nowMs);
    this.#waiting = this.#waiting.filter(({ dueMs }) => dueMs > this.#nowMs);
    for (const { action } of due.sort((a, b) => a.dueMs - b.dueMs)) action();
  }
}
