/** What comes from an app over its WebSocket. */
import type { AppCommand } from './app-link.ts';

export type AppMessage =
  | { readonly kind: 'ack'; readonly msgid: string; readonly body: unknown }
  | { readonly kind: 'command'; readonly command: AppCommand }
  /** `details` goes back to the app. */
  | { readonly kind: 'invalid'; readonly details: string };

export function parseAppMessage(text: string): AppMessage {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return invalid('not JSON');
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    return invalid('not an object');
  const { type, msgid, command, data, callSid, call_sid, queueCommand, tool_call_id } = message as Message;
  switch (type) {
    case 'ack':
      if (typeof msgid !== 'string') return invalid('msgid: expected a text');
      return { kind: 'ack', msgid, body: data };
    case 'command': {
      if (typeof command !== 'string' || command === '') return invalid('command: expected a text');
      if (data === undefined && !dataless.has(command)) return invalid(`data: expected for ${command}`);
      const leg = callSid ?? call_sid;
      const body = command === 'llm:tool-output' ? { tool_call_id, data } : data;
      return {
        kind: 'command',
        command: {
          command,
          callSid: typeof leg === 'string' ? leg : undefined,
          queueCommand: queueCommand === true,
          data: body,
        },
      };
    }
    default:
      return invalid('type: expected ack or command');
  }
}

type Message = Readonly<Record<string, unknown>>;

function invalid(details: string): AppMessage {
  return { kind: 'invalid', details };
}

const dataless: ReadonlySet<string> = new Set(['llm:tool-output', 'tts:flush', 'tts:clear']);
