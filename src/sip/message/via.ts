/** Via: the hops a request took, top first, which its responses go back (RFC 3261 sections 18 and 20.42, RFC 3581). */
import { COMMA, indexOutside, isToken, isWhitespace } from './grammar.ts';
import { parseHostPort } from './host.ts';
import { type Parameter, parseParameters, serializeParameters } from './parameters.ts';

export interface Via {
  /** `SIP/2.0`: whatever else is written is told by `parseMessage`. */
  readonly protocol: string;
  /** As written: `UDP`, `TCP`, `TLS`, … */
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  /** `branch`, `received`, `rport` and whatever else was sent. */
  readonly parameters: readonly Parameter[];
}

/** Every hop of one header field, of which there may be several. Undefined: malformed. */
export function parseVia(value: string): Via[] | undefined {
  const hops: Via[] = [];
  let start = 0;
  for (;;) {
    const comma = indexOutside(value, COMMA, start);
    const hop = parseHop(value.slice(start, comma === -1 ? value.length : comma));
    if (hop === undefined) return undefined;
    hops.push(hop);
    if (comma === -1) return hops;
    start = comma + 1;
  }
}

/** The top hop alone, even when those under it are malformed. */
export function parseTopVia(value: string): Via | undefined {
  const comma = indexOutside(value, COMMA, 0);
  return parseHop(comma === -1 ? value : value.slice(0, comma));
}

export function serializeVia(via: Via): string {
  const sentBy = via.port === undefined ? via.host : `${via.host}:${via.port}`;
  return `${via.protocol}/${via.transport} ${sentBy}${serializeParameters(via.parameters)}`;
}

/** A branch that names its transaction world-wide; without the cookie the peer speaks RFC 2543 (section 17.2.3). */
export function isRfc3261Branch(branch: string | undefined): branch is string {
  return branch !== undefined && branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE);
}

/** What every branch begins with that comes from an RFC 3261 element (section 8.1.1.7). */
export const MAGIC_COOKIE = 'z9hG4bK';

function parseHop(text: string): Via | undefined {
  const protocol = protocolPattern.exec(text);
  if (protocol === null || !isToken(protocol[2]!)) return undefined;
  const sentBy = protocol[0].length;
  let end = text.indexOf(';', sentBy);
  if (end === -1) end = text.length;
  let hostEnd = end;
  while (hostEnd > sentBy && isWhitespace(text.charCodeAt(hostEnd - 1))) hostEnd--;
  const hostPort = parseHostPort(text.slice(sentBy, hostEnd));
  const parameters = hostPort && parseParameters(text, end);
  if (hostPort === undefined || parameters === undefined) return undefined;
  return {
    protocol: `SIP/${protocol[1]}`,
    transport: protocol[2]!,
    host: hostPort.host,
    port: hostPort.port,
    parameters,
  };
}

const protocolPattern = /^[ \t]*SIP[ \t]*\/[ \t]*(\d+\.\d+)[ \t]*\/[ \t]*([^ \t;,]+)[ \t]+/i;
