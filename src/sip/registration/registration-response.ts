/** What a registrar says to a REGISTER. */
import { parseDeltaSeconds } from '../message/grammar.ts';
import { headerList, headerValue } from '../message/headers.ts';
import type { SipResponse } from '../message/message.ts';
import { parseNameAddress } from '../message/name-address.ts';
import { parameterValue } from '../message/parameters.ts';
import { parseUri } from '../message/uri.ts';
import { isSameUri } from '../message/uri-comparison.ts';
import { contactsOf, expiresOf } from '../message/views.ts';

/**
 * How long our Contact is bound. A registrar may list other bindings beside it, may have written it anew for a NAT, or
 * may say it once for all in Expires. GRUUs (RFC 5627) are parameters that nobody here needs.
 *
 * @see RFC 3261 section 10.2.4, RFC 3608
 */
export function grantOf(
  response: SipResponse,
  contact: string,
  askedS: number,
): { expiresS: number; serviceRoute: string[] } {
  const own = parseUri(contact);
  const contacts = contactsOf(response);
  const bindings = contacts === undefined || contacts === '*' ? [] : contacts;
  const ours = bindings.find(({ uri }) => own !== undefined && isSameUri(uri, own)) ?? bindings[0];
  const stated = ours && parameterValue(ours.parameters, 'expires');
  const grantedS =
    (stated === undefined ? undefined : parseDeltaSeconds(stated)) ?? expiresOf(response) ?? askedS;
  const serviceRoute = headerList(response, 'Service-Route').filter(
    (route) => parseNameAddress(route) !== undefined,
  );
  return { expiresS: Math.min(Math.max(grantedS, LEAST_S), LONGEST_S), serviceRoute };
}

/** Of a 423 (RFC 3261 section 20.23). */
export function minExpiresOf(response: SipResponse): number | undefined {
  return parseDeltaSeconds(headerValue(response, 'Min-Expires') ?? '');
}

/** Of a 503 or 486; 0 without one. */
export function retryAfterMsOf(response: SipResponse): number {
  const seconds = /^\s*(\d+)/.exec(headerValue(response, 'Retry-After') ?? '')?.[1];
  return (parseDeltaSeconds(seconds ?? '') ?? 0) * 1000;
}

/** Ours: who grants less would have us do nothing but register. */
const LEAST_S = 10;
/** Ours: eleven days; timers of the runtime do not hold much more. */
const LONGEST_S = 1_000_000;
