import type { Flow } from '../flow.ts';
import { addHeader, hasHeader, headerList } from '../message/headers.ts';
import type { HeaderField, SipRequest, SipResponse } from '../message/message.ts';
import { type NameAddress, parseNameAddress, serializeNameAddress, tagOf } from '../message/name-address.ts';
import { hasParameter } from '../message/parameters.ts';
import { isSips, serializeUri } from '../message/uri.ts';
import { callIdOf, contactsOf, cseqOf, fromOf, tokensOf, toOf } from '../message/views.ts';

/**
 * A dialog as plain data, so that it can be stored and taken up again by another process.
 *
 * @see RFC 3261 section 12
 */
export interface Dialog {
  readonly callId: string;
  readonly localTag: string;
  /** Empty for an RFC 2543 peer that has none. */
  readonly remoteTag: string;
  /** Our From and the peer's To as we write them, without tags. */
  readonly localParty: string;
  readonly remoteParty: string;
  /** The URIs of Route, first hop first, in angle brackets with their parameters. */
  readonly routeSet: readonly string[];
  /** Whether we sent the INVITE, and with it made the Call-ID: who waits longer after a glare. */
  readonly isCaller: boolean;
  /** Whether our Contact has to be a sips: URI (section 12.1.1). */
  readonly usesSips: boolean;
  /** The URI of the peer's Contact. */
  remoteTarget: string;
  /** Whether the peer's latest Allow names UPDATE (RFC 3311 section 4). */
  allowsUpdate: boolean;
  localSequence: number;
  /** Of the peer's latest request; undefined before the first. */
  remoteSequence: number | undefined;
  /** Where the peer's latest message came from. */
  flow: Flow;
}

/** The dialog of an INVITE we answer. Undefined: it has no Contact to send requests to. */
export function dialogAsCallee(invite: SipRequest, localTag: string, flow: Flow): Dialog | undefined {
  const remoteTarget = targetOf(invite);
  if (remoteTarget === undefined) return undefined;
  const routeSet = headerList(invite, 'Record-Route');
  return {
    callId: callIdOf(invite),
    localTag,
    remoteTag: tagOf(fromOf(invite)) ?? '',
    localParty: withoutTag(toOf(invite)),
    remoteParty: withoutTag(fromOf(invite)),
    routeSet,
    isCaller: false,
    usesSips: asksForSips(invite.requestUri, routeSet, remoteTarget),
    remoteTarget,
    allowsUpdate: allowsUpdate(invite) ?? false,
    localSequence: 0,
    remoteSequence: cseqOf(invite).sequence,
    flow,
  };
}

/** The dialog that a provisional or 2xx response to our INVITE makes. Undefined: it makes none. */
export function dialogAsCaller(invite: SipRequest, response: SipResponse, flow: Flow): Dialog | undefined {
  const remoteTag = tagOf(toOf(response));
  const isFinal = response.statusCode >= 200;
  if (remoteTag === undefined && !isFinal) return undefined;
  // A provisional response may lack a Contact: the Request-URI serves until the 2xx brings one.
  const remoteTarget = targetOf(response) ?? invite.requestUri;
  const routeSet = headerList(response, 'Record-Route').reverse();
  return {
    callId: callIdOf(invite),
    localTag: tagOf(fromOf(invite)) ?? '',
    remoteTag: remoteTag ?? '',
    localParty: withoutTag(fromOf(invite)),
    remoteParty: withoutTag(toOf(invite)),
    routeSet,
    isCaller: true,
    usesSips: asksForSips(invite.requestUri, routeSet, remoteTarget),
    remoteTarget,
    allowsUpdate: allowsUpdate(response) ?? false,
    localSequence: cseqOf(invite).sequence,
    remoteSequence: undefined,
    flow,
  };
}

export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId} ${localTag} ${remoteTag}`;
}

/** Notes a request of the peer. False: it is out of order, and 500 is the answer (RFC 3261 section 12.2.2). */
export function acceptSequence(dialog: Dialog, sequence: number): boolean {
  if (dialog.remoteSequence !== undefined && sequence < dialog.remoteSequence) return false;
  dialog.remoteSequence = sequence;
  return true;
}

/** Target refresh, by requests and 2xx responses of INVITE and UPDATE. */
export function refreshTarget(dialog: Dialog, message: SipRequest | SipResponse): void {
  dialog.remoteTarget = targetOf(message) ?? dialog.remoteTarget;
  dialog.allowsUpdate = allowsUpdate(message) ?? dialog.allowsUpdate;
}

/** A new request within the dialog, its sequence number taken, without Via. @see RFC 3261 section 12.2.1.1 */
export function requestWithin(
  dialog: Dialog,
  method: string,
  headers: readonly HeaderField[] = [],
  body: Uint8Array = NO_BODY,
): SipRequest {
  dialog.localSequence += 1;
  return build(dialog, method, dialog.localSequence, headers, body);
}

/** The ACK to a 2xx: the sequence number is the INVITE's (RFC 3261 section 13.2.2.4). */
export function ackWithin(
  dialog: Dialog,
  inviteSequence: number,
  headers: readonly HeaderField[],
): SipRequest {
  return build(dialog, 'ACK', inviteSequence, headers, NO_BODY);
}

function build(
  dialog: Dialog,
  method: string,
  sequence: number,
  headers: readonly HeaderField[],
  body: Uint8Array,
): SipRequest {
  const { requestUri, routes } = routing(dialog);
  const remoteTag = dialog.remoteTag === '' ? '' : `;tag=${dialog.remoteTag}`;
  const request: SipRequest = { kind: 'request', method, requestUri, headers: [], body };
  for (const route of routes) addHeader(request, 'Route', route);
  addHeader(request, 'Max-Forwards', '70');
  addHeader(request, 'From', `${dialog.localParty};tag=${dialog.localTag}`);
  addHeader(request, 'To', `${dialog.remoteParty}${remoteTag}`);
  addHeader(request, 'Call-ID', dialog.callId);
  addHeader(request, 'CSeq', `${sequence} ${method}`);
  request.headers.push(...headers);
  return request;
}

/** Loose routing as it is written; a strict router first in the set gets its URI as the target (section 12.2.1.1). */
function routing({ routeSet, remoteTarget }: Dialog): { requestUri: string; routes: readonly string[] } {
  const [first, ...others] = routeSet;
  const router = first === undefined ? undefined : parseNameAddress(first)?.uri;
  const isStrict = router?.kind === 'sip' && !hasParameter(router.parameters, 'lr');
  if (!isStrict) return { requestUri: remoteTarget, routes: routeSet };
  return { requestUri: serializeUri(router), routes: [...others, `<${remoteTarget}>`] };
}

/**
 * "If the request that initiated the dialog contained a SIPS URI in the Request-URI or in the top Record-Route header
 * field value, if there was any, or the Contact header field if there was no Record-Route" (section 12.1.1).
 */
function asksForSips(requestUri: string, [route]: readonly string[], remoteTarget: string): boolean {
  const next = route === undefined ? remoteTarget : route.slice(route.indexOf('<') + 1);
  return isSips(requestUri) || isSips(next);
}

function targetOf(message: SipRequest | SipResponse): string | undefined {
  const contacts = contactsOf(message);
  const uri = contacts === undefined || contacts === '*' ? undefined : contacts[0]?.uri;
  return uri === undefined ? undefined : serializeUri(uri);
}

function allowsUpdate(message: SipRequest | SipResponse): boolean | undefined {
  return hasHeader(message, 'Allow') ? tokensOf(message, 'Allow').includes('UPDATE') : undefined;
}

function withoutTag({ displayName, uri }: NameAddress): string {
  return serializeNameAddress({ displayName, uri, parameters: [] });
}

const NO_BODY: Uint8Array = new Uint8Array(0);
