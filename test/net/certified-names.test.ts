import { describe, expect, it } from 'vitest';
import { certifiedNames, isCertifiedFor } from '../../src/net/certified-names.ts';

const names = (altNames: string | undefined, commonName?: string): string[] =>
  certifiedNames({ altNames, commonName });

describe('the names in a certificate', () => {
  it('are its SIP domains, host names and addresses, in lower case', () => {
    expect(
      names('DNS:SIP.Example.com, URI:sip:Example.com, IP Address:192.0.2.1, email:a@b.example'),
    ).toEqual(['sip.example.com', 'example.com', '192.0.2.1']);
  });

  it('are no users, and nothing of other schemes (RFC 5922 section 7.1)', () => {
    expect(names('URI:sip:alice@example.com, URI:https://www.example.com, URI:sips:s.example.com')).toEqual(
      [],
    );
  });

  it('are the common name only where there is no subjectAltName', () => {
    expect(names(undefined, 'PBX.example.com')).toEqual(['pbx.example.com']);
    expect(names('email:a@b.example', 'pbx.example.com')).toEqual([]);
    expect(names(undefined)).toEqual([]);
  });

  it('cannot be put into another name (CVE-2021-44532)', () => {
    expect(names('DNS:"a.example, DNS:evil.example, DNS:b.example", DNS:c.example')).toEqual(['c.example']);
    expect(names('othername:"x\\", DNS:evil.example", DNS:c.example')).toEqual(['c.example']);
    expect(names('DNS:a.example, nonsense, DNS:evil.example')).toEqual(['a.example']);
  });
});

describe('a certificate', () => {
  it('is for a name that stands in it, whatever its case and however an address is written', () => {
    expect(isCertifiedFor(['example.com'], ['EXAMPLE.com'])).toBe(true);
    expect(isCertifiedFor(names('IP Address:2001:DB8:0:0:0:0:0:1'), ['2001:db8::1'])).toBe(true);
    expect(isCertifiedFor(['example.com'], ['sip.example.com', 'example.org'])).toBe(false);
  });

  it('is for an address on the link, whichever of our interfaces leads there', () => {
    expect(isCertifiedFor(names('IP Address:FE80:0:0:0:0:0:0:1'), ['fe80::1%eth0'])).toBe(true);
    expect(isCertifiedFor(names('IP Address:FE80:0:0:0:0:0:0:2'), ['fe80::1%eth0'])).toBe(false);
  });

  it('with a wildcard is for no host, but for the wildcard itself where that is wanted (section 7.2)', () => {
    expect(isCertifiedFor(['*.example.com'], ['sip.example.com'])).toBe(false);
    expect(isCertifiedFor(['*.example.com'], ['*.example.com'])).toBe(true);
  });
});
