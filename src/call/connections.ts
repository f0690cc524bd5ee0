/** The calls to others of one session whose agent stays: one connection at a time. */
import type { AgentEvent, SessionInfo, TrackCommand } from '../agent/agent.ts';
import type { MediaCommand } from '../media/command.ts';
import { Backdrop, type BackdropOptions } from './backdrop.ts';
import { type ConnectCommand, Connection } from './connection.ts';
import { RingingSound } from './ringing-sound.ts';
import type { SessionCall } from './session-call.ts';

export interface ConnectionsOptions extends BackdropOptions {
  readonly call: SessionCall;
  readonly info: SessionInfo;
  readonly tell: (event: AgentEvent) => void;
  /** The caller talks to somebody else from now on, or no longer. */
  readonly onConnected: (isConnected: boolean) => void;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  #current: Connection | undefined;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  connect(command: ConnectCommand): void {
    if (this.#current === undefined) this.#connect(command);
    else this.#refuse(command);
  }

  disconnect(connectionId: number): void {
    if (this.#current?.id === connectionId) this.#current.end('us');
  }

  farTrack(connectionId: number, command: TrackCommand): void {
    if (this.#current?.id === connectionId) this.#current.farTrack(command);
  }

  /** The caller pressed a key. */
  pressed(digit: string): void {
    this.#current?.pressed(digit);
  }

  end(by: 'caller' | 'us', reason: string | undefined): void {
    this.#current?.end(by, reason);
  }

  #connect(command: ConnectCommand): void {
    const { call, info, flow, tell, onConnected } = this.#options;
    const { whileRinging, callerIdName, callerIdNumber } = command;
    const send = (it: MediaCommand) => call.line.send(it);
    const sound = typeof whileRinging === 'string' ? undefined : whileRinging;
    const country = flow.ringing?.country ?? 'de';
    let isJoined = false;
    const connection = new Connection({
      ...this.#options,
      command,
      caller: { name: callerIdName, number: callerIdNumber ?? (info.from || info.phoneNumber) },
      ringing:
        whileRinging === 'as-it-is'
          ? undefined
          : new RingingSound({ ...this.#options, send, country, sound }),
      backdropFor: (sendFar, rateHz) => new Backdrop({ ...this.#options, send: sendFar, rateHz }),
      tell,
      onJoined: () => {
        isJoined = true;
        onConnected(true);
      },
      onOver: () => {
        this.#current = undefined;
        if (isJoined) onConnected(false);
      },
    });
    this.#current = connection;
    connection.start();
  }

  #refuse({ connectionId, targets }: ConnectCommand): void {
    this.#options.log.warn({ connectionId }, 'the caller is being connected already');
    for (const target of targets.keys())
      this.#options.tell({
        kind: 'connection',
        connectionId,
        target,
        state: 'failed',
        statusCode: REQUEST_PENDING,
        callId: '',
      });
  }
}

const REQUEST_PENDING = 491;
