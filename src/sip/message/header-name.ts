/** Header names meet here: case does not count, and the compact forms stand for the long ones (RFC 3261 section 7.3.3). */

/** The long form in lower case: what two names are compared by, and the key of every table of headers. */
export function canonicalHeaderName(name: string): string {
  const lower = name.toLowerCase();
  return lower.length === 1 ? (longForms.get(lower) ?? lower) : lower;
}

/** Whether two names, in any case, long or compact, mean the same header. */
export function isSameHeader(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.length === b.length && a.length > 1 && (a.charCodeAt(0) | 0x20) !== (b.charCodeAt(0) | 0x20))
    return false;
  if (a.length !== b.length && a.length > 1 && b.length > 1) return false;
  return canonicalHeaderName(a) === canonicalHeaderName(b);
}

/** The SIP parameters registry of IANA, "Header Fields", column "compact". */
const longForms: ReadonlyMap<string, string> = new Map([
  ['a', 'accept-contact'],
  ['b', 'referred-by'],
  ['c', 'content-type'],
  ['d', 'request-disposition'],
  ['e', 'content-encoding'],
  ['f', 'from'],
  ['i', 'call-id'],
  ['j', 'reject-contact'],
  ['k', 'supported'],
  ['l', 'content-length'],
  ['m', 'contact'],
  ['n', 'identity-info'],
  ['o', 'event'],
  ['r', 'refer-to'],
  ['s', 'subject'],
  ['t', 'to'],
  ['u', 'allow-events'],
  ['v', 'via'],
  ['x', 'session-expires'],
  ['y', 'identity'],
]);
