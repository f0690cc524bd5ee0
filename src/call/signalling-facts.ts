import type { SignallingFacts } from '../agent/agent.ts';
import { withBrackets } from '../sip/message/host.ts';
import { fromOf } from '../sip/message/views.ts';
import type { SipEvent } from '../sip/user-agent-events.ts';

/** What an INVITE says of its call, as far as its trunk is believed. */
export function signallingFacts(
  { request, flow, trunk, caller, offer }: Extract<SipEvent, { kind: 'incoming-call' }>,
  callId: string,
): SignallingFacts {
  const isTold = (name: string): boolean =>
    identifying.has(name) || (caller !== undefined && (believed.has(name) || name.startsWith('x-')));
  return {
    callId,
    requestUri: request.requestUri,
    remoteAddress: `${withBrackets(flow.remoteAddress)}:${flow.remotePort}`,
    trunk,
    callerName: fromOf(request).displayName ?? '',
    headers: request.headers
      .filter(({ name }) => isTold(name.toLowerCase()))
      .map(({ name, value }) => ({ name, value })),
    sdp: offer ?? '',
  };
}

/** Of a call that came without SIP. */
export function audioSocketFacts(
  uuid: string,
  remoteAddress: string,
  trunk: string | undefined,
): SignallingFacts {
  return { callId: uuid, requestUri: '', remoteAddress, trunk, callerName: '', headers: [], sdp: '' };
}

const identifying: ReadonlySet<string> = new Set([
  ...['via', 'v', 'from', 'f', 'to', 't', 'call-id', 'i', 'cseq', 'contact', 'm', 'user-agent'],
]);
/** Of trusted trunks alone: anybody could write them. */
const believed: ReadonlySet<string> = new Set([
  ...['p-asserted-identity', 'privacy', 'diversion', 'user-to-user'],
]);
