/** Whom a call of ours is for, read strictly: what an agent or a telephone wrote decides who pays for it. */
import { parseUri, type SipUri, unescapeUser } from '../sip/message/uri.ts';

export type Destination =
  /** Digits, `*` and `#`, perhaps with `+` before them. */
  | { readonly kind: 'number'; readonly number: string }
  /** Of nothing but user, host, port and transport. */
  | { readonly kind: 'uri'; readonly uri: SipUri };

/** Undefined: neither a number nor a SIP URI that says all there is to it. */
export function parseDestination(text: string): Destination | undefined {
  const written = text.trim();
  if (!/^[a-z]+:/i.test(written)) return numbered(written);
  const uri = parseUri(written);
  if (uri?.kind === 'tel') return uri.parameters.length === 0 ? numbered(uri.number) : undefined;
  if (uri?.kind !== 'sip' || uri.user === undefined) return undefined;
  // Headers and parameters can send a request somewhere else than its host says: Route, maddr, and so on.
  if (uri.password !== undefined || uri.headers !== undefined) return undefined;
  // So can what stands behind a number in the user part (RFC 3261 section 19.1.6), and many take it for the number.
  if (unescapeUser(uri.user).includes(';')) return undefined;
  const parameters = uri.parameters.filter(({ name }) => name.toLowerCase() !== 'user');
  if (parameters.some(({ name }) => name.toLowerCase() !== 'transport')) return undefined;
  return { kind: 'uri', uri: { ...uri, parameters } };
}

/** The number that a SIP URI's user part is; undefined where it is none. */
export function numberInUri({ user }: SipUri): string | undefined {
  const destination = user === undefined ? undefined : numbered(unescapeUser(user));
  return destination?.kind === 'number' ? destination.number : undefined;
}

/**
 * Whether a pattern of the configuration means this destination. Of numbers: `*`, a whole one, a prefix (`4921*`), which
 * digits alone may follow, or a regular expression between slashes; the `+` is not compared. Of SIP URIs only what
 * begins `sip:` or `sips:`, where `*` stands for anything within the user or the host.
 */
export function isMeant(pattern: string, destination: Destination): boolean {
  const isUriPattern = /^sips?:/i.test(pattern);
  if (destination.kind === 'uri') return isUriPattern && isUriMeant(pattern, destination.uri);
  if (isUriPattern) return false;
  const digits = digitsOf(destination.number);
  if (isExpression(pattern)) return new RegExp(pattern.slice(1, -1), 'u').test(digits);
  if (!pattern.endsWith('*')) return digits === digitsOf(pattern);
  return /^\d+$/.test(digits) && digits.startsWith(digitsOf(pattern.slice(0, -1)));
}

/** Without `+` and what people write to read numbers. */
export function digitsOf(number: string): string {
  return number.replace(/[^\d*#]/g, '');
}

function numbered(text: string): Destination | undefined {
  const number = text.replace(/[\s().\-/]/g, '');
  return /^\+?[\d*#]{1,32}$/.test(number) ? { kind: 'number', number } : undefined;
}

function isExpression(pattern: string): boolean {
  return pattern.length > 2 && pattern.startsWith('/') && pattern.endsWith('/');
}

function isUriMeant(pattern: string, { scheme, user = '', host, port }: SipUri): boolean {
  const [, wantedScheme, wantedUser = '', wantedHost = '', wantedPort] = URI_PATTERN.exec(pattern) ?? [];
  return (
    wantedScheme?.toLowerCase() === scheme &&
    wantedPort === port?.toString() &&
    fits(wantedUser, user) &&
    fits(wantedHost.toLowerCase(), host.toLowerCase())
  );
}

function fits(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'u').test(text);
}

/** Scheme, user, host, port. */
export const URI_PATTERN: RegExp = /^(sips?):([^@\s]+)@(\[[^\]\s]+\]|[^:;?@\s]+)(?::(\d{1,5}))?$/i;
