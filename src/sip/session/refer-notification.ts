import { parseDeltaSeconds } from '../message/grammar.ts';
import { headerValue } from '../message/headers.ts';
import type { SipRequest } from '../message/message.ts';
import { parameterValue, parseParameters } from '../message/parameters.ts';
import { contentTypeOf } from '../message/views.ts';

/** News of a call that a REFER asked for. */
export interface ReferNotification {
  /** Of that call, so far. */
  readonly statusCode: number;
  readonly isTerminated: boolean;
  readonly expiresS: number;
  /** Whether it is about the REFER with this sequence number. */
  isFor(referSequence: number): boolean;
}

/** Undefined: the NOTIFY is about something else, or malformed. @see RFC 3515 section 2.4.4 */
export function readNotification(notify: SipRequest): ReferNotification | undefined {
  const event = valueWithParameters(headerValue(notify, 'Event'));
  const state = valueWithParameters(headerValue(notify, 'Subscription-State'));
  if (event?.value !== 'refer' || state === undefined) return undefined;
  const id = parameterValue(event.parameters, 'id');
  const isFragment = contentTypeOf(notify)?.mediaType === 'message/sipfrag';
  const fragment = isFragment ? Buffer.from(notify.body).toString('latin1', 0, MAX_STATUS_LINE) : '';
  return {
    // A subscription that ends need not say how: then nobody knows.
    statusCode: Number(/^\s*SIP\/2\.0 ([1-6]\d\d)/i.exec(fragment)?.[1] ?? 100),
    isTerminated: state.value === 'terminated',
    expiresS: parseDeltaSeconds(parameterValue(state.parameters, 'expires') ?? '') ?? DEFAULT_EXPIRES_S,
    isFor: (referSequence) => id === undefined || id === String(referSequence),
  };
}

function valueWithParameters(
  header: string | undefined,
): { value: string; parameters: NonNullable<ReturnType<typeof parseParameters>> } | undefined {
  if (header === undefined) return undefined;
  const semicolon = header.indexOf(';');
  const end = semicolon === -1 ? header.length : semicolon;
  const parameters = parseParameters(header, end);
  return parameters && { value: header.slice(0, end).trim().toLowerCase(), parameters };
}

const DEFAULT_EXPIRES_S = 60;
const MAX_STATUS_LINE = 256;
