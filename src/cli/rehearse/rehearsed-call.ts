/** One rehearsed call: a session as it is in a real one, on a line without SIP or network. */
import type { Agent, AgentHost, EndCause } from '../../agent/agent.ts';
import type { CallFlow } from '../../call/flow.ts';
import { newSessionId, Session } from '../../call/session.ts';
import type { SessionServices } from '../../call/session-options.ts';
import type { Clock, Timers } from '../../clock.ts';
import type { MediaCommand, MediaEvent } from '../../media/command.ts';
import type { ExchangeLog } from './exchange-log.ts';
import { Line } from './line.ts';
import { loneCall } from './lone-call.ts';
import type { RehearsedEar } from './rehearsed-ear.ts';

export interface RehearsedCallOptions {
  readonly flow: CallFlow;
  readonly from: string;
  readonly to: string;
  readonly services: Omit<SessionServices, 'listener' | 'clock' | 'timers'>;
  readonly ear: RehearsedEar;
  readonly clock: Clock & Timers;
  readonly log: ExchangeLog;
  /** Each 20 ms of what the caller hears, at 8 kHz. */
  readonly onHeard?: (samples: Int16Array) => void;
}

export class RehearsedCall {
  readonly #options: RehearsedCallOptions;
  readonly #line: Line;
  readonly #session: Session;
  #endCause: EndCause | undefined;
  #agentClosed: Promise<void> = Promise.resolve();
  #agentSpeaks = false;
  #agentTurns = 0;
  #quietSinceMs = 0;
  #callerPlays = false;
  #wake: () => void = () => undefined;

  constructor(options: RehearsedCallOptions) {
    this.#options = options;
    const { clock, services, ear, log, from, to, flow } = options;
    this.#line = new Line({
      clock,
      onHouseEvent: (event) => this.#handleHouse(event),
      onCallerEvent: (event) => this.#handleCaller(event),
    });
    const id = newSessionId();
    this.#session = new Session({
      ...services,
      listener: ear,
      clock,
      timers: clock,
      info: {
        id,
        accountId: flow.accountId,
        direction: 'inbound',
        from,
        to,
        phoneNumber: to,
        flow: flow.name,
      },
      callId: id,
      flow: { ...flow, agent: (host) => this.#agentOf(host) },
      log,
      rateHz: 8000,
      send: (command) => this.#line.sendHouse(command),
      call: loneCall({
        send: (command) => this.#line.sendHouse(command),
        end: (cause) => this.end(cause),
        timers: clock,
        log,
      }),
      isRinging: false,
      onBug: (error) => {
        log.error({ error }, 'a bug ended this call');
        this.end('error');
      },
    });
  }

  /** Undefined while the call lasts. */
  get endCause(): EndCause | undefined {
    return this.#endCause;
  }

  get agentSpeaks(): boolean {
    return this.#agentSpeaks;
  }

  /** Utterances and sounds of the agent that have begun. */
  get agentTurns(): number {
    return this.#agentTurns;
  }

  /** For how long the agent has not been heard. */
  get quietMs(): number {
    if (this.#agentSpeaks) return 0;
    return this.#options.clock.nowMs() - this.#quietSinceMs;
  }

  start(): void {
    if (this.#options.onHeard !== undefined)
      this.#line.sendCaller({ kind: 'listen', rateHz: 8000, chunkMs: 20 });
    this.#quietSinceMs = this.#options.clock.nowMs();
    this.#session.start();
  }

  hear(text: string): Promise<void> {
    return this.#options.ear.hear(text);
  }

  press(digits: string): void {
    this.#line.sendCaller({ kind: 'send-digits', digits });
  }

  /** Puts a sound on the caller's leg; resolves at its end. */
  async play(sound: readonly MediaCommand[]): Promise<void> {
    this.#callerPlays = true;
    for (const command of sound) this.#line.sendCaller(command);
    await this.until(() => !this.#callerPlays, Number.POSITIVE_INFINITY);
  }

  /** Waits until the condition holds, the call is over, or so much time has passed; looks every 20 ms. */
  async until(condition: () => boolean, withinMs: number): Promise<void> {
    const { clock } = this.#options;
    const limitMs = clock.nowMs() + withinMs;
    while (this.#endCause === undefined && !condition() && clock.nowMs() < limitMs)
      await new Promise<void>((resolve) => {
        const cancel = clock.schedule(LOOK_MS, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
  }

  end(cause: EndCause): void {
    if (this.#endCause !== undefined) return;
    this.#endCause = cause;
    void this.#session.end(cause);
    this.#line.close();
    this.#wake();
  }

  /** Resolves when the agent has been told of the end. */
  async ended(): Promise<void> {
    await this.#agentClosed;
  }

  /** The agent, with its closing kept to be waited for. */
  #agentOf(host: AgentHost): Agent {
    const agent = this.#options.flow.agent(host);
    return {
      listens: agent.listens,
      handle: (event) => agent.handle(event),
      close: () => {
        this.#agentClosed = agent.close();
        return this.#agentClosed;
      },
    };
  }

  #handleHouse(event: MediaEvent): void {
    if (event.kind === 'playout-started') {
      this.#agentSpeaks = true;
      this.#agentTurns += 1;
    } else if (event.kind === 'playout-ended') {
      this.#agentSpeaks = false;
      this.#quietSinceMs = this.#options.clock.nowMs();
    }
    if (this.#endCause === undefined) this.#session.handleMedia(event);
  }

  #handleCaller(event: MediaEvent): void {
    if (event.kind === 'heard-samples') this.#options.onHeard?.(event.samples);
    else if (event.kind === 'playout-ended') this.#callerPlays = false;
  }
}

const LOOK_MS = 20;
