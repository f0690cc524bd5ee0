/** How long the body is that a head announces (RFC 3261 section 20.14). */
import { parseDecimal } from './grammar.ts';
import { type Headed, headerValues } from './headers.ts';
import type { MessageRefusal } from './refusal.ts';

/** Octets; or why there is no telling, two differing values included. Undefined: the header is absent. */
export function contentLengthOf(head: Headed): number | undefined | MessageRefusal {
  const values = headerValues(head, 'Content-Length');
  if (values.length === 0) return undefined;
  if (values.length > 1) return 'duplicate-header';
  return parseDecimal(values[0]!, MAX_CONTENT_LENGTH) ?? 'bad-content-length';
}

/** More than any transport carries: above it the number is nonsense, not a length. */
const MAX_CONTENT_LENGTH = 0xffff_ffff;
