import type { Timers } from '../../clock.ts';
import type { ProviderRefusal } from '../provider-failure.ts';
import type { Connect, ProviderConnection } from './provider-socket.ts';
import type { RecognitionFailure } from './recognizer.ts';
import type { ProtocolEvent, StreamingProtocol, WireMessage } from './streaming-protocol.ts';

export interface ProviderLinkOptions {
  /** A new one for each connection. */
  readonly createProtocol: () => StreamingProtocol;
  readonly connect: Connect;
  readonly timers: Timers;
  /** A connection stands: what is pending is to be sent from its start. */
  readonly onOpened: () => void;
  readonly onEvent: (event: Exclude<ProtocolEvent, { kind: 'failed' }>) => void;
  /** `lasting`: there will be no further connection. */
  readonly onFailed: (reason: RecognitionFailure, lasting: boolean) => void;
  /** Whether something waits for an answer, so that a lost connection is made again at once. */
  readonly isNeeded: () => boolean;
  /** Whether audio is on its way, which keeps a connection alive by itself. */
  readonly isSpeaking: () => boolean;
}

/**
 * The connection to a provider, made again when it is lost: at once while it is needed, later and later when it keeps
 * being lost, and otherwise when somebody speaks.
 */
export class ProviderLink {
  readonly #options: ProviderLinkOptions;
  #current: { readonly connection: ProviderConnection; readonly protocol: StreamingProtocol } | undefined;
  #isOpen = false;
  #isOver = false;
  /** Connections lost in a row before they said anything. */
  #losses = 0;
  #badMessages = 0;
  #cancelRetry: (() => void) | undefined;
  #cancelKeepAlive: (() => void) | undefined;

  constructor(options: ProviderLinkOptions) {
    this.#options = options;
  }

  /** The protocol of the connection that stands now. */
  get protocol(): StreamingProtocol | undefined {
    return this.#isOpen ? this.#current?.protocol : undefined;
  }

  /** Connects, unless that is done or on its way. */
  ensure(): void {
    if (this.#isOver || this.#current !== undefined || this.#cancelRetry !== undefined) return;
    const { createProtocol, connect } = this.#options;
    const protocol = createProtocol();
    this.#badMessages = 0;
    const connection: ProviderConnection = connect(protocol, {
      opened: () => this.#opened(protocol),
      message: (message) => this.#receive(protocol, message),
      ended: (end) => this.#ended(end),
    });
    this.#current = { connection, protocol };
  }

  send(messages: readonly WireMessage[]): void {
    if (!this.#isOpen || this.#current === undefined) return;
    const { connection } = this.#current;
    for (const message of messages) connection.send(message);
    if (connection.unsentOctets > MOST_UNSENT_OCTETS) this.lose('overloaded');
  }

  /** Gives up the connection, if there is one, as one that has failed. */
  lose(reason: RecognitionFailure): void {
    if (this.#current === undefined) return;
    this.#current.connection.close();
    this.#ended({ reason, lasting: false });
  }

  close(): void {
    this.#isOver = true;
    this.#cancelRetry?.();
    if (this.#current === undefined) return;
    this.send(this.#current.protocol.farewell());
    this.#current?.connection.close();
    this.#forget();
  }

  #opened(protocol: StreamingProtocol): void {
    this.#isOpen = true;
    this.#keepAlive(protocol);
    this.#options.onOpened();
  }

  #keepAlive({ keepAlive }: StreamingProtocol): void {
    if (keepAlive === undefined) return;
    const beat = () => {
      if (!this.#options.isSpeaking()) this.send([keepAlive.message]);
      this.#cancelKeepAlive = this.#options.timers.schedule(keepAlive.everyMs, beat);
    };
    this.#cancelKeepAlive = this.#options.timers.schedule(keepAlive.everyMs, beat);
  }

  #receive(protocol: StreamingProtocol, message: WireMessage): void {
    for (const event of protocol.receive(message)) {
      if (this.#current?.protocol !== protocol) return;
      if (event.kind === 'failed') this.#failed(event.reason, event.lasting);
      else {
        this.#losses = 0;
        this.#options.onEvent(event);
      }
    }
  }

  /** A message that means nothing is passed over; a connection that says little else is given up. */
  #failed(reason: RecognitionFailure, lasting: boolean): void {
    if (reason === 'bad-response' && !lasting) {
      this.#badMessages += 1;
      if (this.#badMessages < MOST_BAD_MESSAGES) {
        this.#options.onFailed(reason, false);
        return;
      }
    }
    this.#current?.connection.close();
    this.#ended({ reason, lasting });
  }

  #ended({ reason, lasting }: ProviderRefusal): void {
    const { isNeeded, onFailed, timers } = this.#options;
    const hadOpened = this.#isOpen;
    this.#forget();
    if (this.#isOver) return;
    if (lasting) this.#isOver = true;
    // Providers close what is idle; that is no failure, and no reason to connect before somebody speaks.
    if (lasting || isNeeded() || !hadOpened) onFailed(reason, lasting);
    if (this.#isOver || !isNeeded()) return;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** this.#losses, LONGEST_RETRY_MS);
    this.#losses += 1;
    this.#cancelRetry = timers.schedule(delayMs, () => {
      this.#cancelRetry = undefined;
      this.ensure();
    });
  }

  #forget(): void {
    this.#current = undefined;
    this.#isOpen = false;
    this.#cancelKeepAlive?.();
  }
}

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 5000;
const MOST_BAD_MESSAGES = 5;
/** Half a minute of 16-bit samples at 8 kHz: the network takes nothing any more. */
const MOST_UNSENT_OCTETS = 480_000;
