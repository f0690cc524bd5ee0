/** What jambonz's REST API changes of a call that runs, as the commands that an app sends over its WebSocket. */
import type { AppCommand } from './link/app-link.ts';

/** `PUT /v1/Accounts/{AccountSid}/Calls/{CallSid}`, read. */
export interface CallUpdate {
  readonly commands: readonly AppCommand[];
  readonly mistakes: readonly string[];
}

export function parseCallUpdate(body: unknown): CallUpdate {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { commands: [], mistakes: ['expected an object, with call_hook or call_status, say'] };
  const fields = body as Readonly<Record<string, unknown>>;
  const commands: AppCommand[] = [];
  const mistakes: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    const command = commandOf.get(name);
    if (command !== undefined) {
      const data = whole.has(name) ? { [name]: value } : value;
      commands.push({ command, callSid: undefined, queueCommand: false, data });
    } else mistakes.push(`${name.slice(0, LONGEST_SHOWN)}: is not supported`);
  }
  return { commands, mistakes };
}

const commandOf: ReadonlyMap<string, string> = new Map([
  ['call_hook', 'redirect'],
  ['call_status', 'call:status'],
  ['listen_status', 'listen:status'],
  ['stream_status', 'stream:status'],
  ['whisper', 'whisper'],
  ['dub', 'dub'],
  ['boostAudioSignal', 'boostAudioSignal'],
  ['dtmf', 'dtmf'],
  ['tag', 'tag'],
]);
/** Commands whose data have the field in them. */
const whole: ReadonlySet<string> = new Set(['call_hook', 'call_status', 'listen_status', 'stream_status']);
const LONGEST_SHOWN = 40;
