/** Who calls whom, as an INVITE says it. */
import type { SipRequest } from '../sip/message/message.ts';
import { parseUri, type Uri, unescapeUser } from '../sip/message/uri.ts';
import { callIdOf, fromOf, toOf } from '../sip/message/views.ts';

export interface Parties {
  /** The caller's claim. Empty when withheld (RFC 3323). */
  readonly from: string;
  /** The number or name that was dialled. */
  readonly to: string;
  readonly callId: string;
}

/**
 * The dialled number is the Request-URI's: To is what the caller wrote before any proxy routed the call. Only where we
 * are registered, and the Request-URI is the Contact we gave, To is all there is to tell what was dialled.
 */
export function partiesOf(request: SipRequest, contactUser?: string): Parties {
  const from = numberOf(fromOf(request).uri);
  const dialled = numberOf(parseUri(request.requestUri));
  return {
    from: from.toLowerCase() === 'anonymous' ? '' : from,
    to: dialled === contactUser ? numberOf(toOf(request).uri) || dialled : dialled,
    callId: callIdOf(request),
  };
}

/** `tel:` numbers and SIP users such as `+49211;ext=1` without what only groups or qualifies the digits. */
function numberOf(uri: Uri | undefined): string {
  if (uri?.kind === 'tel') return uri.number.replace(/[().-]/g, '');
  if (uri?.kind !== 'sip' || uri.user === undefined) return '';
  return unescapeUser(uri.user).split(';', 1)[0]!;
}
