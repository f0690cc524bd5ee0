import type { AgentLineEvent, AgentLineOptions } from '../../src/audio/agent-line.ts';
import type { MediaEvent } from '../../src/media/command.ts';
import { AgentLine } from '../../src/media-worker/agent-line.ts';
import type { ConnectionEnd, ConnectionReceiver } from '../../src/net/agent-connection.ts';
import type { NegotiatedAudio } from '../../src/sdp/negotiated.ts';
import { LegHarness } from './leg-harness.ts';
import { inboundLineCall } from './recording-line.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface AgentLineHarnessOptions {
  readonly protocol: string;
  readonly settings: unknown;
  readonly audio?: Partial<NegotiatedAudio>;
}

/**
 * A phone, its leg, a line and the backend at its other end, in virtual time: the test is the backend.
 *
 *     const line = new AgentLineHarness({ protocol: 'twilio', settings });
 *     line.connect();
 *     line.backend.text('{"event":"clear"}');
 *     await line.run(1000);
 *     line.phone.heardByPhone();
 */
export class AgentLineHarness {
  readonly phone: LegHarness;
  /** What came to the backend, in order. */
  readonly received: (string | Uint8Array)[] = [];
  readonly events: MediaEvent[] = [];
  isConnected = false;
  readonly #clock = new VirtualClock();
  readonly #line: AgentLine;
  #receiver: ConnectionReceiver | undefined;
  #isOver = false;

  constructor({ protocol, settings, audio = {} }: AgentLineHarnessOptions) {
    this.phone = new LegHarness({ audio });
    const options: AgentLineOptions = {
      protocol,
      target: { kind: 'tcp', host: '127.0.0.1', port: 1 },
      connectTimeoutMs: 1800,
      hears: 'caller',
      speaks: true,
      settings,
    };
    this.#line = new AgentLine({
      lineId: 1,
      options,
      call: { ...inboundLineCall, codec: audio.codec === 'PCMA' ? 'PCMA' : 'PCMU' },
      leg: this.phone.leg,
      onEvent: (event) => this.events.push(event),
      onOver: () => {
        this.#isOver = true;
      },
      timers: this.#clock,
      connect: (_options, receiver) => this.#open(receiver),
    });
  }

  /** The other end of the connection. */
  get backend(): ConnectionReceiver {
    if (this.#receiver === undefined) throw new Error('the line has opened its connection');
    return this.#receiver;
  }

  get told(): AgentLineEvent[] {
    return this.events.flatMap((event) => (event.kind === 'line' ? [event.event] : []));
  }

  /** Why the line is over, or undefined. */
  get end(): string | undefined {
    const closed = this.events.find((event) => event.kind === 'line-closed');
    return closed?.kind === 'line-closed' ? closed.reason : undefined;
  }

  connect(): void {
    this.isConnected = true;
    this.backend.opened();
  }

  /** JSON for the protocol. */
  say(message: object): void {
    this.backend.text(JSON.stringify(message));
  }

  close(reason: ConnectionEnd = 'closed-by-agent', closeCode = 1000): void {
    this.isConnected = false;
    this.backend.closed(reason, closeCode);
  }

  tell(message: unknown): void {
    this.#line.told(message);
  }

  press(digit: string): void {
    this.#line.digit(digit, 100);
  }

  stop(): void {
    this.#line.stop();
  }

  /** What came as text, parsed. */
  get messages(): Record<string, unknown>[] {
    return this.received.flatMap((message) => (typeof message === 'string' ? [JSON.parse(message)] : []));
  }

  async run(ms: number, eachTick: (tick: number) => void = () => undefined): Promise<void> {
    for (let tick = 0; tick < ms / 20; tick++) {
      eachTick(tick);
      this.phone.run(20);
      if (!this.#isOver) this.#line.transmit();
      if (!this.#isOver) this.#line.rest();
      await this.#clock.advance(20);
    }
  }

  #open(receiver: ConnectionReceiver) {
    this.#receiver = receiver;
    return {
      unsentOctets: 0,
      send: (text: string) => this.received.push(text),
      sendOctets: (octets: Uint8Array) => this.received.push(new Uint8Array(octets)),
      close: (reason: ConnectionEnd) => {
        this.isConnected = false;
        receiver.closed(reason, 1000);
      },
    };
  }
}
