/** Where calls of ours may go, and over which trunk. */
import { failure, type Result, success } from '../result.ts';
import { escapeUser, parseUri, type SipUri, serializeUri } from '../sip/message/uri.ts';
import { type Destination, digitsOf, isMeant, numberInUri, parseDestination } from './destination.ts';

export interface OutboundRules {
  /** Patterns of destinations; nothing else is called. */
  readonly allow: readonly string[];
  /** The first that fits. */
  readonly routes: readonly OutboundRoute[];
  /** Those that calls of ours can go over, by name. */
  readonly trunks: ReadonlyMap<string, OutboundTrunk>;
}

interface OutboundRoute {
  /** A pattern of destinations. */
  readonly number: string;
  /** One of `trunks`. */
  readonly trunk: string;
  /** Digits that are taken off the front of a number. */
  readonly strip: number;
  /** What is put before the rest of it. */
  readonly prefix: string;
}

export interface OutboundTrunk {
  readonly name: string;
  /** Its server: a SIP URI without a user. */
  readonly uri: string;
  /** What we are called from: the host of From. */
  readonly domain: string;
  /** Our name at the trunk, for From where the number stands elsewhere. */
  readonly user: string | undefined;
  /** Where the caller's number goes. */
  readonly callerId: 'from' | 'pai' | 'both';
  /** How callers of this trunk are transferred: by a second call of ours, or by asking the trunk to. */
  readonly transfer: 'invite' | 'refer';
}

/** One way to call somebody. */
export interface OutboundWay {
  readonly requestUri: string;
  /** The URI whose server the request goes to. */
  readonly server: string;
  readonly trunk: OutboundTrunk | undefined;
}

export type RouteRefusal = 'destination-not-allowed' | 'no-outbound-route';

/** `trunk` names one instead of the routes' choice; what is allowed stays the same. */
export function routeOutbound(
  rules: OutboundRules,
  to: string,
  trunk?: string,
): Result<OutboundWay, RouteRefusal> {
  const destination = localized(rules, parseDestination(to));
  if (destination === undefined || !rules.allow.some((pattern) => isMeant(pattern, destination)))
    return failure('destination-not-allowed');
  const route = rules.routes.find(({ number }) => isMeant(number, destination));
  const name = trunk ?? route?.trunk;
  const over = name === undefined ? undefined : rules.trunks.get(name);
  if (name !== undefined && over === undefined) return failure('no-outbound-route');
  if (destination.kind === 'uri') {
    const requestUri = serializeUri(destination.uri);
    return success({ requestUri, server: over?.uri ?? requestUri, trunk: over });
  }
  if (over === undefined) return failure('no-outbound-route');
  const server = parseUri(over.uri) as SipUri;
  const user = escapeUser(route?.trunk === name ? rewritten(destination.number, route) : destination.number);
  return success({ requestUri: serializeUri({ ...server, user }), server: over.uri, trunk: over });
}

/** Whether a URI is at the host of a trunk that calls can go over. */
export function isAtTrunk(rules: OutboundRules, trunk: string | undefined, uri: string): boolean {
  const parsed = parseUri(uri);
  const known = trunk === undefined ? undefined : rules.trunks.get(trunk);
  return known !== undefined && parsed?.kind === 'sip' && isHostOf(known, parsed.host);
}

/** A number at the host of a trunk, as telephones write it, is a number. */
function localized(rules: OutboundRules, destination: Destination | undefined): Destination | undefined {
  if (destination?.kind !== 'uri') return destination;
  const number = numberInUri(destination.uri);
  const { host } = destination.uri;
  const isTrunks = [...rules.trunks.values()].some((trunk) => isHostOf(trunk, host));
  return number !== undefined && isTrunks ? { kind: 'number', number } : destination;
}

function rewritten(number: string, route: OutboundRoute | undefined): string {
  if (route === undefined || (route.strip === 0 && route.prefix === '')) return number;
  return `${route.prefix}${digitsOf(number).slice(route.strip)}`;
}

function isHostOf({ uri, domain }: OutboundTrunk, host: string): boolean {
  return domain.toLowerCase() === host.toLowerCase() || hostOf(uri) === host.toLowerCase();
}

function hostOf(uri: string): string | undefined {
  const parsed = parseUri(uri);
  return parsed?.kind === 'sip' ? parsed.host.toLowerCase() : undefined;
}
