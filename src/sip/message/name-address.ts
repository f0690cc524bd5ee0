/** From, To, Contact, Route, Record-Route, Refer-To: a URI, perhaps a display name before it, parameters behind. */
import { endOfQuoted, indexOutside, LESS_THAN, QUOTE, quote, SEMICOLON, unquote } from './grammar.ts';
import { type Parameter, parameterValue, parseParameters, serializeParameters } from './parameters.ts';
import { parseUri, serializeUri, type Uri } from './uri.ts';

export interface NameAddress {
  /** As a person reads it: without quotes and escapes. It is the caller's claim, nothing more. */
  readonly displayName: string | undefined;
  readonly uri: Uri;
  /** Of the header, not of the URI. */
  readonly parameters: readonly Parameter[];
}

/**
 * Undefined: malformed. Unquoted display names may hold anything (umlauts, `@`, parentheses, commas): "infer the
 * missing quotes" (RFC 4475 section 3.1.2.15). Without angle brackets, parameters are the header's (RFC 3261 section 20).
 */
export function parseNameAddress(value: string): NameAddress | undefined {
  const text = value.trim();
  const nameEnd = text.charCodeAt(0) === QUOTE ? endOfQuoted(text, 0) : 0;
  if (nameEnd === -1) return undefined;
  const opening = indexOutside(text, LESS_THAN, nameEnd);
  return opening === -1 ? parseAddressSpec(text) : parseBracketed(text, opening);
}

export function serializeNameAddress(address: NameAddress): string {
  const name = address.displayName === undefined ? '' : `${quote(address.displayName)} `;
  return `${name}<${serializeUri(address.uri)}>${serializeParameters(address.parameters)}`;
}

/** The `tag` of From and To (RFC 3261 section 19.3). */
export function tagOf(address: NameAddress): string | undefined {
  return parameterValue(address.parameters, 'tag');
}

function parseBracketed(text: string, opening: number): NameAddress | undefined {
  const closing = text.indexOf('>', opening);
  if (closing === -1) return undefined;
  const uri = parseUri(text.slice(opening + 1, closing));
  const parameters = uri && parseParameters(text, closing + 1);
  if (uri === undefined || parameters === undefined) return undefined;
  const name = text.slice(0, opening).trim();
  return { displayName: name === '' ? undefined : unquote(name), uri, parameters };
}

/** "If the URI contains a comma, question mark or semicolon, the URI MUST be enclosed in angle brackets." */
function parseAddressSpec(text: string): NameAddress | undefined {
  const semicolon = indexOutside(text, SEMICOLON, 0);
  const end = semicolon === -1 ? text.length : semicolon;
  const uriText = text.slice(0, end).trim();
  if (/[,?]/.test(uriText)) return undefined;
  const uri = parseUri(uriText);
  const parameters = uri && parseParameters(text, end);
  return uri === undefined || parameters === undefined
    ? undefined
    : { displayName: undefined, uri, parameters };
}
