import { type Dialog, requestWithin } from '../dialog/dialog.ts';
import { nextHop } from '../dialog/next-hop.ts';
import type { HeaderField } from '../message/message.ts';
import type { SessionHost } from './session-host.ts';

/**
 * Ends a dialog. Whatever comes back it is over: also a challenge, which is not answered (RFC 3261 section 15.1.1).
 * `done` is called once nothing more will come.
 */
export function sendBye(
  host: SessionHost,
  dialog: Dialog,
  reason: string | undefined,
  nowMs: number,
  done: () => void = ignore,
): void {
  const headers: HeaderField[] = [...host.requestHeaders];
  if (reason !== undefined) headers.push({ name: 'Reason', value: reason });
  const user = {
    handleResponse: ({ statusCode }: { statusCode: number }): void => {
      if (statusCode >= 200) done();
    },
    handleFailure: done,
  };
  host.clients.send(requestWithin(dialog, 'BYE', headers), nextHop(dialog), user, nowMs);
}

const ignore = (): void => {};
