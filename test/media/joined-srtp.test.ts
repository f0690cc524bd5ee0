import { expect, it } from 'vitest';
import { parseRtpPacket, RtpPacket } from '../../src/rtp/packet.ts';
import { SrtpReceiver } from '../../src/rtp/srtp/srtp-receiver.ts';
import { SrtpSender } from '../../src/rtp/srtp/srtp-sender.ts';
import type { NegotiatedSrtp } from '../../src/sdp/negotiated.ts';
import { tone } from '../support/audio.ts';
import { JoinedPair, payloadsOf, speech } from '../support/joined-pair.ts';
import { clipOf } from '../support/mixing.ts';

const voice = tone(500, { rateHz: 8000, lengthSamples: 80_000, levelDb: -10 });

it('passes between two phones with keys of their own, reordered packets too, each sealed once', () => {
  const [keyA, keyB] = [keysOf(1), keysOf(3)];
  const pair = new JoinedPair({ a: { audio: { srtp: keyA } }, b: { audio: { srtp: keyB } } });
  const plain = speech(voice, { fromMs: 1007, lengthMs: 3000 }).map((arrival, n) =>
    n === 60 ? { ...arrival, atMs: arrival.atMs + 45 } : arrival,
  );
  const expected = new Set(payloadsOf(plain).map((payload) => payload.join()));
  const phoneA = new SrtpSender({ master: octetsOf(keyA.remoteKey), tagOctets: 10 });
  pair.a.expect(
    plain.map(({ datagram, atMs }) => {
      const sealed = new Uint8Array(datagram.length + 10);
      sealed.set(datagram);
      phoneA.protect(sealed, datagram.length);
      return { datagram: sealed, atMs };
    }),
  );
  pair.join();
  pair.run(1500);
  pair.b.handle({ kind: 'queue-clip', playoutId: 1, clip: clipOf(new Int16Array(4000)) });
  pair.run(1500);

  const phoneB = new SrtpReceiver({ master: octetsOf(keyB.localKey), tagOctets: 10, mkiOctets: 0 });
  const packet = new RtpPacket();
  let same = 0;
  for (const { datagram } of pair.b.sent) {
    const opened = datagram.slice();
    expect(phoneB.unprotect(opened, opened.length)).toBeUndefined();
    expect(parseRtpPacket(opened, phoneB.length, packet)).toBeUndefined();
    const { payloadOffset, payloadLength } = packet;
    if (expected.has(opened.slice(payloadOffset, payloadOffset + payloadLength).join())) same++;
  }
  expect(pair.b.sent.length).toBeGreaterThan(145);
  // All but what was mixed with the clip, and until there was a pause to change in.
  expect(same).toBeGreaterThan(90);
  expect(new Set(pair.b.sent.map(({ sequenceNumber }) => sequenceNumber)).size).toBe(pair.b.sent.length);
});

function keysOf(seed: number): NegotiatedSrtp {
  const key = (octet: number): string => Buffer.alloc(30, octet).toString('base64');
  return {
    suite: 'AES_CM_128_HMAC_SHA1_80',
    localKey: key(seed),
    remoteKey: key(seed + 1),
    remoteMkiOctets: 0,
  };
}

function octetsOf(key: string): Uint8Array {
  return Buffer.from(key, 'base64');
}
