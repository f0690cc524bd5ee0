/**
 * An AI Flow app's answer, one action or a list of them, as the house's commands. Real apps answer all sorts of
 * things, so nothing here is an error: what cannot be done is left out with a warning, and the rest is done.
 */
import type { AgentCommand } from '../agent.ts';
import type { ActionWarning } from './action-warning.ts';
import { configureTranscription, sendSms, transfer } from './call-actions.ts';
import { Fields, isObject, shown } from './fields.ts';
import { audio, mixAudio } from './sound-actions.ts';
import { speak } from './speak-action.ts';

export interface ParsedActions {
  readonly commands: readonly AgentCommand[];
  readonly warnings: readonly ActionWarning[];
  /** Numbers that a `send_sms` named. No gateway is here to send with, so each is to be told as `sms_failed`. */
  readonly unsentSms: readonly string[];
}

/** `json` is a parsed answer or message; actions for another session than `sessionId` are refused. */
export function parseActions(json: unknown, sessionId: string): ParsedActions {
  const parsed: Draft = { commands: [], warnings: [], unsentSms: [] };
  if (json === null || json === undefined || json === '') return parsed;
  const actions: readonly unknown[] = Array.isArray(json) ? json : [json];
  if (actions.length > MOST_ACTIONS)
    parsed.warnings.push({
      field: 'actions',
      found: String(actions.length),
      expected: `at most ${MOST_ACTIONS}`,
      consequence: `the first ${MOST_ACTIONS} are done`,
    });
  for (const action of actions.slice(0, MOST_ACTIONS)) parseAction(action, sessionId, parsed);
  return parsed;
}

interface Draft {
  readonly commands: AgentCommand[];
  readonly warnings: ActionWarning[];
  readonly unsentSms: string[];
}

function parseAction(action: unknown, sessionId: string, { commands, warnings, unsentSms }: Draft): void {
  if (!isObject(action) || typeof action['type'] !== 'string') {
    const expected = 'an object with a type';
    warnings.push({ field: 'action', found: shown(action), expected, consequence: 'ignored' });
    return;
  }
  const type = action['type'];
  if (!actionTypes.has(type)) {
    const expected = `one of ${[...actionTypes].join(', ')}`;
    const named = looksLikeName.test(type) ? { actionType: type } : {};
    warnings.push({ field: 'type', found: shown(type), ...named, expected, consequence: 'ignored' });
    return;
  }
  const fields = new Fields(action, type, warnings);
  if (!isForSession(action['session_id'], sessionId)) {
    fields.warn('session_id', `"${sessionId}"`, 'the action is refused');
    return;
  }
  if (type === 'send_sms') {
    const phoneNumber = sendSms(fields);
    if (phoneNumber !== undefined) unsentSms.push(phoneNumber);
    return;
  }
  const command = commandOf(type, fields, warnings);
  if (command !== undefined) commands.push(command);
}

function commandOf(type: string, fields: Fields, warnings: ActionWarning[]): AgentCommand | undefined {
  switch (type) {
    case 'speak':
      return speak(fields, warnings);
    case 'audio':
      return audio(fields);
    case 'mix_audio':
      return mixAudio(fields, warnings);
    case 'hangup':
      return { kind: 'hang-up' };
    case 'transfer':
      return transfer(fields);
    case 'barge_in':
      return { kind: 'interrupt' };
    case 'configure_transcription':
      return configureTranscription(fields);
    default:
      warnings.push({
        field: type,
        found: 'an action that is not supported here',
        consequence: 'ignored',
      });
      return undefined;
  }
}

/** Absent, it is the session that the answer belongs to. */
function isForSession(given: unknown, sessionId: string): boolean {
  if (given === undefined || given === null || given === '') return true;
  return typeof given === 'string' && given.trim().toLowerCase() === sessionId.toLowerCase();
}

const actionTypes: ReadonlySet<string> = new Set([
  'speak',
  'audio',
  'mix_audio',
  'hangup',
  'transfer',
  'barge_in',
  'configure_transcription',
  'configure_voice_to_voice',
  'send_sms',
]);
/** With neither spaces nor as many digits in a row as a number has. */
const looksLikeName = /^(?!.*\d{4})[a-z][\w.:-]{0,39}$/i;
const MOST_ACTIONS = 50;
