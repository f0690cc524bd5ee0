import { type Flow, isReliable } from '../flow.ts';
import { withBrackets, withoutBrackets } from '../message/host.ts';
import type { SipRequest } from '../message/message.ts';
import { hasParameter, withParameter } from '../message/parameters.ts';
import type { Via } from '../message/via.ts';
import { replaceTopVia, topViaOf } from '../message/views.ts';

/**
 * Writes into the request's top Via where it came from, as a server must before anything else.
 *
 * @see RFC 3261 section 18.2.1, RFC 3581 section 4
 */
export function recordSource(request: SipRequest, source: Flow): void {
  const via = topViaOf(request);
  const wantsPort = hasParameter(via.parameters, 'rport');
  if (!wantsPort && via.host === withBrackets(source.remoteAddress)) return;
  let parameters = withParameter(via.parameters, 'received', source.remoteAddress);
  if (wantsPort) parameters = withParameter(parameters, 'rport', String(source.remotePort));
  replaceTopVia(request, { ...via, parameters });
}

/**
 * Where the responses to a request go. Always to the address it came from: neither a name nor a `maddr` in a Via
 * may send our datagrams to somebody else.
 *
 * @see RFC 3261 section 18.2.2, RFC 3581 section 4
 */
export function responseFlow(via: Via, source: Flow): Flow {
  if (isReliable(source) || hasParameter(via.parameters, 'rport')) return source;
  return { ...source, remotePort: via.port ?? DEFAULT_PORT };
}

/** Where responses go once the connection of their request is gone: a new one, to the port the Via names. */
export function responseFlowWithoutConnection(via: Via, source: Flow): Flow {
  const { connectionId: _gone, ...address } = source;
  if (source.transport !== 'tls') return { ...address, remotePort: via.port ?? DEFAULT_PORT };
  const tls = { ...source.tls, serverName: withoutBrackets(via.host) };
  return { ...address, remotePort: via.port ?? DEFAULT_TLS_PORT, tls };
}

const DEFAULT_PORT = 5060;
const DEFAULT_TLS_PORT = 5061;
