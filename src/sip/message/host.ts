/** `host [":" port]`, as URIs and Via have it (RFC 3261 section 25.1, IPv6 as corrected by RFC 5954). */

import ipaddr from 'ipaddr.js';
import { COLON, parseDecimal } from './grammar.ts';

export interface HostPort {
  /** As written; an IPv6 address in its brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

/** Undefined: malformed. `_` is let pass in names: carriers use it, whatever RFC 1123 says. */
export function parseHostPort(text: string): HostPort | undefined {
  if (text.charCodeAt(0) === OPENING_BRACKET) {
    const closing = text.indexOf(']');
    if (closing === -1 || !isIpv6Address(withoutBrackets(text.slice(0, closing + 1)))) return undefined;
    return withPort(text.slice(0, closing + 1), text, closing + 1);
  }
  let end = 0;
  while (end < text.length && isHostCharacter(text.charCodeAt(end))) end++;
  return end === 0 ? undefined : withPort(text.slice(0, end), text, end);
}

/**
 * The address as sockets take it: an IPv6 one without its brackets. The third colon that RFC 3261's grammar put before
 * an embedded IPv4 address goes: "an implementation must tolerate both" (RFC 5118 section 4.10).
 */
export function withoutBrackets(host: string): string {
  if (host.charCodeAt(0) !== OPENING_BRACKET) return host;
  return host.slice(1, -1).replace(/:::(?=\d+\.[\d.]+$)/, '::');
}

/** The address as URIs and Via take it: an IPv6 one in brackets. */
export function withBrackets(address: string): string {
  return address.includes(':') && address.charCodeAt(0) !== OPENING_BRACKET ? `[${address}]` : address;
}

/** Zones (`%eth0`) mean nothing to a peer. */
function isIpv6Address(text: string): boolean {
  return text.length <= MAX_IPV6_LENGTH && !text.includes('%') && ipaddr.IPv6.isValid(text);
}

function withPort(host: string, text: string, at: number): HostPort | undefined {
  const rest = text.slice(at).trim();
  if (rest === '') return { host, port: undefined };
  if (rest.charCodeAt(0) !== COLON) return undefined;
  const port = parseDecimal(rest.slice(1).trim(), MAX_PORT);
  return port === undefined || port === 0 ? undefined : { host, port };
}

function isHostCharacter(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x5f
  );
}

const OPENING_BRACKET = 0x5b;
const MAX_IPV6_LENGTH = 45;
const MAX_PORT = 65_535;
