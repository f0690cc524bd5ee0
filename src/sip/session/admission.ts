import type { HeaderField, SipRequest } from '../message/message.ts';
import { hasOptionTag, replacesOf, sessionExpiresOf, tokensOf } from '../message/views.ts';
import type { SipTrunk } from '../trunk.ts';
import { acceptHeader, optionTags } from './capabilities.ts';
import { readSessionBody } from './session-body.ts';

export interface Refusal {
  readonly statusCode: number;
  readonly headers: readonly HeaderField[];
}

/**
 * What keeps a request of a method we serve from being served, whatever the call.
 *
 * @see RFC 3261 sections 8.2.2 and 8.2.3
 */
export function refusalOf(request: SipRequest, trunk: SipTrunk): Refusal | undefined {
  const supported = optionTags(trunk);
  const unsupported = tokensOf(request, 'Require').filter((tag) => !supported.includes(tag.toLowerCase()));
  if (unsupported.length > 0)
    return { statusCode: 420, headers: [{ name: 'Unsupported', value: unsupported.join(', ') }] };
  if (request.method !== 'INVITE') {
    // "If a UA receives a Replaces header in anything but an INVITE, it MUST reject it" (RFC 3891 section 3).
    if (replacesOf(request) !== undefined) return { statusCode: 400, headers: [] };
    if (request.method !== 'UPDATE') return undefined;
  }
  return refusalOfBody(request) ?? refusalOfInterval(request, trunk);
}

function refusalOfBody(request: SipRequest): Refusal | undefined {
  switch (readSessionBody(request).kind) {
    case 'unsupported':
      return { statusCode: 415, headers: [acceptHeader, { name: 'Accept-Encoding', value: 'identity' }] };
    case 'too-large':
      return { statusCode: 413, headers: [] };
    case 'none':
    case 'sdp':
      return undefined;
  }
}

/** Only who knows session timers can be asked for a longer one (RFC 4028 section 9). */
function refusalOfInterval(request: SipRequest, { sessionTimers }: SipTrunk): Refusal | undefined {
  if (sessionTimers.mode === 'off' || !hasOptionTag(request, 'Supported', 'timer')) return undefined;
  const asked = sessionExpiresOf(request)?.intervalSeconds;
  if (asked === undefined || asked >= sessionTimers.minS) return undefined;
  return { statusCode: 422, headers: [{ name: 'Min-SE', value: String(sessionTimers.minS) }] };
}
