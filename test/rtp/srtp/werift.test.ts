/** werift-rtp, SRTP by other people, as the far end: each side hears what the other protects. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtpHeader, SrtcpSession, SrtpSession } from 'werift-rtp';
import { writeRtpHeader } from '../../../src/rtp/packet.ts';
import { writeRtcp } from '../../../src/rtp/rtcp.ts';
import { SrtcpReceiver } from '../../../src/rtp/srtp/srtcp-receiver.ts';
import { SrtcpSender } from '../../../src/rtp/srtp/srtcp-sender.ts';
import { SrtpReceiver } from '../../../src/rtp/srtp/srtp-receiver.ts';
import { SrtpSender } from '../../../src/rtp/srtp/srtp-sender.ts';

const masters = fc.uint8Array({ minLength: 30, maxLength: 30 });
const payloads = fc.uint8Array({ minLength: 0, maxLength: 500 });
const tagOctets = 10;

describe('werift-rtp and we', () => {
  it('hear the same RTP, across a wrap of the sequence number', () => {
    fc.assert(
      fc.property(masters, payloads, fc.nat(0xffffffff), (master, payload, ssrc) => {
        const theirs = new SrtpSession(configFor(master));
        const sender = new SrtpSender({ master, tagOctets });
        const receiver = new SrtpReceiver({ master, tagOctets, mkiOctets: 0 });
        for (let packet = 0; packet < 10; packet++) {
          const sequenceNumber = (65_530 + packet) & 0xffff;
          const plain = new Uint8Array(12 + payload.length);
          plain.set(payload, writeRtpHeader(plain, 8, packet === 0, sequenceNumber, packet * 160, ssrc));

          const ours = new Uint8Array(plain.length + tagOctets);
          ours.set(plain);
          expect(sender.protect(ours, plain.length)).toBe(ours.length);
          expect([...theirs.decrypt(Buffer.from(ours))]).toEqual([...plain]);

          const header = RtpHeader.deSerialize(Buffer.from(plain));
          const encrypted = Uint8Array.from(theirs.encrypt(Buffer.from(payload), header));
          expect(encrypted).toEqual(ours);
          expect(receiver.unprotect(encrypted, encrypted.length)).toBeUndefined();
          expect(encrypted.subarray(0, receiver.length)).toEqual(plain);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('hear the same RTCP', () => {
    fc.assert(
      fc.property(masters, fc.uint8Array({ maxLength: 255 }), (master, cname) => {
        const theirs = new SrtcpSession(configFor(master));
        const sender = new SrtcpSender(master);
        const receiver = new SrtcpReceiver({ master, mkiOctets: 0 });
        for (let packet = 0; packet < 3; packet++) {
          const octets = new Uint8Array(600);
          const report = { ssrc: 0xcafebabe, sender: undefined, block: undefined, cname, bye: packet === 2 };
          const length = writeRtcp(octets, report);
          const plain = octets.slice(0, length);
          const protectedLength = sender.protect(octets, length);
          expect([...theirs.decrypt(Buffer.from(octets.subarray(0, protectedLength)))]).toEqual([...plain]);

          const encrypted = Uint8Array.from(theirs.encrypt(Buffer.from(plain)));
          expect(receiver.unprotect(encrypted, encrypted.length)).toBeUndefined();
          expect(encrypted.subarray(0, receiver.length)).toEqual(plain);
        }
      }),
      { numRuns: 20 },
    );
  });
});

function configFor(master: Uint8Array): ConstructorParameters<typeof SrtpSession>[0] {
  const key = Buffer.from(master.subarray(0, 16));
  const salt = Buffer.from(master.subarray(16));
  return {
    keys: { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt },
    profile: 1,
  };
}
