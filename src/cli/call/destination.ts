/** From the URI on the command line to an address that can be called. */
import { lookup } from 'node:dns/promises';
import { outgoingAddress } from '../../net/outgoing-address.ts';
import { withoutBrackets } from '../../sip/message/host.ts';
import { parameterValue } from '../../sip/message/parameters.ts';
import { parseUri, type SipUri, serializeUri } from '../../sip/message/uri.ts';

export type CallTransport = 'udp' | 'tcp';

export interface Destination {
  /** The Request-URI. */
  readonly uri: string;
  readonly transport: CallTransport;
  readonly address: string;
  readonly port: number;
  /** Ours, as the peer sees it. */
  readonly localAddress: string;
}

/** `sip:` may be left out. Gives the URI, or what is wrong with it. */
export function parseTarget(text: string): SipUri | string {
  const uri = parseUri(/^(sips?|tel):/i.test(text) ? text : `sip:${text}`);
  if (uri === undefined) return 'A SIP URI looks like sip:user@host or sip:user@host:5060;transport=tcp.';
  if (uri.kind !== 'sip' || uri.scheme === 'sips') return 'Only sip: URIs can be called.';
  const transport = parameterValue(uri.parameters, 'transport')?.toLowerCase() ?? 'udp';
  return isTransport(transport) ? uri : `The transport ${transport} is not spoken: use udp or tcp.`;
}

/**
 * A name is looked up for A and AAAA records; IPv4 comes first, as telephony does. Rejects with the system's error for
 * a name that is not known and an address that cannot be reached.
 */
export async function resolveDestination(
  target: SipUri,
  preferred: CallTransport | undefined,
): Promise<Destination> {
  const { address } = await lookup(withoutBrackets(target.host), { order: 'ipv4first' });
  const port = target.port ?? DEFAULT_PORT;
  const named = parameterValue(target.parameters, 'transport')?.toLowerCase();
  return {
    // Headers of a URI ask for fields of the INVITE; they are no part of whom it is for (RFC 3261 section 19.1.5).
    uri: serializeUri({ ...target, headers: undefined }),
    transport: preferred ?? (named === 'tcp' ? 'tcp' : 'udp'),
    address,
    port,
    localAddress: await outgoingAddress(address, port),
  };
}

function isTransport(text: string): text is CallTransport {
  return text === 'udp' || text === 'tcp';
}

const DEFAULT_PORT = 5060;
