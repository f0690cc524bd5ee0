/**
 * One caller, one agent, from answer to end: carries out the agent's commands on the leg and tells the agent what
 * happens. It knows no SIP and no agent protocol.
 */
import { randomUUID } from 'node:crypto';
import type {
  Agent,
  AgentCommand,
  AgentEvent,
  AgentFailure,
  AgentHost,
  ConversationState,
  EndCause,
  SessionInfo,
} from '../agent/agent.ts';
import type { Clock, Timers } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand, MediaEvent } from '../media/command.ts';
import type { ClipStore } from '../sound/clip-store.ts';
import type { Listener } from '../speech/listener.ts';
import type { Synthesizer } from '../speech/tts/synthesizer.ts';
import { AgentLines } from './agent-lines.ts';
import { Backdrop, voiceIn } from './backdrop.ts';
import { ConversationStates } from './conversation-states.ts';
import type { CallFlow } from './flow.ts';
import type { CallMetrics } from './metrics.ts';
import { Playback } from './playback.ts';
import { noReply, type ReplyRules } from './playback-item.ts';
import { TurnTaking } from './turn-taking.ts';

/** The parts of the house that every session shares. */
export interface SessionServices {
  readonly synthesizer: Synthesizer;
  /** Absent: nobody is listened to. */
  readonly listener?: Listener | undefined;
  readonly clips: ClipStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics: CallMetrics;
  /** 0 to 1. */
  readonly random: () => number;
}

export interface SessionOptions extends SessionServices {
  readonly info: SessionInfo;
  /** The SIP Call-ID, for the log. */
  readonly callId: string;
  readonly flow: CallFlow;
  readonly rateHz: number;
  readonly log: Logger;
  readonly send: (command: MediaCommand) => void;
  /** What sounds behind the voice already; absent: it begins with the session. */
  readonly backdrop?: Backdrop | undefined;
  /** The session wants the call to end. */
  readonly hangUp: (cause: EndCause) => void;
  /** Something threw where no caller of ours would notice. What the timers run is guarded already. */
  readonly onBug: (error: unknown) => void;
}

export class Session implements AgentHost {
  readonly session: SessionInfo;
  readonly log: Logger;
  readonly #options: SessionOptions;
  readonly #playback: Playback;
  readonly #backdrop: Backdrop;
  readonly #states: ConversationStates;
  readonly #turns: TurnTaking;
  readonly #lines: AgentLines;
  readonly #agent: Agent;
  #state: 'serving' | 'falling-back' | 'ended' = 'serving';

  constructor(options: SessionOptions) {
    this.#options = options;
    this.session = options.info;
    this.log = options.log;
    this.#playback = new Playback({
      ...options,
      onSpeaking: (script, durationMs, startedAtMs) =>
        this.#tell({ kind: 'speaking', script, durationMs, startedAtMs }),
      onStarted: (rules) => this.#turns.utteranceStarted(rules),
      onSpoken: (rules, outcome) => this.#turns.utteranceEnded(rules, outcome),
      onSpeechStarted: (elapsedMs) => options.metrics.speechStarted(elapsedMs),
      onSpeechFailed: () => options.metrics.speechFailed(),
    });
    this.#backdrop = options.backdrop ?? new Backdrop(options);
    this.#states = new ConversationStates({
      timers: options.timers,
      onChange: (state) => this.#follow(state),
    });
    this.#turns = new TurnTaking({
      ...options,
      listener: options.listener,
      listening: options.flow.listening,
      playback: this.#playback,
      states: this.#states,
      followsTranscript: () => this.#agent.followsTranscript === true,
      tell: (event) => this.#tell(event),
    });
    this.#lines = new AgentLines({
      ...options,
      call: { ...options.info, sessionId: options.info.id, callId: options.callId },
      states: this.#states,
      onVitalEnd: (reason) => this.fail(reason),
    });
    this.#agent = options.flow.agent(this);
  }

  /** The caller can hear and be heard. */
  start(): void {
    this.#backdrop.start();
    if (this.#agent.listens && this.#state === 'serving') this.#turns.listen();
    this.#tell({ kind: 'started' });
  }

  digit(digit: string, durationMs: number = USUAL_DIGIT_MS): void {
    this.#turns.digit(digit);
    this.#lines.digit(digit, durationMs);
  }

  /** The caller put us on hold, or took us back: what comes meanwhile is not the caller's voice. */
  hold(isHeld: boolean): void {
    this.#playback.hold(isHeld);
    this.#turns.hold(isHeld);
  }

  handleMedia(event: MediaEvent): void {
    switch (event.kind) {
      case 'playout-started':
      case 'playout-ended':
        this.#playback.handle(event);
        return;
      case 'digit':
        this.digit(event.digit, event.durationMs);
        return;
      case 'line-opened':
      case 'line':
      case 'line-closed':
        this.#lines.handle(event);
        this.#tell(event);
        return;
      case 'track-ended':
        this.#backdrop.handleMedia(event);
        return;
      case 'voice':
        if (event.isSpeaking) this.#states.agentBegan();
        else this.#states.agentEnded(false);
        return;
      default:
        return;
    }
  }

  submit(batch: readonly AgentCommand[]): void {
    if (this.#state === 'ended') {
      this.#options.log.warn({ commands: batch.length }, 'commands for a session that has ended are dropped');
      return;
    }
    if (this.#state === 'falling-back') return;
    this.#guarded(() => {
      if (batch.length > 0) this.#turns.agentActed();
      let queuedId: number | undefined;
      for (const command of batch) {
        queuedId = this.#carryOut(command, queuedId);
      }
    });
  }

  /** What an app sent over the HTTP API; undefined where its agent takes nothing there. */
  takeFromApi(body: unknown): ReturnType<NonNullable<Agent['takeFromApi']>> | undefined {
    return this.#agent.takeFromApi?.(body);
  }

  fail(reason: AgentFailure): void {
    if (this.#state === 'serving') this.#guarded(() => this.#fallBack(reason));
  }

  /** The call is over, whoever ended it. Resolves when the agent has been told, or is given up. */
  end(cause: EndCause): Promise<void> {
    if (this.#state === 'ended') return Promise.resolve();
    this.#guarded(() => this.#turns.close());
    this.#playback.close();
    this.#backdrop.close();
    this.#state = 'ended';
    this.#guarded(() => this.#agent.handle({ kind: 'ended', cause }));
    return this.#agent.close().catch((error: unknown) => {
      this.#options.log.warn({ error }, 'the agent did not close cleanly');
    });
  }

  /** Runs what an agent asks for or is told; it may come from a promise or a timer of the agent's own. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#options.onBug(error);
    }
  }

  #fallBack(reason: AgentFailure): void {
    this.#state = 'falling-back';
    const { flow, metrics, log, hangUp } = this.#options;
    metrics.agentFailed(reason);
    log.error({ reason }, 'the agent cannot serve the call: going to the fallback');
    this.#turns.close();
    this.#lines.closeAll();
    this.#backdrop.stateChanged('idle');
    this.#playback.interrupt();
    const id =
      flow.fallbackAnnouncement === ''
        ? undefined
        : this.#playback.say({ text: flow.fallbackAnnouncement, format: 'text' }, flow.voice, noReply);
    this.#playback.afterItem(id, () => hangUp('agent-failed'));
  }

  /** Gives back the last queued item of the batch, which a hang-up behind it waits for. */
  #carryOut(command: AgentCommand, queuedId: number | undefined): number | undefined {
    const { send, log } = this.#options;
    switch (command.kind) {
      case 'say':
        this.#turns.utteranceQueued();
        return (
          this.#playback.say(command.script, voiceIn(this.#options.flow, command.voice), command) ?? queuedId
        );
      case 'play':
        this.#turns.utteranceQueued();
        return this.#playback.play(command.audio, playRules(command), command.fromMs) ?? queuedId;
      case 'interrupt':
        this.#turns.interrupted();
        this.#playback.interrupt();
        return undefined;
      case 'hang-up':
        this.#playback.afterItem(queuedId, () => this.#options.hangUp('agent-hung-up'));
        return queuedId;
      case 'loop':
      case 'stop-loop':
      case 'play-on-track':
      case 'adjust-track':
        this.#backdrop.carryOut(command, (event) => this.#tell(event));
        return queuedId;
      case 'think':
        this.#states.agentThinks();
        return queuedId;
      case 'transfer':
      case 'connect':
      case 'disconnect':
      case 'far-track':
      case 'refer':
        log.warn(
          { command: command.kind },
          'calls to others are not available: the call stays with the agent',
        );
        return queuedId;
      case 'answer':
      case 'answer-early':
      case 'decline':
        log.warn({ command: command.kind }, 'the call is answered already');
        return queuedId;
      case 'send-digits':
        send({ kind: 'send-digits', digits: command.digits });
        return queuedId;
      case 'open-line':
      case 'tell-line':
      case 'close-line':
        // What such an agent says is told by nobody but the mixer.
        if (command.kind === 'open-line' && this.#isStateFollowed)
          send({ kind: 'watch-voice', enabled: true });
        this.#lines.carryOut(command);
        return queuedId;
      case 'listen':
        this.#turns.configure(command);
        return queuedId;
      case 'bridge-echo':
        send({ kind: 'echo', enabled: true });
        return queuedId;
    }
  }

  get #isStateFollowed(): boolean {
    return this.#agent.followsState === true || this.#backdrop.followsState;
  }

  #follow(state: ConversationState): void {
    this.#backdrop.stateChanged(state);
    if (this.#agent.followsState === true) this.#tell({ kind: 'state-changed', state });
  }

  #tell(event: AgentEvent): void {
    if (this.#state === 'serving') this.#agent.handle(event);
  }
}

export function newSessionId(): string {
  return randomUUID();
}

function playRules({ bargeIn, utteranceId }: Extract<AgentCommand, { kind: 'play' }>): ReplyRules {
  return { ...noReply, bargeIn, utteranceId };
}

/** Of a key in a SIP INFO, which need not say. */
const USUAL_DIGIT_MS = 100;
