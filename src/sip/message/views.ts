/**
 * Typed views of a message's headers, parsed on demand. What RFC 3261 section 8.1.1 makes mandatory is always there,
 * for `parseMessage` refuses messages without it; of the others, a malformed one counts as absent unless it says
 * otherwise.
 */
import { invariant } from '../../invariant.ts';
import { type ContentType, parseContentType } from './content-type.ts';
import { type CSeq, parseCSeq, parseRAck, parseRSeq, type RAck } from './cseq.ts';
import { parseDecimal, parseDeltaSeconds } from './grammar.ts';
import { type Headed, headerList, headerValue, replaceTopElement } from './headers.ts';
import { type NameAddress, parseNameAddress } from './name-address.ts';
import { parseReason, type Reason } from './reason.ts';
import { parseReplaces, type Replaces } from './replaces.ts';
import { parseMinSe, parseSessionExpires, type SessionExpires } from './session-timer.ts';
import { parseTopVia, serializeVia, type Via } from './via.ts';

export function topViaOf(message: Headed): Via {
  return present(parseTopVia(present(headerValue(message, 'Via'))));
}

/** Rewrites the top Via, and no other: what a server adds to it is `received` and `rport`. */
export function replaceTopVia(message: Headed, via: Via): void {
  replaceTopElement(message, 'Via', serializeVia(via));
}

export function fromOf(message: Headed): NameAddress {
  return present(parseNameAddress(present(headerValue(message, 'From'))));
}

export function toOf(message: Headed): NameAddress {
  return present(parseNameAddress(present(headerValue(message, 'To'))));
}

export function callIdOf(message: Headed): string {
  return present(headerValue(message, 'Call-ID'));
}

export function cseqOf(message: Headed): CSeq {
  return present(parseCSeq(present(headerValue(message, 'CSeq'))));
}

/** Every address of Contact, or `*` (REGISTER only); undefined when one of them is malformed. */
export function contactsOf(message: Headed): NameAddress[] | '*' | undefined {
  const elements = headerList(message, 'Contact');
  return elements.length === 1 && elements[0] === '*' ? '*' : addresses(elements);
}

/** Every address of a list header, top first; undefined when one of them is malformed. */
export function routesOf(message: Headed, name: 'Route' | 'Record-Route'): NameAddress[] | undefined {
  return addresses(headerList(message, name));
}

/** The option tags or methods of a header that lists tokens, as written. */
export function tokensOf(
  message: Headed,
  name: 'Require' | 'Proxy-Require' | 'Supported' | 'Unsupported' | 'Allow' | 'Allow-Events',
): string[] {
  return headerList(message, name);
}

/** Case counts in methods, not in option tags: compare those with this. */
export function hasOptionTag(message: Headed, name: 'Require' | 'Supported', tag: string): boolean {
  return tokensOf(message, name).some((element) => element.toLowerCase() === tag.toLowerCase());
}

export function maxForwardsOf(message: Headed): number | undefined {
  return optional(message, 'Max-Forwards', (value) => parseDecimal(value, 255));
}

/** Seconds; more than 2^32 - 1 of them count as so many. */
export function expiresOf(message: Headed): number | undefined {
  return optional(message, 'Expires', parseDeltaSeconds);
}

export function contentTypeOf(message: Headed): ContentType | undefined {
  return optional(message, 'Content-Type', parseContentType);
}

export function sessionExpiresOf(message: Headed): SessionExpires | undefined {
  return optional(message, 'Session-Expires', parseSessionExpires);
}

export function minSeOf(message: Headed): number | undefined {
  return optional(message, 'Min-SE', parseMinSe);
}

export function rackOf(message: Headed): RAck | undefined {
  return optional(message, 'RAck', parseRAck);
}

export function rseqOf(message: Headed): number | undefined {
  return optional(message, 'RSeq', parseRSeq);
}

export function replacesOf(message: Headed): Replaces | undefined {
  return optional(message, 'Replaces', parseReplaces);
}

export function referToOf(message: Headed): NameAddress | undefined {
  return optional(message, 'Refer-To', parseNameAddress);
}

export function reasonsOf(message: Headed): Reason[] {
  return headerList(message, 'Reason').flatMap((element) => parseReason(element) ?? []);
}

function optional<Value>(
  message: Headed,
  name: string,
  parse: (value: string) => Value | undefined,
): Value | undefined {
  const value = headerValue(message, name);
  return value === undefined ? undefined : parse(value);
}

function addresses(elements: readonly string[]): NameAddress[] | undefined {
  const parsed: NameAddress[] = [];
  for (const element of elements) {
    const address = parseNameAddress(element);
    if (address === undefined) return undefined;
    parsed.push(address);
  }
  return parsed;
}

function present<Value>(value: Value | undefined): Value {
  invariant(value !== undefined, 'parseMessage passes only messages with their mandatory headers');
  return value;
}
