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
 * @see RFC 3261 section 8.1.2
 */
export function nextHop(dialog: Dialog): Flow {
  const { flow } = dialog;
  if (isReliable(flow) && flow.connectionId !== undefined) return flow;
  const uri = nextHopUri(dialog);
  const address = uri === undefined ? undefined : withoutBrackets(uri.host);
  if (uri === undefined || address === undefined || !isReachable(address, flow.remoteAddress)) return flow;
  const transport =
    parameterValue(uri.parameters, 'transport')?.toLowerCase() === 'tcp' ? 'tcp' : flow.transport;
  return { ...flow, transport, remoteAddress: address, remotePort: uri.port ?? DEFAULT_PORT };
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
