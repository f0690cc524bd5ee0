/** What somebody outside the call may have a voice agent do, as JSON that comes over the HTTP API. */
import { failure, type Result, success } from '../../result.ts';
import type { JsonObject } from './json-message.ts';
import { textAt } from './json-message.ts';

export type OutsideAction =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'update-instructions'; readonly text: string }
  | { readonly kind: 'hang-up' };

/** One action, or a list of them; each that is not understood is a sentence that names what is wrong with it. */
export function parseOutsideActions(body: unknown): {
  readonly actions: readonly OutsideAction[];
  readonly mistakes: readonly string[];
} {
  const actions: OutsideAction[] = [];
  const mistakes: string[] = [];
  for (const given of Array.isArray(body) ? body : [body]) {
    const action = parseAction(given);
    if (action.ok) actions.push(action.value);
    else mistakes.push(action.reason);
  }
  return { actions, mistakes };
}

function parseAction(given: unknown): Result<OutsideAction, string> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return failure('expected an object with a type');
  const fields = given as JsonObject;
  const type = textAt(fields, 'type');
  switch (type) {
    case 'hangup':
      return success({ kind: 'hang-up' });
    case 'say':
    case 'update_instructions': {
      const text = textAt(fields, 'text')?.trim() ?? '';
      if (text === '' || text.length > LONGEST_TEXT)
        return failure(`${type}.text: expected a text of up to ${LONGEST_TEXT} characters`);
      return success({ kind: type === 'say' ? 'say' : 'update-instructions', text });
    }
    default:
      return failure('type: expected say, update_instructions or hangup');
  }
}

const LONGEST_TEXT = 20_000;
