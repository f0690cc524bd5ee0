/** sip, sips and tel URIs (RFC 3261 section 19.1, RFC 3966): parts as written, so that serialising gives the text back. */
import { parseHostPort } from './host.ts';
import { type Parameter, parseParameters, serializeParameters } from './parameters.ts';

export type Uri = SipUri | TelUri | OtherUri;

export interface SipUri {
  readonly kind: 'sip';
  /** In lower case. */
  readonly scheme: 'sip' | 'sips';
  /** Escapes as written; `unescapeUser` reads them. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** As written; an IPv6 address in its brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: readonly Parameter[];
  /** What follows `?`, as written: `name=value` pairs joined by `&`. */
  readonly headers: string | undefined;
}

export interface TelUri {
  readonly kind: 'tel';
  readonly scheme: 'tel';
  /** With its visual separators, `+` first when global. */
  readonly number: string;
  readonly parameters: readonly Parameter[];
}

/** A URI of a scheme we do not speak: kept, so that it can be echoed, and answered 416 where it is a target. */
interface OtherUri {
  readonly kind: 'other';
  readonly scheme: string;
  readonly opaque: string;
}

/** Undefined: malformed. */
export function parseUri(text: string): Uri | undefined {
  const colon = text.indexOf(':');
  if (colon <= 0 || /[\s\p{Cc}]/u.test(text)) return undefined;
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme === 'sip' || scheme === 'sips') return parseSipUri(scheme, text, colon + 1);
  if (scheme === 'tel') return parseTelUri(text, colon + 1);
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme) || colon + 1 === text.length) return undefined;
  return { kind: 'other', scheme: text.slice(0, colon), opaque: text.slice(colon + 1) };
}

/** Whether a URI asks for TLS on every hop. */
export function isSips(uri: string): boolean {
  return /^sips:/i.test(uri);
}

export function serializeUri(uri: Uri): string {
  switch (uri.kind) {
    case 'sip':
      return serializeSipUri(uri);
    case 'tel':
      return `tel:${uri.number}${serializeParameters(uri.parameters)}`;
    case 'other':
      return `${uri.scheme}:${uri.opaque}`;
  }
}

/** The user part as a person means it, escapes undone; malformed escapes are left as they are. */
export function unescapeUser(user: string): string {
  if (!user.includes('%')) return user;
  return user.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch (error) {
      // Not UTF-8: RFC 3261 section 19.1.2 gives such octets no meaning as characters.
      if (error instanceof URIError) return escapes;
      throw error;
    }
  });
}

/** Escapes what may not stand in the user part of a SIP URI (RFC 3261 section 25.1, `user`). */
export function escapeUser(user: string): string {
  return user.replace(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/gu, (character) =>
    encodeURIComponent(character.isWellFormed() ? character : '\ufffd'),
  );
}

function parseSipUri(scheme: 'sip' | 'sips', text: string, start: number): SipUri | undefined {
  const at = userEnd(text, start);
  const hostStart = at === -1 ? start : at + 1;
  let hostEnd = hostStart;
  while (hostEnd < text.length && text[hostEnd] !== ';' && text[hostEnd] !== '?') hostEnd++;
  const hostPort = parseHostPort(text.slice(hostStart, hostEnd));
  if (hostPort === undefined) return undefined;

  const question = text.indexOf('?', hostEnd);
  const parametersEnd = question === -1 ? text.length : question;
  const parameters =
    hostEnd === parametersEnd ? NO_PARAMETERS : parseParameters(text.slice(hostEnd, parametersEnd), 0);
  if (parameters === undefined) return undefined;
  const headers = question === -1 ? undefined : text.slice(question + 1);

  let user: string | undefined;
  let password: string | undefined;
  if (at !== -1) {
    const colon = text.indexOf(':', start);
    const userOnly = colon === -1 || colon > at;
    user = text.slice(start, userOnly ? at : colon);
    password = userOnly ? undefined : text.slice(colon + 1, at);
    if (user === '') return undefined;
  }
  return {
    kind: 'sip',
    scheme,
    user,
    password,
    host: hostPort.host,
    port: hostPort.port,
    parameters,
    headers,
  };
}

/**
 * The `@` that ends the user part, or -1. The first one, for headers carry unescaped ones (`?Replaces=a@b`); but of
 * `sip:user@domain@host`, which some phones send, the last before the parameters.
 */
function userEnd(text: string, start: number): number {
  let at = text.indexOf('@', start);
  for (;;) {
    if (at === -1) return -1;
    const next = text.indexOf('@', at + 1);
    if (next === -1 || /[;?]/.test(text.slice(at, next))) return at;
    at = next;
  }
}

function parseTelUri(text: string, start: number): TelUri | undefined {
  const semicolon = text.indexOf(';', start);
  const end = semicolon === -1 ? text.length : semicolon;
  const number = text.slice(start, end);
  if (!/^\+?[0-9A-Fa-f*#().-]+$/.test(number)) return undefined;
  const parameters = parseParameters(text.slice(end), 0);
  return parameters === undefined ? undefined : { kind: 'tel', scheme: 'tel', number, parameters };
}

function serializeSipUri(uri: SipUri): string {
  const { scheme, user, password, host, port, parameters, headers } = uri;
  const userinfo = user === undefined ? '' : password === undefined ? `${user}@` : `${user}:${password}@`;
  const target = port === undefined ? host : `${host}:${port}`;
  const tail = headers === undefined ? '' : `?${headers}`;
  return `${scheme}:${userinfo}${target}${serializeParameters(parameters)}${tail}`;
}

const NO_PARAMETERS: readonly Parameter[] = [];
