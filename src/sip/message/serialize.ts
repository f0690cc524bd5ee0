import { invariant } from '../../invariant.ts';
import { isToken } from './grammar.ts';
import { canonicalHeaderName } from './header-name.ts';
import type { SipMessage } from './message.ts';

/**
 * The octets of a message. Content-Length is written here, in its old place or last, whatever the headers said.
 * A line break in a start line or header would smuggle in headers of somebody else's: it breaks an invariant.
 */
export function serializeMessage(message: SipMessage): Uint8Array {
  const contentLength = `Content-Length: ${message.body.length}\r\n`;
  let head = startLine(message);
  let isLengthWritten = false;
  for (const { name, value } of message.headers) {
    invariant(isToken(name) && !LINE_BREAK.test(value), 'a header is one line');
    if (canonicalHeaderName(name) !== 'content-length') head += `${name}: ${value}\r\n`;
    else if (!isLengthWritten) {
      head += contentLength;
      isLengthWritten = true;
    }
  }
  if (!isLengthWritten) head += contentLength;
  const headOctets = Buffer.from(`${head}\r\n`, 'utf8');
  return message.body.length === 0 ? headOctets : Buffer.concat([headOctets, message.body]);
}

function startLine(message: SipMessage): string {
  if (message.kind === 'request') {
    const { method, requestUri } = message;
    invariant(isToken(method) && /^\S+$/.test(requestUri), 'a request line has three words');
    return `${method} ${requestUri} SIP/2.0\r\n`;
  }
  const { statusCode, reasonPhrase } = message;
  invariant(statusCode >= 100 && statusCode <= 699, 'a status code has three digits');
  invariant(!LINE_BREAK.test(reasonPhrase), 'a status line is one line');
  return `SIP/2.0 ${statusCode} ${reasonPhrase}\r\n`;
}

const LINE_BREAK = /[\r\n]/;
