import { describe, expect, it } from 'vitest';
import { digestResponse, isSameDigest, parseAlgorithm } from '../../../src/sip/auth/digest.ts';

describe('a digest', () => {
  const rfc7616 = {
    username: 'Mufasa',
    realm: 'http-auth@example.org',
    password: 'Circle of Life',
    method: 'GET',
    uri: '/dir/index.html',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    protection: { cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ', nonceCount: '00000001' },
  };

  it.each([
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ] as const)('by %s is that of RFC 7616 section 3.9.1', (algorithm, expected) => {
    expect(digestResponse({ ...rfc7616, algorithm })).toBe(expected);
  });

  it('by MD5 is that of RFC 2617 section 3.5', () => {
    const input = {
      ...{ username: 'Mufasa', realm: 'testrealm@host.com', password: 'Circle Of Life' },
      ...{ algorithm: 'MD5' as const, method: 'GET', uri: '/dir/index.html' },
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
      protection: { cnonce: '0a4f113b', nonceCount: '00000001' },
    };
    expect(digestResponse(input)).toBe('6629fae49393a05397450978507c4ef1');
  });

  // Of another implementation: Python's hashlib. The names are of RFC 7616 section 3.9.2, in UTF-8.
  it.each([
    [
      'SHA-512-256',
      '86310f31c00554f3326050c2ddf8de56b3a20ffcb6eecbae29806afcddb18fbe',
      'ed8eb32236e4d9d0fc1bf7d454e73fc5e3f1afb890b4b4916985ad28a32b3418',
    ],
    [
      'SHA-256',
      'a0b672a496896baca1d62ed414844a34e1fc35dd92a9de069c785b24db38f136',
      '32c92b70f92461da97a148ea84e7402d423f82374304587bcceda9e2f88fb366',
    ],
    ['MD5', '24adbf1727e7d5ebff7f08f361af15df', '69d9bc8f8a73331575e96aa7dfcce3b7'],
  ] as const)('by %s is the same for another implementation', (algorithm, withQop, without) => {
    const input = {
      ...{ algorithm, username: 'Jäsøn Doe', realm: 'api@example.org', password: 'Secret, or not?' },
      ...{ method: 'INVITE', uri: 'sip:+4930@192.0.2.2' },
      nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
    };
    const protection = { cnonce: 'NTg6', nonceCount: '0000000a' };
    expect(digestResponse({ ...input, protection })).toBe(withQop);
    expect(digestResponse({ ...input, protection: undefined })).toBe(without);
  });

  it('is compared as a whole, in any case of its letters', () => {
    expect(isSameDigest('AB12', 'ab12')).toBe(true);
    expect(isSameDigest('ab13', 'ab12')).toBe(false);
    expect(isSameDigest('ab1', 'ab12')).toBe(false);
    expect(isSameDigest('', 'ab12')).toBe(false);
  });

  it('names its algorithm in any case; none is MD5, unknown ones are not taken for it', () => {
    expect(parseAlgorithm(undefined)).toBe('MD5');
    expect(parseAlgorithm('sha-256')).toBe('SHA-256');
    expect(parseAlgorithm('MD5-sess')).toBeUndefined();
  });
});
