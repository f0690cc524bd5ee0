/** What a certificate says its owner is, as SIP has it (RFC 5922 section 7.1). */
import { isIP } from 'node:net';

/** Of `PeerCertificate` and `X509Certificate` alike. */
export interface CertificateNames {
  /** `DNS:a.example, URI:sip:b.example`, values with commas in quotes; undefined: the extension is not there. */
  readonly altNames: string | undefined;
  readonly commonName: string | undefined;
}

/**
 * SIP domains, host names and addresses, in lower case. "If and only if the subjectAltName does not appear in the
 * certificate", the common name counts.
 */
export function certifiedNames({ altNames, commonName }: CertificateNames): string[] {
  if (altNames === undefined) return commonName === undefined ? [] : [commonName.toLowerCase()];
  const names = [...altNames.matchAll(ALT_NAME)].flatMap(([, type = '', value = '']) => {
    if (value.startsWith('"')) return [];
    if (type === 'DNS') return [value.toLowerCase()];
    if (type === 'IP Address') return [canonicalAddress(value)];
    return type === 'URI' ? domainOf(value) : [];
  });
  return [...new Set(names)];
}

/** Whether one of the names is wanted. "Implementations MUST NOT match wildcards" (section 7.2): `*` is a letter. */
export function isCertifiedFor(names: readonly string[], wanted: readonly string[]): boolean {
  return wanted.some((name) => names.includes(canonicalAddress(name.toLowerCase())));
}

/** "URIs with a userpart" name a user, not a domain; other schemes say nothing of SIP. */
function domainOf(uri: string): string[] {
  const domain = /^sip:([^@;?\s]+)$/i.exec(uri)?.[1];
  return domain === undefined ? [] : [domain.toLowerCase()];
}

/** Without the zone of an address on the link, which means something to its own machine alone. */
function canonicalAddress(name: string): string {
  if (isIP(name) !== 6) return name;
  return new URL(`http://[${name.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
}

/**
 * One entry after the other, from the first on: what stands in quotes could pass for further entries (CVE-2021-44532),
 * and is passed over whole.
 */
const ALT_NAME = /(?:^|, )([^:",]+):("(?:[^"\\]|\\.)*"|[^",]*)/gy;
