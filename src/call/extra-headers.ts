import type { HeaderField } from '../sip/message/message.ts';

/**
 * Headers that an agent wants in a message of ours: those that could change what the message does, or would break it
 * open, are left out, and their names given back.
 */
export function extraHeaders(asked: Readonly<Record<string, string>> | undefined): {
  readonly headers: readonly HeaderField[];
  readonly refused: readonly string[];
} {
  const headers: HeaderField[] = [];
  const refused: string[] = [];
  for (const [name, value] of Object.entries(asked ?? {})) {
    const isTaken = TOKEN.test(name) && !OURS.has(name.toLowerCase()) && !/\p{Cc}/u.test(value);
    if (isTaken && value.length <= LONGEST && headers.length < MOST) headers.push({ name, value });
    else refused.push(name);
  }
  return { headers, refused };
}

const TOKEN = /^[\w\-.!%*+`'~]{1,64}$/;
const LONGEST = 1024;
const MOST = 32;
/** What makes a message what it is, long and short (RFC 3261 section 7.3.3), and what proves who we are. */
const OURS: ReadonlySet<string> = new Set(
  (
    'via v from f to t call-id i cseq contact m route record-route max-forwards content-length l content-type c ' +
    'content-encoding e content-disposition authorization proxy-authorization www-authenticate require ' +
    'proxy-require supported k allow rack rseq session-expires x min-se replaces refer-to r referred-by b ' +
    'event o subscription-state expires allow-events u'
  ).split(' '),
);
