import type { AgentCommand, AgentFailure } from '../agent/agent.ts';
import { lineFailure } from '../agent/voice-agent/line-failure.ts';
import type { AgentLineEnd, AgentLineOptions, LineCallFacts, LineId } from '../audio/agent-line.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand, MediaEvent } from '../media/command.ts';
import type { ConversationStates } from './conversation-states.ts';
import type { CallMetrics } from './metrics.ts';

export interface AgentLinesOptions {
  readonly call: LineCallFacts;
  readonly states: ConversationStates;
  readonly metrics: CallMetrics;
  readonly log: Logger;
  readonly send: (command: MediaCommand) => void;
  /** A line without which the agent cannot serve the call is over. */
  readonly onVitalEnd: (reason: AgentFailure) => void;
}

type LineCommand = Extract<AgentCommand, { kind: 'open-line' | 'tell-line' | 'close-line' }>;
export type LineEvent = Extract<MediaEvent, { kind: 'line-opened' | 'line' | 'line-closed' }>;

interface OpenLine {
  readonly protocol: string;
  readonly host: string | undefined;
  readonly isVital: boolean;
}

/** The lines of one session between its leg and agents that take and give audio. */
export class AgentLines {
  readonly #options: AgentLinesOptions;
  readonly #open = new Map<LineId, OpenLine>();

  constructor(options: AgentLinesOptions) {
    this.#options = options;
  }

  carryOut(command: LineCommand): void {
    const { send, call } = this.#options;
    if (command.kind === 'open-line') {
      const { lineId, options, vital: isVital } = command;
      this.#open.set(lineId, { protocol: options.protocol, host: hostOf(options.target), isVital });
      send({ kind: 'open-line', lineId, options, call });
      return;
    }
    if (command.kind === 'close-line') this.#closed(command.lineId, 'closed-by-us');
    send(command);
  }

  /** What it tells goes to the agent too, by whoever calls. */
  handle(event: LineEvent): void {
    const { log, onVitalEnd } = this.#options;
    const { lineId } = event;
    const line = this.#open.get(lineId);
    if (line === undefined) return;
    const { protocol, host } = line;
    if (event.kind === 'line-opened') log.info({ lineId, protocol, host }, "the agent's line is open");
    else if (event.kind === 'line') this.#follow(event.event);
    else {
      const { reason, detail } = event;
      this.#closed(lineId, reason);
      log.info({ lineId, protocol, host, reason, detail }, "the agent's line is closed");
      if (line.isVital) onVitalEnd(lineFailure(reason));
    }
  }

  digit(digit: string, durationMs: number): void {
    if (this.#open.size > 0) this.#options.send({ kind: 'tell-digit', digit, durationMs });
  }

  closeAll(): void {
    for (const lineId of this.#open.keys()) this.carryOut({ kind: 'close-line', lineId });
  }

  /** The call is over, and with its leg every line. */
  end(): void {
    for (const lineId of this.#open.keys()) this.#closed(lineId, 'closed-by-us');
  }

  /** Counted once, whoever is the first to end it. */
  #closed(lineId: LineId, reason: AgentLineEnd): void {
    const line = this.#open.get(lineId);
    if (line === undefined) return;
    this.#open.delete(lineId);
    this.#options.metrics.agentLineEnded(line.protocol, reason);
  }

  /** Who is at it, as the backend sees it; that it speaks is known from the sound. */
  #follow(event: Extract<LineEvent, { kind: 'line' }>['event']): void {
    const { states } = this.#options;
    switch (event.kind) {
      case 'caller-began':
        states.callerBegan();
        return;
      case 'caller-ended':
        // While the agent goes on it was no more than an "uh-huh".
        states.callerEnded(states.state === 'speaking' ? 'noise' : 'words');
        return;
      case 'agent-thinks':
        states.agentThinks();
        return;
      default:
        return;
    }
  }
}

/** Where the agent is, without what an address may hold of secrets. */
function hostOf(target: AgentLineOptions['target']): string | undefined {
  if (target.kind === 'tcp')
    return target.host.includes(':') ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
  return URL.canParse(target.url) ? new URL(target.url).host : undefined;
}
