import ipaddr from 'ipaddr.js';
import type { Flow } from '../flow.ts';
import { isReliable } from '../flow.ts';
import { withoutBrackets } from '../message/host.ts';
import { parseNameAddress } from '../message/name-address.ts';
import { parameterValue } from '../message/parameters.ts';
import { parseUri, type SipUri } from '../message/uri.ts';
import type { Dialog } from './dialog.ts';

/**
 * The way a request within the dialog goes: to the first Route or the remote target where that is an address the peer
 * can mean from where it is heard, else back to where the peer's latest message came from.
 *
 * `identity` is the trunk's, for a connection over TLS that is yet to be opened: the server has to prove the name in
 * the URI, or its address.
 *
 * @see RFC 3261 section 8.1.2
 */
export function nextHop(dialog: Dialog, identity?: string): Flow {
  const { flow } = dialog;
  const uri = nextHopUri(dialog);
  const transport = transportTo(uri, flow);
  if (isReliable(flow) && flow.connectionId !== undefined && transport === flow.transport) return flow;
  const address = uri === undefined ? undefined : withoutBrackets(uri.host);
  const isNamed = address !== undefined && isReachable(address, flow.remoteAddress);
  if (uri === undefined || (!isNamed && (transport !== 'tls' || flow.tls !== undefined))) return flow;
  const { connectionId: _other, tls: _peer, ...way } = flow;
  const next = {
    ...way,
    transport,
    remoteAddress: isNamed ? address : flow.remoteAddress,
    remotePort: uri.port ?? (transport === 'tls' ? DEFAULT_TLS_PORT : DEFAULT_PORT),
  };
  if (transport !== 'tls') return next;
  return { ...next, tls: { serverName: address ?? '', ...(identity !== undefined && { identity }) } };
}

/**
 * A sips: URI takes nothing but TLS. What came over TLS does not go on in the clear either: descriptions of media have
 * keys in them.
 */
function transportTo(uri: SipUri | undefined, { transport }: Flow): Flow['transport'] {
  const named = uri && parameterValue(uri.parameters, 'transport')?.toLowerCase();
  if (uri?.scheme === 'sips' || transport === 'tls' || named === 'tls') return 'tls';
  return named === 'tcp' ? 'tcp' : transport;
}

function nextHopUri({ routeSet, remoteTarget }: Dialog): SipUri | undefined {
  const first = routeSet[0];
  const uri = first === undefined ? parseUri(remoteTarget) : parseNameAddress(first)?.uri;
  return uri?.kind === 'sip' ? uri : undefined;
}

/**
 * Names are not looked up here, and a private address in the message of a peer that is heard from elsewhere is its
 * own view from behind a NAT.
 */
function isReachable(address: string, heardFrom: string): boolean {
  if (!isNumeric(address) || !isNumeric(heardFrom)) return false;
  const named = ipaddr.process(address);
  const heard = ipaddr.process(heardFrom);
  if (named.kind() !== heard.kind()) return false;
  return named.range() === 'unicast' || named.range() === heard.range();
}

function isNumeric(address: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
}

const DEFAULT_PORT = 5060;
const DEFAULT_TLS_PORT = 5061;
