/** The test vectors of RFC 3711 appendix B, and the one packet that libsrtp's own tests begin with. */
import { describe, expect, it } from 'vitest';
import { AesCounterMode } from '../../../src/rtp/srtp/aes-counter-mode.ts';
import { deriveSessionKeys } from '../../../src/rtp/srtp/key-derivation.ts';
import { SrtcpReceiver } from '../../../src/rtp/srtp/srtcp-receiver.ts';
import { SrtcpSender } from '../../../src/rtp/srtp/srtcp-sender.ts';
import { SrtpReceiver } from '../../../src/rtp/srtp/srtp-receiver.ts';
import { SrtpSender } from '../../../src/rtp/srtp/srtp-sender.ts';

const master = octetsOf('E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6');

describe('RFC 3711 appendix B', () => {
  // Its last three blocks lie a megabyte on, where no packet of ours reaches.
  it('B.2: the AES-CM keystream', () => {
    const cipher = new AesCounterMode(
      octetsOf('2B7E151628AED2A6ABF7158809CF4F3C'),
      octetsOf('F0F1F2F3F4F5F6F7F8F9FAFBFCFD'),
    );
    const keystream = new Uint8Array(48);
    cipher.apply(keystream, 0, 48, 0, 0);
    expect(hexOf(keystream)).toBe(
      'E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0',
    );
  });

  it('B.3: the session keys of RTP', () => {
    const keys = deriveSessionKeys(master, 'rtp');
    expect(hexOf(keys.cipherKey)).toBe('C61E7A93744F39EE10734AFE3FF7A087');
    expect(hexOf(keys.salt)).toBe('30CBBC08863D8C85D49DB34A9AE1');
    expect(hexOf(keys.authenticationKey)).toBe('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4');
  });
});

describe("libsrtp's reference packets", () => {
  it.each([
    [10, '4E55DC4CE79978D88CA4D215949D2402 B78D6ACC99EA179B8DBB'],
    [4, '4E55DC4CE79978D88CA4D215949D2402 B78D6ACC'],
  ])('RTP with a tag of %i octets', (tagOctets, expected) => {
    const header = '800F1234DECAFBADCAFEBABE';
    const packet = new Uint8Array(64);
    packet.set(octetsOf(header + 'AB'.repeat(16)));
    const length = new SrtpSender({ master, tagOctets }).protect(packet, 28);
    expect(hexOf(packet.subarray(0, length))).toBe(header + expected.replaceAll(' ', ''));

    const receiver = new SrtpReceiver({ master, tagOctets, mkiOctets: 0 });
    expect(receiver.unprotect(packet, length)).toBeUndefined();
    expect(hexOf(packet.subarray(0, receiver.length))).toBe(header + 'AB'.repeat(16));
  });

  it('RTCP', () => {
    const header = '81C8000BCAFEBABE';
    const packet = new Uint8Array(64);
    packet.set(octetsOf(header + 'AB'.repeat(16)));
    const length = new SrtcpSender(master).protect(packet, 24);
    expect(hexOf(packet.subarray(0, length))).toBe(
      `${header}7128035BE487B9BDBEF89041F977A5A880000001993E08CD54D6C1230798`,
    );
    const receiver = new SrtcpReceiver({ master, mkiOctets: 0 });
    expect(receiver.unprotect(packet, length)).toBeUndefined();
    expect(hexOf(packet.subarray(0, receiver.length))).toBe(header + 'AB'.repeat(16));
  });
});

function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

function hexOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex').toUpperCase();
}
