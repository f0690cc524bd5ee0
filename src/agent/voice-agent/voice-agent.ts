/**
 * The main thread's half of every voice-agent API: opens the line on which its protocol is spoken, carries out the tools
 * that the flow allows, and writes down what is said. The audio stays in the media worker.
 */
import type { AgentLineEvent, AgentLineOptions } from '../../audio/agent-line.ts';
import { systemClock, type Timers } from '../../clock.ts';
import type { Agent, AgentEvent, AgentFactory, AgentHost, SessionInfo } from '../agent.ts';
import { type ToolAction, type ToolRules, toolAction, toolDefinitions } from './built-in-tools.ts';
import { Farewell } from './farewell.ts';
import { KeyEntry } from './key-entry.ts';
import { endWithLine, type LineClosing } from './line-failure.ts';
import { parseOutsideActions } from './outside-actions.ts';
import type { ToolDefinition, VoiceAgentTold } from './told.ts';

export interface VoiceAgentOptions {
  readonly lineFor: (session: SessionInfo, tools: readonly ToolDefinition[]) => AgentLineOptions;
  readonly tools: ToolRules;
  readonly digits: DigitsRule;
  /** Absent: a backend that closes the connection is gone. */
  readonly whenClosed?: LineClosing;
  readonly timers?: Timers;
}

/** What flows may say of each voice agent, whoever makes it. */
export interface VoiceAgentTerms {
  /** Of everything that has to be done until the agent is there. */
  readonly connectTimeoutMs: number;
  readonly tools: ToolRules;
  readonly digits: DigitsRule;
}

/** What becomes of keys that the caller presses: the agent is told of them in words, or not at all. */
export type DigitsRule = 'ignore' | 'as-text';

export function createVoiceAgent(options: VoiceAgentOptions): AgentFactory {
  return (host) => new VoiceAgent(host, options);
}

class VoiceAgent implements Agent {
  readonly listens: boolean = false;
  /** Whether it is being heard decides when a goodbye is over. */
  readonly followsState: boolean = true;
  readonly #host: AgentHost;
  readonly #options: VoiceAgentOptions;
  readonly #farewell: Farewell;
  readonly #keys: KeyEntry;
  #isOpen = false;
  /** What the agent is to be told as soon as it is there; undefined: it is. */
  #waiting: VoiceAgentTold[] | undefined = [];
  /** The tool call that has sent the caller away. */
  #transferCallId: string | undefined;
  #lastSoundId = 0;

  constructor(host: AgentHost, options: VoiceAgentOptions) {
    this.#host = host;
    this.#options = options;
    const timers = options.timers ?? systemClock;
    this.#farewell = new Farewell(timers);
    this.#keys = new KeyEntry(timers, (keys) => this.#entered(keys));
  }

  handle(event: AgentEvent): void {
    switch (event.kind) {
      case 'started':
        if (this.#isOpen) this.#cameBack();
        else this.#open();
        return;
      case 'state-changed':
        this.#farewell.stateChanged(event.state);
        return;
      case 'line-opened':
        this.#opened();
        return;
      case 'digit':
        if (this.#options.digits === 'as-text') this.#keys.press(event.digit);
        return;
      case 'line':
        this.#follow(event.event);
        return;
      case 'line-closed':
        if (!this.#isVital) endWithLine(this.#host, event.reason, 'hang-up');
        return;
      case 'ended':
        this.#farewell.cancel();
        this.#keys.cancel();
        return;
      default:
        return;
    }
  }

  takeFromApi(body: unknown): { readonly accepted: number; readonly mistakes: readonly string[] } {
    const { actions, mistakes } = parseOutsideActions(body);
    for (const action of actions) {
      if (action.kind === 'hang-up') this.#host.submit([action]);
      else this.#tell(action);
    }
    return { accepted: actions.length, mistakes };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get #isVital(): boolean {
    return this.#options.whenClosed !== 'hang-up';
  }

  #open(): void {
    const { lineFor, tools } = this.#options;
    this.#isOpen = true;
    const options = lineFor(this.#host.session, toolDefinitions(tools));
    this.#host.submit([{ kind: 'open-line', lineId: LINE_ID, options, vital: this.#isVital }]);
  }

  #opened(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const message of waiting) this.#tell(message);
  }

  #entered(keys: string): void {
    this.#tell({
      kind: 'from-caller',
      text: `I have pressed these keys on my telephone: ${[...keys].join(' ')}`,
    });
  }

  #follow(event: AgentLineEvent): void {
    const { log } = this.#host;
    switch (event.kind) {
      case 'caller-said':
        log.info({ event: event.kind, text: shortened(event.text) }, 'agent event');
        return;
      case 'agent-said':
        log.info(
          { event: event.kind, text: shortened(event.text), interrupted: event.interrupted },
          'agent event',
        );
        return;
      case 'interrupted':
        log.info({ event: event.kind, heardMs: Math.round(event.heardMs) }, 'agent event');
        this.#stay();
        return;
      case 'tool-call':
        log.info({ event: event.kind, tool: event.name, toolCallId: event.callId }, 'agent event');
        this.#callTool(event);
        return;
      case 'all-heard':
        this.#farewell.allHeard();
        return;
      case 'warning':
        log.warn({ warning: shortened(event.text) }, 'the agent complains');
        return;
      default:
        return;
    }
  }

  #callTool({ callId, name, arguments: given }: Extract<AgentLineEvent, { kind: 'tool-call' }>): void {
    const action = toolAction(name, given, this.#options.tools, ++this.#lastSoundId);
    if (!action.ok) {
      this.#host.log.warn(
        { tool: name, reason: action.reason },
        'a tool call of the agent is not carried out',
      );
      this.#answer(callId, { error: action.reason }, false);
      return;
    }
    this.#carryOut(callId, action.value);
  }

  #carryOut(callId: string, { kind, command }: ToolAction): void {
    if (kind === 'at-once') {
      this.#host.submit([command]);
      this.#answer(callId, { ok: true }, false);
      return;
    }
    // Who is passed on gets a result only when nobody takes the call.
    if (command.kind === 'transfer') this.#transferCallId = callId;
    else this.#answer(callId, { ok: true }, true);
    this.#farewell.begin(() => this.#host.submit([command]));
  }

  /** Who interrupts a goodbye has something to say: the agent has its turn back, and decides anew. */
  #stay(): void {
    if (!this.#farewell.isPending) return;
    this.#farewell.cancel();
    const callId = this.#transferCallId;
    this.#transferCallId = undefined;
    if (callId !== undefined) this.#answer(callId, { error: 'interrupted' }, true);
  }

  /** Nobody has taken the caller. */
  #cameBack(): void {
    const callId = this.#transferCallId;
    this.#transferCallId = undefined;
    if (callId !== undefined) this.#answer(callId, { error: 'nobody-answered' }, false);
  }

  #answer(callId: string, output: { readonly error?: string; readonly ok?: true }, isLast: boolean): void {
    this.#tell({
      kind: 'tool-result',
      callId,
      output: JSON.stringify(output),
      isError: output.error !== undefined,
      isLast,
    });
  }

  #tell(message: VoiceAgentTold): void {
    if (this.#waiting === undefined) this.#host.submit([{ kind: 'tell-line', lineId: LINE_ID, message }]);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(message);
  }
}

function shortened(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}... (${text.length} characters)` : text;
}

const LONGEST_TEXT = 500;
const MOST_WAITING = 20;
/** There is but one. */
const LINE_ID = 1;
