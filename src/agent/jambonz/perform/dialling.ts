/** `dial`: others are called at once, the first who answers is joined with the caller. */
import type { AgentCommand, AgentEvent } from '../../agent.ts';
import { DubTracks } from '../../dub/dub-tracks.ts';
import type { DubVerb } from '../../dub/dub-verb.ts';
import type { CallStatus } from '../call-facts.ts';
import { finalStatusOf } from '../final-status.ts';
import type { AppData } from '../link/app-link.ts';
import type { DialVerb } from '../vocabulary/verbs.ts';
import { Fork } from './fork.ts';
import { KeySequence } from './key-sequence.ts';
import type { Performance, Stage } from './stage.ts';

interface TargetNews {
  readonly target: number;
  readonly state: 'trying' | 'ringing' | 'answered' | 'failed' | 'ended';
  readonly statusCode: number;
  readonly callId: string;
}

export class Dialling implements Performance {
  readonly #stage: Stage;
  readonly #verb: DialVerb;
  readonly #onEnd: (results: AppData) => void;
  readonly #connectionId: number;
  readonly #legs: readonly Leg[];
  readonly #dub: DubTracks;
  readonly #callerKeys: KeySequence;
  readonly #calleeKeys: KeySequence;
  #fork: Fork | undefined;
  #answered: Leg | undefined;
  #isOver = false;

  constructor(stage: Stage, verb: DialVerb, mostDubTracks: number, onEnd: (results: AppData) => void) {
    this.#stage = stage;
    this.#verb = verb;
    this.#onEnd = onEnd;
    this.#connectionId = stage.nextNumber();
    const shown = verb.callerId ?? stage.session.from;
    this.#legs = verb.targets.map(({ to, from = shown }) => ({
      sid: stage.newSid(),
      to,
      from,
      callId: '',
      statusCode: 0,
      isOver: false,
    }));
    this.#dub = new DubTracks(mostDubTracks, this.#connectionId * SOUNDS_PER_CONNECTION);
    this.#callerKeys = new KeySequence(verb.dtmfCapture.caller);
    this.#calleeKeys = new KeySequence(verb.dtmfCapture.callee);
  }

  start(): void {
    const { targets, callerId, callerName, timeoutMs, timeLimitMs, dialMusic, headers } = this.#verb;
    this.#stage.submit({
      kind: 'connect',
      connectionId: this.#connectionId,
      targets: targets.map(({ to, trunk, from, headers: fields, auth }) => ({
        to,
        trunk,
        callerIdNumber: from,
        headers: fields,
        auth,
      })),
      callerIdName: callerName,
      callerIdNumber: callerId,
      ringTimeoutMs: timeoutMs,
      longestMs: timeLimitMs,
      whileRinging: dialMusic === undefined ? 'ringback' : { kind: 'url', url: dialMusic },
      headers,
    });
  }

  handle(event: AgentEvent): void {
    if (this.#isOver) return;
    this.#fork?.handle(event);
    if (event.kind === 'connection' && event.connectionId === this.#connectionId) this.#told(event);
    else if (event.kind === 'far-digit' && event.connectionId === this.#connectionId)
      this.#captured(this.#calleeKeys.pressed(event.digit));
    else if (event.kind === 'digit') this.#captured(this.#callerKeys.pressed(event.digit));
    else this.#tellDub(event);
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#fork?.stop();
    this.#stage.submit({ kind: 'disconnect', connectionId: this.#connectionId });
    for (const leg of this.#legs)
      if (!leg.isOver) this.#tellLeg(leg, leg === this.#answered ? 'completed' : 'no-answer', 487);
  }

  /** Whether a command that names this SID is for the one who was called. */
  isLeg(sid: string): boolean {
    return this.#legs.some((leg) => leg.sid === sid);
  }

  /** A `dub` for the callee; false when nobody is there to hear it. */
  dub(verb: DubVerb): boolean {
    if (this.#answered === undefined || this.#isOver) return false;
    const commands = this.#dub.carryOut(verb);
    if (commands.ok) this.#toFar(commands.value);
    return commands.ok;
  }

  /** Sound behind the voice that the callee hears. */
  toFar(commands: readonly AgentCommand[]): void {
    if (this.#answered !== undefined) this.#toFar(commands);
  }

  #toFar(commands: readonly AgentCommand[]): void {
    const connectionId = this.#connectionId;
    const far = commands.flatMap((command) =>
      isTrackCommand(command) ? [{ kind: 'far-track', connectionId, command } as const] : [],
    );
    this.#stage.submit(...far);
  }

  #told({ target, state, statusCode, callId }: TargetNews): void {
    const leg = this.#legs[target];
    if (leg === undefined || leg.isOver) return;
    leg.callId = callId;
    leg.statusCode = statusCode;
    switch (state) {
      case 'trying':
        this.#tellLeg(leg, 'trying', 100);
        return;
      case 'ringing':
        this.#tellLeg(leg, 'ringing', statusCode);
        return;
      case 'answered':
        this.#joined(leg);
        return;
      case 'failed':
        leg.isOver = true;
        this.#tellLeg(leg, finalStatusOf(statusCode), statusCode);
        if (this.#legs.every(({ isOver }) => isOver)) this.#end(leg);
        return;
      case 'ended':
        leg.isOver = true;
        this.#tellLeg(leg, 'completed', statusCode);
        this.#end(leg);
        return;
    }
  }

  #joined(leg: Leg): void {
    this.#answered = leg;
    if (!this.#stage.isAnswered) this.#stage.submit({ kind: 'answer' });
    this.#tellLeg(leg, 'in-progress', 200);
    if (this.#verb.boost !== undefined) this.#toFar([{ kind: 'amplify', gain: this.#verb.boost }]);
    for (const verb of this.#verb.dub) this.dub(verb);
    if (this.#verb.listen === undefined) return;
    this.#fork = new Fork(this.#stage, { ...this.#verb.listen, speaks: false }, () => undefined);
    this.#fork.start();
  }

  #end(leg: Leg): void {
    const isCompleted = this.#answered !== undefined;
    const statusCode = isCompleted ? 200 : leg.statusCode;
    this.#isOver = true;
    this.#fork?.stop();
    this.#onEnd({
      dial_call_status: isCompleted ? 'completed' : finalStatusOf(statusCode),
      dial_sip_status: statusCode,
      dial_call_sid: leg.sid,
      dial_sbc_callid: leg.callId,
    });
  }

  #captured(dtmf: string | undefined): void {
    const { dtmfHook } = this.#verb;
    if (dtmf !== undefined && dtmfHook !== undefined) this.#stage.tell(dtmfHook, { dtmf });
  }

  #tellLeg(leg: Leg, status: CallStatus, statusCode: number): void {
    const { sid, to, from, callId } = leg;
    this.#stage.legStatus(this.#stage.facts.legOf(sid, to, from, callId, status, statusCode));
  }

  #tellDub(event: AgentEvent): void {
    const status = this.#dub.handle(event);
    if (status === undefined) return;
    const { event: name, verb, id, ...fields } = status;
    this.#stage.status({ verb, id }, name, fields);
  }
}

interface Leg {
  readonly sid: string;
  readonly to: string;
  readonly from: string;
  callId: string;
  statusCode: number;
  isOver: boolean;
}

function isTrackCommand(command: AgentCommand): command is TrackCommand {
  return command.kind === 'play-on-track' || command.kind === 'stop-loop' || command.kind === 'amplify';
}

type TrackCommand = Extract<AgentCommand, { kind: 'play-on-track' | 'stop-loop' | 'amplify' }>;

/** Sounds of both legs are told by their numbers: those of a callee are far from the caller's. */
const SOUNDS_PER_CONNECTION = 100_000;
