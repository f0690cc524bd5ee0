import { reasonPhraseOf } from '../../sip/response.ts';
import type { PhoneEnd } from './phone-call.ts';

/** How a call went, as the exit code tells it. */
export type CallOutcome =
  | { readonly kind: 'completed'; readonly by: 'remote' | 'local' }
  | { readonly kind: 'refused'; readonly statusCode: number; readonly reasonPhrase: string }
  | { readonly kind: 'unanswered'; readonly cause: 'no response' | 'not picked up' | 'given up' }
  | { readonly kind: 'no-media' }
  | { readonly kind: 'failed'; readonly cause: string };

export const exitCodes: Readonly<Record<CallOutcome['kind'], number>> = {
  completed: 0,
  refused: 2,
  unanswered: 3,
  'no-media': 4,
  failed: 5,
};

export interface CallFacts {
  readonly end: PhoneEnd;
  readonly answered: boolean;
  /** Anything at all came from the far end. */
  readonly responded: boolean;
  /** RTP was to come and none did. */
  readonly mediaMissing: boolean;
}

export function outcomeOf({ end, answered, responded, mediaMissing }: CallFacts): CallOutcome {
  if (end.why === 'unusable-answer')
    return { kind: 'failed', cause: 'the answer offers no audio we can use' };
  if (end.by === 'transport')
    return { kind: 'failed', cause: 'the connection could not be made or was lost' };
  if (end.by === 'error' || end.why === 'media-failed')
    return { kind: 'failed', cause: 'the media of the call failed' };
  if (!answered) return outcomeOfAttempt(end, responded);
  if (mediaMissing) return { kind: 'no-media' };
  if (end.by === 'timeout') return { kind: 'failed', cause: 'the far end stopped answering' };
  return { kind: 'completed', by: end.by === 'remote' ? 'remote' : 'local' };
}

function outcomeOfAttempt({ by, statusCode, why }: PhoneEnd, responded: boolean): CallOutcome {
  if (why === 'asked') return { kind: 'unanswered', cause: 'given up' };
  if (by !== 'remote' || statusCode === undefined || statusCode === REQUEST_TIMEOUT)
    return { kind: 'unanswered', cause: responded ? 'not picked up' : 'no response' };
  return { kind: 'refused', statusCode, reasonPhrase: reasonPhraseOf(statusCode) };
}

const REQUEST_TIMEOUT = 408;
