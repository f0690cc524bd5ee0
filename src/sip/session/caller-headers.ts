import { canonicalHeaderName } from '../message/header-name.ts';
import { headerList, headerValues } from '../message/headers.ts';
import type { SipRequest } from '../message/message.ts';
import { type NameAddress, parseNameAddress } from '../message/name-address.ts';

/** What a trunk asserts of a call, to be believed as far as the trunk is. */
export interface CallerHeaders {
  /** P-Asserted-Identity: a SIP address, a telephone number, or one of each (RFC 3325 section 9.1). */
  readonly identities: readonly NameAddress[];
  /** Privacy: `id` asks to keep the identity to ourselves (RFC 3323, RFC 3325 section 9.3). */
  readonly privacy: readonly string[];
  /** Diversion: who sent the call on, the last first (RFC 5806). */
  readonly diversions: readonly NameAddress[];
  /** User-to-User, as written (RFC 7433). */
  readonly userToUser: readonly string[];
  /** Headers that begin with `X-`, by name in lower case. */
  readonly extensions: ReadonlyMap<string, string>;
}

/**
 * Reads them; undefined: they contradict each other or make no sense, and the request is refused. Names have been read
 * as every other header's: no way of writing one gets it past the rules for it.
 */
export function readCallerHeaders(request: SipRequest): CallerHeaders | undefined {
  const identities = addressesOf(request, 'P-Asserted-Identity');
  const diversions = addressesOf(request, 'Diversion');
  const extensions = extensionsOf(request);
  if (identities === undefined || diversions === undefined || extensions === undefined) return undefined;
  const kinds = identities.map(({ uri }) => uri.kind);
  if (kinds.includes('other') || new Set(kinds).size !== kinds.length) return undefined;
  const privacy = headerValues(request, 'Privacy').flatMap((value) => value.split(';'));
  return {
    identities,
    privacy: privacy.map((value) => value.trim().toLowerCase()).filter((value) => value !== ''),
    diversions,
    userToUser: headerList(request, 'User-to-User'),
    extensions,
  };
}

function addressesOf(request: SipRequest, name: string): NameAddress[] | undefined {
  const addresses = headerList(request, name).map((element) => parseNameAddress(element));
  return addresses.every((address) => address !== undefined) ? addresses : undefined;
}

/** One of a name: of two, each program on the way could believe another. */
function extensionsOf({ headers }: SipRequest): Map<string, string> | undefined {
  const extensions = new Map<string, string>();
  for (const { name, value } of headers) {
    const canonical = canonicalHeaderName(name);
    if (!canonical.startsWith('x-')) continue;
    if (extensions.has(canonical)) return undefined;
    extensions.set(canonical, value);
  }
  return extensions;
}
