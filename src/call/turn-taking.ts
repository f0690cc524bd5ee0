/**
 * Who speaks when: joins what the caller says with what is playing. It tells the agent of turns, lets the caller
 * interrupt, and waits for an answer where the agent asked for one.
 */
import type { AgentCommand, AgentEvent } from '../agent/agent.ts';
import type { Clock, Timers } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand } from '../media/command.ts';
import type { HearingEvent, Listener, ListenSettings } from '../speech/listener.ts';
import { BargeIn } from './barge-in.ts';
import type { ConversationStates } from './conversation-states.ts';
import { Hearing } from './hearing.ts';
import { InputTimer } from './input-timer.ts';
import type { CallMetrics } from './metrics.ts';
import type { Forgotten, Playback } from './playback.ts';
import type { Outcome, ReplyRules } from './playback-item.ts';

export interface TurnTakingOptions {
  readonly listener: Listener | undefined;
  readonly listening: ListenSettings;
  /** Whether the agent is told what is understood before the end of a turn. */
  readonly followsTranscript: () => boolean;
  readonly callId: string;
  readonly rateHz: number;
  readonly playback: Playback;
  readonly states: ConversationStates;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics: CallMetrics;
  readonly log: Logger;
  readonly send: (command: MediaCommand) => void;
  readonly tell: (event: AgentEvent) => void;
  /** Something threw over what was heard. */
  readonly onBug: (error: unknown) => void;
}

export class TurnTaking {
  readonly #options: TurnTakingOptions;
  readonly #bargeIn: BargeIn;
  readonly #inputTimer: InputTimer;
  #hearing: Hearing | undefined;
  /** What the caller is saying. */
  #turn: Turn | undefined;
  /** Of the utterance that plays. */
  #playing: ReplyRules | undefined;
  /** What the agent is told once the leg has told how much of an interrupted utterance was heard. */
  #afterCut: AgentEvent[] = [];
  /** When the agent was told what it has not answered yet. */
  #heardAtMs: number | undefined;
  #isHeld = false;
  /** The agent does not want to hear. */
  #isOff = false;
  /** The caller is with somebody else. */
  #isAway = false;
  #isTapped = true;
  #isClosed = false;

  constructor(options: TurnTakingOptions) {
    this.#options = options;
    this.#bargeIn = new BargeIn({ ...options, onBargeIn: () => this.#interrupt() });
    this.#inputTimer = new InputTimer({
      ...options,
      onTimeout: () => options.tell({ kind: 'input-timed-out' }),
    });
  }

  /** Begins to listen, where there is something to listen with. */
  listen(): void {
    const { listener, callId, rateHz, listening: settings, send, log, onBug } = this.#options;
    if (listener === undefined) {
      log.info({}, 'no speech recogniser is configured: the agent is not told what the caller says');
      return;
    }
    const onEvent = (event: HearingEvent) => {
      try {
        this.#hear(event);
      } catch (error) {
        onBug(error);
      }
    };
    this.#hearing = new Hearing({ listener, callId, rateHz, settings, send, onEvent });
  }

  configure(command: Extract<AgentCommand, { kind: 'listen' }>): void {
    if (this.#hearing !== undefined) {
      this.#hearing.configure(command);
      this.#isOff = !(command.isOn ?? !this.#isOff);
      this.#tap();
    } else this.#options.log.warn({ command: command.kind }, 'nobody listens: the command has no effect');
  }

  /** The agent acts, so what an interruption put off is no longer due. */
  agentActed(): void {
    if (this.#turn !== undefined) this.#turn.putOff = undefined;
  }

  utteranceQueued(): void {
    this.#inputTimer.utteranceQueued();
  }

  utteranceStarted(rules: ReplyRules): void {
    const { clock, metrics } = this.#options;
    this.#playing = rules;
    this.#options.states.agentBegan();
    this.#setEndOfTurnSilence(rules);
    this.#bargeIn.playbackStarted(rules.bargeIn);
    if (this.#heardAtMs !== undefined) metrics.replied(clock.nowMs() - this.#heardAtMs);
    this.#heardAtMs = undefined;
    const { utteranceId } = rules;
    if (utteranceId !== undefined) this.#options.tell({ kind: 'utterance-started', utteranceId });
  }

  utteranceEnded(rules: ReplyRules, { cut, playedMs, refusal }: Outcome): void {
    const { playback, log, tell } = this.#options;
    const { utteranceId } = rules;
    // One that never began, as nothing of it could be heard, counts for what is to follow all the same.
    if (this.#playing !== rules) this.#setEndOfTurnSilence(rules);
    this.#playing = undefined;
    this.#options.states.agentEnded(!playback.isIdle);
    this.#bargeIn.playbackEnded();
    if (cut === undefined) this.#inputTimer.utteranceEnded(rules.inputTimeoutMs, playback.isIdle);
    else log.info({ ...cut, byCaller: this.#turn?.bargedIn === true }, 'an utterance was interrupted');
    tell({ kind: 'spoken', cut, ...(utteranceId !== undefined && { utteranceId, playedMs, refusal }) });
    if (!playback.isCutting) this.#tellAfterCut();
  }

  /** What plays is cut by the agent itself. */
  interrupted(): void {
    this.#bargeIn.playbackEnded();
    this.#inputTimer.interrupted();
  }

  digit(digit: string): void {
    this.#inputTimer.digit();
    this.#options.tell({ kind: 'digit', digit });
  }

  hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#inputTimer.hold(isHeld);
    this.#tap();
  }

  /** The caller talks to somebody else, or is on the way: what was going on is forgotten. */
  leave(): void {
    if (this.#isAway) return;
    const { states } = this.#options;
    this.#isAway = true;
    this.#turn = undefined;
    this.#playing = undefined;
    this.#heardAtMs = undefined;
    this.#afterCut = [];
    this.#bargeIn.playbackEnded();
    this.#bargeIn.speechEnded('');
    this.#inputTimer.speechEnded('words');
    this.#inputTimer.cancel();
    this.#tap();
    this.#hearing?.close();
    states.callerEnded('noise');
    // The answer that was due is this.
    states.agentBegan();
    states.agentEnded(false);
  }

  comeBack(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#hearing?.reopen();
    this.#tap();
  }

  /** The session is over, or no longer the agent's. */
  close(): void {
    this.#isClosed = true;
    this.#heardAtMs = undefined;
    this.#hearing?.close();
    this.#options.states.close();
    this.#bargeIn.playbackEnded();
    this.#inputTimer.cancel();
    this.#tellAfterCut();
  }

  /** Neither what the agent does not want to hear nor music on hold is transcribed. */
  #tap(): void {
    const isTapped = !(this.#isOff || this.#isHeld || this.#isAway);
    if (isTapped === this.#isTapped) return;
    this.#isTapped = isTapped;
    if (isTapped) this.#hearing?.resume();
    else this.#hearing?.pause();
  }

  #hear(event: HearingEvent): void {
    if (this.#isClosed || this.#isAway) return;
    switch (event.kind) {
      case 'speech-onset':
        this.#beginTurn();
        this.#bargeIn.speechStarted();
        return;
      case 'interim':
        this.#beginTurn().transcript = event.text;
        this.#bargeIn.understood(event.text);
        if (this.#options.followsTranscript()) this.#options.tell({ kind: 'understood', text: event.text });
        return;
      case 'turn':
        this.#endTurn(event.text);
        return;
      case 'failed':
        this.#options.log.warn({ reason: event.reason }, 'the caller is not understood');
        this.#options.metrics.listeningFailed(event.reason);
        if (this.#turn !== undefined) this.#endTurn('');
        return;
    }
  }

  #beginTurn(): Turn {
    this.#inputTimer.speechStarted();
    if (this.#turn === undefined) {
      this.#turn = { transcript: '', bargedIn: false, putOff: undefined };
      this.#options.states.callerBegan();
      this.#options.tell({ kind: 'speech-onset' });
    }
    return this.#turn;
  }

  #endTurn(text: string): void {
    const { clock, metrics, playback } = this.#options;
    if (text.trim() === '') {
      this.#endNoise();
      return;
    }
    this.#beginTurn().transcript = text;
    this.#bargeIn.speechEnded(text);
    const bargedIn = this.#turn?.bargedIn ?? false;
    this.#turn = undefined;
    this.#options.states.callerEnded('words');
    this.#inputTimer.speechEnded('words');
    this.#heardAtMs = clock.nowMs();
    metrics.turnEnded('words');
    this.#afterCut.push({ kind: 'heard', text, bargedIn });
    if (!playback.isCutting) this.#tellAfterCut();
  }

  /** Nobody is told of noise. What it interrupted is lost, but what was to follow it is not. */
  #endNoise(): void {
    const putOff = this.#turn?.putOff;
    this.#turn = undefined;
    this.#options.states.callerEnded('noise');
    this.#bargeIn.speechEnded('');
    this.#options.metrics.turnEnded('noise');
    if (putOff !== undefined && this.#options.playback.isIdle)
      this.#inputTimer.utteranceEnded(putOff.inputTimeoutMs, true);
    this.#inputTimer.speechEnded('noise');
    for (const action of putOff?.actions ?? []) action();
  }

  /** The caller takes the turn: what plays stops, and what is queued is forgotten. */
  #interrupt(): void {
    const { playback, metrics, tell } = this.#options;
    const turn = this.#turn;
    if (turn === undefined) return;
    turn.bargedIn = true;
    turn.putOff = playback.interrupt();
    this.#inputTimer.interrupted();
    metrics.bargedIn();
    tell({ kind: 'barged-in', text: turn.transcript });
  }

  #setEndOfTurnSilence({ endOfTurnSilenceMs }: ReplyRules): void {
    if (endOfTurnSilenceMs === undefined) return;
    this.#hearing?.configure({
      provider: undefined,
      languages: undefined,
      vocabulary: undefined,
      endOfTurnSilenceMs,
    });
  }

  #tellAfterCut(): void {
    for (const event of this.#afterCut.splice(0)) this.#options.tell(event);
  }
}

/** What the caller says, from onset to end of turn. */
interface Turn {
  transcript: string;
  bargedIn: boolean;
  /** What was to follow the utterance that this turn interrupted; due after all when the turn turns out to be noise. */
  putOff: Forgotten | undefined;
}
