import type { HeaderField } from '../message/message.ts';
import type { DialogClient } from './dialog-client.ts';

/**
 * Ends a dialog. Whatever comes back it is over, a challenge that is not answered too (RFC 3261 section 15.1.1).
 * `done` is called once nothing more will come.
 */
export function sendBye(
  client: DialogClient,
  headers: readonly HeaderField[],
  nowMs: number,
  done: () => void = ignore,
): void {
  const user = {
    handleResponse: ({ statusCode }: { statusCode: number }): void => {
      if (statusCode >= 200) done();
    },
    handleFailure: done,
  };
  client.send('BYE', headers, undefined, user, nowMs);
}

const ignore = (): void => {};
