import { createHmac } from 'node:crypto';
import type { Flow } from './flow.ts';
import { headerValue } from './message/headers.ts';
import type { HeaderField, SipRequest } from './message/message.ts';
import { serializeMessage } from './message/serialize.ts';
import { responseTo } from './response.ts';
import { recordSource } from './transaction/response-route.ts';

/**
 * Answers requests for which nothing is worth remembering: a flood of them costs no memory. The To tag is made of
 * the request, so that each repeat of it gets the same response.
 *
 * @see RFC 3261 section 8.2.7
 */
export class StatelessResponder {
  readonly #secret: string;
  readonly #headers: readonly HeaderField[];

  /** `secret` is random; `headers` go into every response. */
  constructor(secret: string, headers: readonly HeaderField[]) {
    this.#secret = secret;
    this.#headers = headers;
  }

  respond(request: SipRequest, statusCode: number, headers: readonly HeaderField[] = []): Uint8Array {
    return serializeMessage(
      responseTo(request, statusCode, {
        toTag: this.#tagFor(request),
        headers: [...headers, ...this.#headers],
      }),
    );
  }

  /** The same for a request nothing has been done with yet, not even noted where it came from. */
  respondFrom(
    source: Flow,
    request: SipRequest,
    statusCode: number,
    headers: readonly HeaderField[] = [],
  ): Uint8Array {
    recordSource(request, source);
    return this.respond(request, statusCode, headers);
  }

  #tagFor(request: SipRequest): string {
    const identity = ['Via', 'Call-ID', 'CSeq', 'From'].map((name) => headerValue(request, name) ?? '');
    return createHmac('sha256', this.#secret).update(identity.join('\n')).digest('hex').slice(0, 16);
  }
}
