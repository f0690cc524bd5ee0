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
import type { Logger } from '../logger.ts';
import type { MediaEvent } from '../media/command.ts';
import { AgentLines } from './agent-lines.ts';
import { AnswerGate } from './answer-gate.ts';
import { Backdrop, voiceIn } from './backdrop.ts';
import type { DigitWay } from './call-line.ts';
import { Connections } from './connections.ts';
import { ConversationStates } from './conversation-states.ts';
import { extraHeaders } from './extra-headers.ts';
import { Handovers } from './handovers.ts';
import { Playback } from './playback.ts';
import { noReply, type ReplyRules } from './playback-item.ts';
import { referredByOf, referTarget } from './refer-transfer.ts';
import type { SessionOptions } from './session-options.ts';
import { TurnTaking } from './turn-taking.ts';

export class Session implements AgentHost {
  readonly session: SessionInfo;
  readonly log: Logger;
  readonly #options: SessionOptions;
  readonly #playback: Playback;
  readonly #backdrop: Backdrop;
  readonly #states: ConversationStates;
  readonly #turns: TurnTaking;
  readonly #lines: AgentLines;
  readonly #gate: AnswerGate;
  readonly #handovers: Handovers;
  readonly #connections: Connections;
  readonly #agent: Agent;
  /** The caller's side has been asked to call somebody, and has not said how that went. */
  #isReferring = false;
  /** `away`: the caller is on the way to somebody else; `left`: is there, for good. */
  #state: 'serving' | 'away' | 'left' | 'falling-back' | 'ended' = 'serving';

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
    this.#gate = new AnswerGate(options.call, options.isRinging);
    this.#handovers = new Handovers({
      ...options,
      onLeaving: () => this.#leave(),
      onComeBack: () => this.#comeBack(),
      onJoined: () => this.#left(),
    });
    this.#connections = new Connections({
      ...options,
      tell: (event) => this.#tell(event),
      onConnected: (isConnected) => {
        if (isConnected) this.#turns.leave();
        else if (this.#state === 'serving') this.#turns.comeBack();
      },
    });
    this.#agent = options.flow.agent(this);
  }

  /** Whether what ends the call now ends a transfer. */
  get isTransferred(): boolean {
    return this.#handovers.isTransferred;
  }

  /** Nobody has answered: that is for the agent to do. */
  ring(): void {
    this.#tell({ kind: 'ringing' });
  }

  /** The caller can hear and be heard. */
  start(): void {
    this.#backdrop.start();
    if (this.#agent.listens && this.#state === 'serving') this.#turns.listen();
    const waiting = this.#gate.open();
    if (this.#state === 'falling-back') this.#announceFailure();
    else if (waiting.length > 0) this.submit(waiting);
    this.#tell({ kind: 'started' });
  }

  digit(digit: string, durationMs: number = USUAL_DIGIT_MS, way: DigitWay = 'audio'): void {
    if (way === 'signalling') this.#handovers.pressed(digit);
    if (way === 'signalling') this.#connections.pressed(digit);
    if (this.#state === 'away' || this.#state === 'left') return;
    this.#turns.digit(digit);
    this.#lines.digit(digit, durationMs);
  }

  /** How a REFER of ours fares. */
  handleReferred(statusCode: number, isFinal: boolean): void {
    this.#handovers.handleReferred(statusCode, isFinal);
    if (!this.#isReferring) return;
    this.#tell({ kind: 'referred', statusCode, isFinal });
    if (!isFinal) return;
    this.#isReferring = false;
    if (statusCode < 300) this.#options.call.hangUp('transferred');
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
    if (this.#state !== 'serving') {
      if (batch.some(({ kind }) => kind === 'hang-up')) this.#options.call.hangUp('agent-hung-up');
      else this.#options.log.warn({ commands: batch.length }, 'the caller is with somebody else');
      return;
    }
    this.#guarded(() => {
      if (batch.length > 0) this.#turns.agentActed();
      let queuedId: number | undefined;
      const passed = this.#gate.pass(batch);
      for (const [index, command] of passed.entries()) {
        // A command before it may have ended the call, or sent the caller away.
        if (this.#state !== 'serving') {
          this.submit(passed.slice(index));
          return;
        }
        queuedId = this.#carryOut(command, queuedId);
      }
    });
  }

  /** What an app sent over the HTTP API; undefined where its agent takes nothing there. */
  takeFromApi(body: unknown): ReturnType<NonNullable<Agent['takeFromApi']>> | undefined {
    return this.#agent.takeFromApi?.(body);
  }

  fail(reason: AgentFailure): void {
    if (this.#state === 'serving' || this.#state === 'away') this.#guarded(() => this.#fallBack(reason));
  }

  /** The call is over, whoever ended it. Resolves when the agent has been told, or is given up. */
  end(cause: EndCause, reason?: string): Promise<void> {
    if (this.#state === 'ended') return Promise.resolve();
    this.#guarded(() => this.#handovers.end(reason));
    this.#guarded(() => this.#connections.end(cause === 'caller-hung-up' ? 'caller' : 'us', reason));
    this.#guarded(() => this.#turns.close());
    this.#lines.end();
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

  /** A caller who is on the way to somebody else already goes on there; what comes after has nobody to come back to. */
  #fallBack(reason: AgentFailure): void {
    const wasAway = this.#state === 'away';
    this.#state = 'falling-back';
    const { metrics, log } = this.#options;
    metrics.agentFailed(reason);
    log.error({ reason }, 'the agent cannot serve the call: going to the fallback');
    this.#turns.close();
    this.#lines.closeAll();
    this.#connections.end('us', undefined);
    if (wasAway) return;
    this.#backdrop.stateChanged('idle');
    this.#playback.interrupt();
    if (this.#gate.isOpen) this.#announceFailure();
    else this.#gate.answer();
  }

  #announceFailure(): void {
    const { flow, call } = this.#options;
    const id =
      flow.fallbackAnnouncement === ''
        ? undefined
        : this.#playback.say({ text: flow.fallbackAnnouncement, format: 'text' }, flow.voice, noReply);
    const { fallbackTransferTo: target } = flow;
    this.#playback.afterItem(id, () => {
      if (target === undefined) call.hangUp('agent-failed');
      else this.#handovers.transfer({ target, ...noCallerId, timeoutMs: undefined });
    });
  }

  #leave(): void {
    if (this.#state === 'serving') this.#state = 'away';
    this.#playback.clear();
    this.#turns.leave();
    this.#options.send({ kind: 'hush-lines', enabled: true });
    this.#backdrop.hush(true);
  }

  #comeBack(): void {
    if (this.#state === 'falling-back') {
      this.#options.call.hangUp('agent-failed');
      return;
    }
    this.#state = 'serving';
    this.#options.send({ kind: 'hush-lines', enabled: false });
    this.#backdrop.hush(false);
    this.#turns.comeBack();
    this.#tell({ kind: 'started' });
  }

  #left(): void {
    this.#state = 'left';
    this.#lines.closeAll();
    this.#options.send({ kind: 'echo', enabled: false });
    this.#backdrop.stop();
  }

  #refer({ target, referredBy, headers: asked }: Extract<AgentCommand, { kind: 'refer' }>): void {
    const { call, metrics } = this.#options;
    const uri = referTarget(call, target, metrics);
    if (typeof uri !== 'string') {
      this.#tell({ kind: 'referred', statusCode: uri.statusCode, isFinal: true });
      return;
    }
    this.#isReferring = true;
    const { headers } = extraHeaders(asked);
    const by = referredBy === undefined ? undefined : referredByOf(referredBy);
    call.line.refer(uri, { headers, referredBy: by });
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
        this.#playback.afterItem(queuedId, () =>
          this.#options.call.hangUp('agent-hung-up', { headers: extraHeaders(command.headers).headers }),
        );
        return queuedId;
      case 'loop':
      case 'stop-loop':
      case 'play-on-track':
      case 'adjust-track':
      case 'amplify':
        this.#backdrop.carryOut(command, (event) => this.#tell(event));
        return queuedId;
      case 'think':
        this.#states.agentThinks();
        return queuedId;
      case 'transfer':
        this.#playback.afterItem(queuedId, () => this.#handovers.transfer(command));
        return queuedId;
      case 'connect':
        this.#playback.afterItem(queuedId, () => this.#connections.connect(command));
        return queuedId;
      case 'disconnect':
        this.#connections.disconnect(command.connectionId);
        return queuedId;
      case 'far-track':
        this.#connections.farTrack(command.connectionId, command.command);
        return queuedId;
      case 'refer':
        this.#playback.afterItem(queuedId, () => this.#refer(command));
        return queuedId;
      case 'answer':
      case 'answer-early':
        return queuedId;
      case 'decline':
        log.warn({ command: command.kind }, 'the call is answered already');
        return queuedId;
      case 'send-digits':
        send({ kind: 'send-digits', digits: command.digits, durationMs: command.durationMs });
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
const noCallerId = { callerIdName: undefined, callerIdNumber: undefined };
