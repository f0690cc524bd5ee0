import type { AgentCommand } from '../agent.ts';
import type { Fields } from './fields.ts';
import { endOfTurnSilenceMs } from './speak-action.ts';

/** `transfer`; the target also under the names that older pages use. */
export function transfer(fields: Fields): AgentCommand | undefined {
  const target =
    fields.text('target_phone_number', 'a phone number') ??
    fields.text('transfer_to') ??
    fields.text('target');
  if (target === undefined) {
    fields.warn('target_phone_number', 'a phone number', 'nobody is called');
    return undefined;
  }
  const timeoutSeconds = fields.number('timeout', {
    least: 5,
    most: 120,
    whole: true,
    unit: ' of seconds',
    outside: 'clamp',
  });
  return {
    kind: 'transfer',
    target: dialled(target),
    callerIdName: fields.text('caller_id_name'),
    callerIdNumber: fields.text('caller_id_number'),
    timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
  };
}

/**
 * `configure_transcription`: a provider without languages resets them to its default, and so does an empty list;
 * with none of its fields the action does nothing.
 */
export function configureTranscription(fields: Fields): AgentCommand | undefined {
  const provider = knownProvider(fields);
  const languages = fields.texts('languages', { most: 4, longest: 35 });
  const vocabulary = fields.texts('custom_vocabulary', { most: 100, longest: 200 });
  const silenceMs = endOfTurnSilenceMs(fields);
  const nothing = [provider, languages, vocabulary, silenceMs].every((field) => field === undefined);
  if (nothing) return undefined;
  return {
    kind: 'listen',
    provider,
    languages: languages ?? (provider === undefined ? undefined : []),
    vocabulary,
    endOfTurnSilenceMs: silenceMs,
  };
}

/** The number of a `send_sms` that would have been sent. */
export function sendSms(fields: Fields): string | undefined {
  const phoneNumber = fields.text('phone_number', 'a phone number');
  const message = fields.text('message');
  if (phoneNumber === undefined) fields.warn('phone_number', 'a phone number', 'no message is sent');
  else if (message === undefined) fields.warn('message', 'a text', 'no message is sent');
  return phoneNumber === undefined || message === undefined ? undefined : dialled(phoneNumber);
}

function knownProvider(fields: Fields): string | undefined {
  const named = fields.text('provider');
  if (named === undefined) return undefined;
  const provider = named.toUpperCase();
  if (providers.has(provider)) return provider;
  fields.warn('provider', `one of ${[...providers].join(', ')}`, 'the present one is kept');
  return undefined;
}

/** Without what people write into numbers to read them, and without the `+`, as the protocol has it. */
function dialled(number: string): string {
  const plain = number.trim();
  return /^\+?[\d\s()./-]+$/.test(plain) ? plain.replace(/\D/g, '') : plain;
}

const providers: ReadonlySet<string> = new Set([
  'AZURE',
  'DEEPGRAM',
  'ELEVEN_LABS',
  'SIPGATE_QWEN',
  'SIPGATE_PARAKEET',
]);
