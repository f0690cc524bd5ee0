/** Who calls, as an INVITE of ours says it. */
import type { HeaderField } from '../sip/message/message.ts';
import { serializeNameAddress } from '../sip/message/name-address.ts';
import { escapeUser } from '../sip/message/uri.ts';
import type { OutboundTrunk } from './outbound-routes.ts';

export interface CallerId {
  readonly name: string | undefined;
  /** Empty: withheld. */
  readonly number: string;
}

/** `host` stands for us where no trunk says what we are called from. */
export function callerIdentity(
  { name, number }: CallerId,
  trunk: OutboundTrunk | undefined,
  host: string,
): { readonly from: string; readonly headers: readonly HeaderField[] } {
  const domain = trunk?.domain ?? host;
  const shown = number === '' ? ANONYMOUS : address(name, number, domain);
  if (number === '' || trunk === undefined || trunk.callerId === 'from') return { from: shown, headers: [] };
  const headers = [{ name: 'P-Asserted-Identity', value: shown }];
  if (trunk.callerId === 'both' || trunk.user === undefined) return { from: shown, headers };
  return { from: address(name, trunk.user, domain), headers };
}

function address(name: string | undefined, user: string, host: string): string {
  // Of control characters, CR and LF above all, nobody knows what the next hop makes of them.
  const displayName = name?.replace(/\p{Cc}/gu, ' ').trim() || undefined;
  const uri = {
    kind: 'sip',
    scheme: 'sip',
    user: escapeUser(user.replace(/[\p{Cc}\s]/gu, '')),
    password: undefined,
    host,
    port: undefined,
    parameters: [],
    headers: undefined,
  } as const;
  return serializeNameAddress({ displayName, uri, parameters: [] });
}

/** RFC 3323 section 4.1.1.3. */
const ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>';
