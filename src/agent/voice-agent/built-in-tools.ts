/** What of the call a voice agent may do by itself: functions that every such agent is offered, as far as its flow allows. */
import { failure, type Result, success } from '../../result.ts';
import type { AgentCommand } from '../agent.ts';
import { type JsonObject, numberAt, textAt } from './json-message.ts';
import type { ToolDefinition } from './told.ts';

/** What a flow allows. */
export interface ToolRules {
  readonly hangUp: boolean;
  /** Whom the agent may pass the caller on to: names it says, and the numbers or SIP URIs they stand for. */
  readonly transferTo: Readonly<Record<string, string>>;
  /** Any other number too. */
  readonly transferAnywhere: boolean;
  readonly transferTimeoutMs: number;
  readonly sendDigits: boolean;
  /** Sounds that it may play, by name. */
  readonly sounds: readonly string[];
  /** Sounds that it may have run behind its voice. */
  readonly backgrounds: readonly string[];
}

/** A call of a tool that makes sense and is allowed. `farewell` waits until all that was said has been heard. */
export type ToolAction =
  | { readonly kind: 'farewell'; readonly command: AgentCommand }
  | { readonly kind: 'at-once'; readonly command: AgentCommand };

export type ToolRefusal =
  | 'unknown-tool'
  | 'not-allowed'
  | 'unknown-destination'
  | 'bad-digits'
  | 'unknown-sound';

export function toolDefinitions(rules: ToolRules): readonly ToolDefinition[] {
  const tools: ToolDefinition[] = [];
  if (rules.hangUp) tools.push(HANG_UP);
  if (mayTransfer(rules)) tools.push(transferTool(rules));
  if (rules.sendDigits) tools.push(SEND_DIGITS);
  if (rules.sounds.length > 0) tools.push(playTool(rules.sounds));
  if (rules.backgrounds.length > 0) tools.push(backgroundTool(rules.backgrounds));
  return tools;
}

/** `soundId` names what a track is to play, should it be needed. */
export function toolAction(
  name: string,
  given: JsonObject,
  rules: ToolRules,
  soundId: number,
): Result<ToolAction, ToolRefusal> {
  switch (name) {
    case 'hangup_call':
      return rules.hangUp
        ? success({ kind: 'farewell', command: { kind: 'hang-up' } })
        : failure('not-allowed');
    case 'transfer_call':
      return transfer(textAt(given, 'to') ?? '', rules);
    case 'send_dtmf':
      return sendDigits(textAt(given, 'digits') ?? '', rules);
    case 'play_sound':
      return playSound(textAt(given, 'name') ?? '', rules);
    case 'set_background':
      return setBackground(given, rules, soundId);
    default:
      return failure('unknown-tool');
  }
}

function transfer(to: string, rules: ToolRules): Result<ToolAction, ToolRefusal> {
  if (!mayTransfer(rules)) return failure('not-allowed');
  const named = Object.hasOwn(rules.transferTo, to) ? rules.transferTo[to] : undefined;
  const dialled = rules.transferAnywhere && NUMBER.test(to) ? to : undefined;
  const target = named ?? dialled;
  if (target === undefined) return failure('unknown-destination');
  const { transferTimeoutMs: timeoutMs } = rules;
  const command: AgentCommand = {
    kind: 'transfer',
    target,
    callerIdName: undefined,
    callerIdNumber: undefined,
    timeoutMs,
  };
  return success({ kind: 'farewell', command });
}

function sendDigits(digits: string, rules: ToolRules): Result<ToolAction, ToolRefusal> {
  if (!rules.sendDigits) return failure('not-allowed');
  if (!DIGITS.test(digits)) return failure('bad-digits');
  return success({ kind: 'at-once', command: { kind: 'send-digits', digits } });
}

function playSound(name: string, { sounds }: ToolRules): Result<ToolAction, ToolRefusal> {
  if (sounds.length === 0) return failure('not-allowed');
  if (!sounds.includes(name)) return failure('unknown-sound');
  const bargeIn = { strategy: 'none', minimumCharacters: 0, allowAfterMs: 0 } as const;
  return success({ kind: 'at-once', command: { kind: 'play', audio: { kind: 'name', name }, bargeIn } });
}

function setBackground(
  given: JsonObject,
  { backgrounds }: ToolRules,
  soundId: number,
): Result<ToolAction, ToolRefusal> {
  if (backgrounds.length === 0) return failure('not-allowed');
  const name = textAt(given, 'name') ?? '';
  if (name === OFF) {
    const command: AgentCommand = { kind: 'stop-loop', track: AMBIENCE_TRACK, fadeMs: FADE_MS };
    return success({ kind: 'at-once', command });
  }
  if (!backgrounds.includes(name)) return failure('unknown-sound');
  const gain = Math.max(0, Math.min(1, numberAt(given, 'volume') ?? 1));
  const command: AgentCommand = {
    kind: 'play-on-track',
    track: AMBIENCE_TRACK,
    soundId,
    when: 'at-once',
    sound: {
      content: { kind: 'sound', audio: { kind: 'name', name } },
      repeats: true,
      gain,
      fadeInMs: FADE_MS,
      loudnessLufs: BACKGROUND_LUFS,
    },
  };
  return success({ kind: 'at-once', command });
}

function mayTransfer({ transferTo, transferAnywhere }: ToolRules): boolean {
  return transferAnywhere || Object.keys(transferTo).length > 0;
}

const HANG_UP: ToolDefinition = {
  name: 'hangup_call',
  description: 'Ends the telephone call. Say goodbye first: the call ends when you have been heard.',
  parameters: { type: 'object', properties: {}, required: [] },
};

const SEND_DIGITS: ToolDefinition = {
  name: 'send_dtmf',
  description: "Presses keys on the caller's line, as on a telephone.",
  parameters: objectOf({ digits: { type: 'string', description: '0-9, * and #' } }, ['digits']),
};

function transferTool({ transferTo, transferAnywhere }: ToolRules): ToolDefinition {
  const names = Object.keys(transferTo);
  const to = transferAnywhere
    ? { type: 'string', description: ['A telephone number', ...names].join(', or ') }
    : { type: 'string', enum: names };
  return {
    name: 'transfer_call',
    description:
      'Passes the caller on to somebody else. Tell the caller first; you get a result when nobody answers.',
    parameters: objectOf({ to }, ['to']),
  };
}

function playTool(names: readonly string[]): ToolDefinition {
  const properties = { name: { type: 'string', enum: names } };
  return {
    name: 'play_sound',
    description: 'Plays a sound once.',
    parameters: objectOf(properties, ['name']),
  };
}

function backgroundTool(names: readonly string[]): ToolDefinition {
  const properties = {
    name: { type: 'string', enum: [...names, OFF] },
    volume: { type: 'number', description: '0 to 1' },
  };
  return {
    name: 'set_background',
    description: 'Changes the sound that runs behind your voice, or turns it off.',
    parameters: objectOf(properties, ['name']),
  };
}

function objectOf(properties: JsonObject, required: readonly string[]): JsonObject {
  return { type: 'object', properties, required };
}

/** The track of a flow's own ambience. */
const AMBIENCE_TRACK = 'ambience';
const BACKGROUND_LUFS = -30;
const FADE_MS = 500;
const OFF = 'off';
const NUMBER = /^\+?[0-9]{2,20}$/;
const DIGITS = /^[0-9*#A-D]{1,32}$/;
