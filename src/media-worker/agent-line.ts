import type { Line, LineCall, LineProtocol } from '../agent/voice-agent/line-protocol.ts';
import type {
  AgentLineEnd,
  AgentLineEvent,
  AgentLineOptions,
  HeardPart,
  LineAudio,
  LineId,
  TakenBack,
} from '../audio/agent-line.ts';
import type { Timers } from '../clock.ts';
import { invariant } from '../invariant.ts';
import type { MediaEvent } from '../media/command.ts';
import type { Leg } from '../media/leg.ts';
import { LegLine } from '../media/leg-line.ts';
import type { AgentConnection, ConnectionEnd, ConnectionReceiver } from '../net/agent-connection.ts';
import { TcpClient } from '../net/tcp-client.ts';
import { WebSocketClient } from '../net/web-socket-client.ts';
import { FloodGauge } from './flood-gauge.ts';
import { lineProtocols } from './line-protocols.ts';

export interface AgentLineSeat {
  readonly lineId: LineId;
  readonly options: AgentLineOptions;
  readonly call: LineCall;
  readonly leg: Leg;
  readonly onEvent: (event: MediaEvent) => void;
  readonly onOver: () => void;
  readonly timers: Timers;
  readonly connect: Connect;
}

/** Opens a connection; tests have one of their own. */
export type Connect = (options: AgentLineOptions, receiver: ConnectionReceiver) => AgentConnection;

export const connectAgent: Connect = ({ target, connectTimeoutMs }, receiver) =>
  target.kind === 'websocket'
    ? new WebSocketClient({ ...target, connectTimeoutMs }, receiver)
    : new TcpClient({ ...target, connectTimeoutMs }, receiver);

/**
 * A leg's line to one agent: joins the agent's connection, the protocol spoken on it and the leg's audio. Whatever
 * becomes of the backend, the line is over within `connectTimeoutMs`, or the two seconds of liveness, of its fault.
 */
export class AgentLine implements Line, ConnectionReceiver {
  /** Pieces of the caller that the agent did not take in time. */
  dropped = 0;
  readonly #seat: AgentLineSeat;
  readonly #audio: LegLine;
  readonly #protocol: LineProtocol;
  readonly #gauge = new FloodGauge();
  #connection: AgentConnection | undefined;
  /** 0 for the first connection. */
  #attempt = 0;
  #isOpen = false;
  #isReady = false;
  #wasReady = false;
  #ended = false;
  /** What the connection's end, the last one, said of itself. */
  #detail: string | undefined;
  /** The agent has gone, and what it said last is being heard out. */
  #isLeaving = false;
  #mostUnsentOctets = 0;
  #ticks = 0;
  #readyAtTicks = 0;
  /** By then the line has to be ready, or ready again. */
  #cancelReady: (() => void) | undefined;
  #cancelReconnect: (() => void) | undefined;

  constructor(seat: AgentLineSeat) {
    this.#seat = seat;
    const { options, call, leg } = seat;
    const factory = lineProtocols[options.protocol];
    invariant(factory !== undefined, 'agents name protocols of the table');
    this.#audio = new LegLine(options);
    this.#protocol = factory(this, call, options.settings);
    leg.addLine(this.#audio);
    this.#awaitReady();
    this.#connect();
  }

  get lineId(): LineId {
    return this.#seat.lineId;
  }

  // What a protocol may do.

  send(text: string): void {
    this.#connection?.send(text);
  }

  sendOctets(octets: Uint8Array): void {
    this.#connection?.sendOctets(octets);
  }

  ready(audio: LineAudio): void {
    if (this.#ended || this.#isReady) return;
    this.#cancelReady?.();
    const { encoding, rateHz } = audio.toAgent;
    this.#mostUnsentOctets = (MOST_UNSENT_MS * rateHz * (encoding === 'l16' ? 2 : 1)) / 1000;
    this.#audio.ready(audio);
    this.#isReady = true;
    this.#readyAtTicks = this.#ticks;
    if (!this.#wasReady) this.#seat.onEvent({ kind: 'line-opened', lineId: this.lineId });
    this.#wasReady = true;
  }

  play(octets: Uint8Array, reply?: string): void {
    if (!this.#ended && !this.#audio.play(octets, reply)) this.end('flooded');
  }

  flush(): TakenBack {
    const heard = this.#audio.flush();
    this.#seat.leg.handle({ kind: 'flush-queue' }, performance.now());
    return heard;
  }

  heard(): HeardPart {
    return this.#audio.heard();
  }

  mark(name: string): void {
    if (!this.#ended && !this.#audio.mark(name)) this.end('flooded');
  }

  get unheardMs(): number {
    return this.#audio.unheardMs;
  }

  tell(event: AgentLineEvent): void {
    if (!this.#ended) this.#seat.onEvent({ kind: 'line', lineId: this.lineId, event });
  }

  end(reason: AgentLineEnd): void {
    if (this.#ended) return;
    if (reason === 'closed-by-agent' && this.unheardMs > 0) {
      this.#leave();
      return;
    }
    this.#ended = true;
    this.#cancelReady?.();
    this.#cancelReconnect?.();
    this.#seat.leg.removeLine(this.#audio);
    this.#connection?.close(reason);
    this.#seat.onOver();
    this.#seat.onEvent({ kind: 'line-closed', lineId: this.lineId, reason, detail: this.#detail });
  }

  // What its connection tells.

  opened(): void {
    this.#isOpen = true;
    this.#detail = undefined;
    this.#guarded(() => this.#protocol.opened(this.#attempt));
  }

  text(message: string): void {
    if (this.#ended || this.#isLeaving) return;
    if (this.#gauge.floods(message.length)) this.end('flooded');
    else this.#guarded(() => this.#protocol.text(message));
  }

  octets(message: Uint8Array): void {
    if (this.#ended || this.#isLeaving) return;
    try {
      if (this.#gauge.floods(message.length)) this.end('flooded');
      else this.#protocol.octets(message);
    } catch (error) {
      this.#fail(error);
    }
  }

  closed(reason: ConnectionEnd, closeCode: number, detail?: string): void {
    if (this.#ended || this.#isLeaving) return;
    this.#detail = detail;
    this.#connection = undefined;
    this.#isOpen = false;
    const isWorthwhile = this.#wasReady && !this.#isFlapping && !FINAL_ENDS.has(reason);
    if (!isWorthwhile) this.end(reason);
    else this.#guarded(() => this.#reconnect(reason, closeCode));
  }

  // What the leg and the main thread tell.

  /** After each tick: sends the piece of the caller that it completed. */
  transmit(): void {
    if (!this.#isReady) return;
    try {
      for (
        let early = this.#audio.takeEarlyChunk();
        early !== undefined;
        early = this.#audio.takeEarlyChunk()
      ) {
        this.#give(early);
      }
      if (!this.#audio.chunkReady) return;
      this.#audio.chunkReady = false;
      this.#give(this.#audio.chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** When the tick's packets have left: tells what of the agent was heard with them. */
  rest(): void {
    if (this.#isLeaving && this.unheardMs === 0) this.end('closed-by-agent');
    if (!this.#isReady) return;
    try {
      for (let mark = this.#audio.takeMark(); mark !== undefined; mark = this.#audio.takeMark()) {
        this.#protocol.marked(mark.name, mark.outcome);
      }
      if (this.#audio.takeAllHeard()) this.tell(ALL_HEARD);
      this.#ticks += 1;
      if (this.#ticks % TICKS_PER_SECOND !== 0) return;
      this.#gauge.nextSecond();
      this.#protocol.second();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The beat left out so many ticks: the agent gets silence for them, and keeps time. */
  skip(ticks: number): void {
    for (let tick = 0; tick < Math.min(ticks, TICKS_PER_SECOND); tick++) {
      this.#audio.hearNothing();
      this.transmit();
    }
  }

  digit(digit: string, durationMs: number): void {
    if (this.#isReady) this.#guarded(() => this.#protocol.digit(digit, durationMs));
  }

  told(message: unknown): void {
    if (!this.#ended) this.#guarded(() => this.#protocol.told(message));
  }

  /** The call is over, or the agent is. */
  stop(): void {
    if (this.#ended) return;
    if (this.#connection !== undefined) this.#guarded(() => this.#protocol.stop());
    this.end('closed-by-us');
  }

  #give(chunk: Uint8Array): void {
    if (this.#connection === undefined) return;
    if (this.#connection.unsentOctets > this.#mostUnsentOctets) this.dropped += 1;
    else this.#protocol.caller(chunk);
  }

  #connect(): void {
    this.#connection = this.#seat.connect(this.#seat.options, this);
  }

  /** It broke again soon after it was back. */
  get #isFlapping(): boolean {
    return this.#isReady && this.#attempt > 0 && this.#ticks - this.#readyAtTicks < STEADY_TICKS;
  }

  #reconnect(reason: ConnectionEnd, closeCode: number): void {
    if (this.#isReady) {
      this.#isReady = false;
      this.#audio.unready();
      this.#awaitReady();
    }
    const answer = this.#protocol.lost(closeCode, this.#attempt);
    if (answer === 'give-up') {
      this.end(reason);
      return;
    }
    this.#attempt += 1;
    this.#cancelReconnect = this.#seat.timers.schedule(answer.reconnectInMs, () => this.#connect());
  }

  /** A goodbye comes faster than it is spoken, and the end of the connection right behind it. */
  #leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#connection?.close('closed-by-agent');
    this.#connection = undefined;
    this.#cancelReady?.();
    this.#cancelReady = this.#seat.timers.schedule(LONGEST_LEAVING_MS, () => {
      this.#audio.flush();
      this.end('closed-by-agent');
    });
  }

  #awaitReady(): void {
    this.#cancelReady?.();
    this.#cancelReady = this.#seat.timers.schedule(this.#seat.options.connectTimeoutMs, () =>
      this.#tooLate(),
    );
  }

  #tooLate(): void {
    if (this.#wasReady) this.end('connection-lost');
    else this.end(this.#isOpen ? 'not-ready' : 'connect-timed-out');
  }

  /** What a protocol throws is a bug of ours: it ends the call. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.end('protocol-error');
    const message = error instanceof Error ? error.message : String(error);
    this.#seat.onEvent({ kind: 'failed', message });
  }
}

/** After these another connection would fare no better, or come too late. */
const FINAL_ENDS: ReadonlySet<ConnectionEnd> = new Set([
  'bad-url',
  'flooded',
  'message-too-large',
  'protocol-error',
  'unresponsive',
]);
const ALL_HEARD: AgentLineEvent = { kind: 'all-heard' };
/** Of audio: what is later than this is better left out. */
const MOST_UNSENT_MS = 200;
const TICKS_PER_SECOND = 50;
/** A connection that has held for ten seconds is worth another when it breaks. */
const STEADY_TICKS = 500;
/** Nobody can interrupt an agent that has gone. */
const LONGEST_LEAVING_MS = 30_000;
