import ipaddr from 'ipaddr.js';
import { withoutBrackets } from './host.ts';
import { findParameter, type Parameter } from './parameters.ts';
import { type SipUri, serializeUri, type TelUri, type Uri } from './uri.ts';

/** Whether two URIs mean the same resource: equality is not transitive (RFC 3261 section 19.1.4, RFC 3966 section 4). */
export function isSameUri(a: Uri, b: Uri): boolean {
  if (a.kind === 'sip' && b.kind === 'sip') return isSameSipUri(a, b);
  if (a.kind === 'tel' && b.kind === 'tel') return isSameTelUri(a, b);
  return a.kind === 'other' && b.kind === 'other' && serializeUri(a) === serializeUri(b);
}

function isSameSipUri(a: SipUri, b: SipUri): boolean {
  return (
    a.scheme === b.scheme &&
    isSameText(a.user, b.user) &&
    isSameText(a.password, b.password) &&
    canonicalHost(a.host) === canonicalHost(b.host) &&
    a.port === b.port &&
    agree(a.parameters, b.parameters) &&
    agree(b.parameters, a.parameters) &&
    canonicalHeaders(a.headers) === canonicalHeaders(b.headers)
  );
}

/** "All other uri-parameters appearing in only one URI are ignored when comparing." */
function agree(parameters: readonly Parameter[], others: readonly Parameter[]): boolean {
  return parameters.every(({ name, value }) => {
    const other = findParameter(others, name);
    if (other === undefined) return !NEVER_IGNORED.has(name.toLowerCase());
    return isSameText(value?.toLowerCase(), other.value?.toLowerCase());
  });
}

/** "Characters other than those in the reserved set are equivalent to their % HEX HEX encoding." */
function isSameText(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && canonicalEscapes(a) === canonicalEscapes(b));
}

function canonicalEscapes(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%[0-9a-f]{2}/gi, (escaped) => {
    const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return UNRESERVED.test(character) ? character : escaped.toUpperCase();
  });
}

/** RFC 5954 section 4.2: addresses are compared as addresses. */
function canonicalHost(host: string): string {
  const address = withoutBrackets(host);
  return address === host ? host.toLowerCase() : ipaddr.IPv6.parse(address).toNormalizedString();
}

/** "Present in one means present in the other", in any order. */
function canonicalHeaders(headers: string | undefined): string {
  return (headers ?? '').split('&').map(canonicalHeader).sort().join('&');
}

function canonicalHeader(header: string): string {
  const equals = header.indexOf('=');
  if (equals === -1) return header.toLowerCase();
  return `${header.slice(0, equals).toLowerCase()}=${canonicalEscapes(header.slice(equals + 1))}`;
}

function isSameTelUri(a: TelUri, b: TelUri): boolean {
  return (
    canonicalNumber(a.number) === canonicalNumber(b.number) &&
    a.parameters.length === b.parameters.length &&
    a.parameters.every(({ name, value }) => {
      const other = findParameter(b.parameters, name);
      return other !== undefined && isSameText(value?.toLowerCase(), other.value?.toLowerCase());
    })
  );
}

function canonicalNumber(number: string): string {
  return number.replace(/[-.()]/g, '').toLowerCase();
}

/** Parameters that say where or how to send; `transport` by the examples of section 19.1.4. */
const NEVER_IGNORED: ReadonlySet<string> = new Set(['user', 'ttl', 'method', 'maddr', 'transport']);
const UNRESERVED = /[A-Za-z0-9\-_.!~*'()]/;
