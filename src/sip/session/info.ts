/** INFO within a call: key presses and whatever else the two sides tell each other (RFC 6086). */
import { hasHeader } from '../message/headers.ts';
import type { HeaderField, SipRequest } from '../message/message.ts';
import { contentTypeOf } from '../message/views.ts';
import type { SipEvent, SipSessionId } from '../user-agent-events.ts';
import type { DialogClient } from './dialog-client.ts';

export interface InfoAnswer {
  readonly statusCode: number;
  readonly headers: readonly HeaderField[];
  /** What is told of it; undefined: nothing. */
  readonly event: SipEvent | undefined;
}

export function answerInfo(request: SipRequest, session: SipSessionId): InfoAnswer {
  if (hasHeader(request, 'Info-Package')) {
    // We have asked for no package with Recv-Info (RFC 6086 section 4.2.2).
    return { statusCode: 469, headers: [{ name: 'Recv-Info', value: '' }], event: undefined };
  }
  const contentType = contentTypeOf(request)?.mediaType ?? '';
  return { statusCode: 200, headers: [], event: { kind: 'info', session, contentType, body: request.body } };
}

export function sendInfo(
  client: DialogClient,
  contentType: string,
  body: Uint8Array,
  user: { handleBroken(by: 'remote', nowMs: number): void },
  nowMs: number,
): void {
  const listener = {
    handleResponse: ({ statusCode }: { statusCode: number }, _source: unknown, atMs: number): void => {
      if (statusCode === 481) user.handleBroken('remote', atMs);
    },
    // A peer that leaves INFO unanswered may still hold the call.
    handleFailure: (): void => {},
  };
  client.send('INFO', [{ name: 'Content-Type', value: contentType }], body, listener, nowMs);
}
