import type { CallStatus } from './call-facts.ts';

/** What jambonz calls a call that was not answered, by the status that it ended with. */
export function finalStatusOf(statusCode: number): CallStatus {
  if (statusCode === 486 || statusCode === 600) return 'busy';
  return [408, 480, 487].includes(statusCode) ? 'no-answer' : 'failed';
}
