/** A leg whose media is encrypted: what it hears and sends, and what attackers on its ports change: nothing. */
import { describe, expect, it } from 'vitest';
import { pcmuDecoder } from '../../codecs/pcmu.ts';
import { parseRtpPacket, RtpPacket } from '../../src/rtp/packet.ts';
import { parseRtcp, writeRtcp } from '../../src/rtp/rtcp.ts';
import { SrtcpReceiver } from '../../src/rtp/srtp/srtcp-receiver.ts';
import { SrtcpSender } from '../../src/rtp/srtp/srtcp-sender.ts';
import { SrtpReceiver } from '../../src/rtp/srtp/srtp-receiver.ts';
import { SrtpSender } from '../../src/rtp/srtp/srtp-sender.ts';
import type { NegotiatedSrtp } from '../../src/sdp/negotiated.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { FAR_ADDRESS, FAR_PORT, LegHarness, PhoneStream, type SentPacket } from '../support/leg-harness.ts';

const ourKey = keyOf(1);
const theirKey = keyOf(2);
const srtp: NegotiatedSrtp = {
  suite: 'AES_CM_128_HMAC_SHA1_80',
  localKey: ourKey,
  remoteKey: theirKey,
  remoteMkiOctets: 0,
};
const voice = tone(500, { rateHz: 8000, lengthSamples: 8000, levelDb: -12 });

describe('an encrypted leg', () => {
  it.each(['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'] as const)(
    'hears and is heard as one in the clear, by %s',
    (suite) => {
      const clear = echoing(new LegHarness(), new PhoneStream(voice));
      const harness = new LegHarness({ audio: { srtp: { ...srtp, suite } } });
      const phone = new Phone({ suite });
      const sealed = echoing(harness, phone);

      const heard = phone.hear(sealed);
      expect(heard.length).toBe(voice.length * 2);
      expect(toneLevelDb(heard.subarray(8000), 500, 8000)).toBeCloseTo(-12, 0);
      expect(sealed.map(({ datagram }) => datagram.length - tagOctets(suite))).toEqual(
        clear.map(({ datagram }) => datagram.length),
      );
      // Not a single packet is on the wire as it would be in the clear; by chance alone 1 octet in 256 is.
      const same = sealed.filter(({ payload }, at) => equalOctets(payload, clear[at]!.payload) > 20);
      expect(same).toEqual([]);
      expect(droppedBy(harness)).toEqual({});
    },
  );

  it('sends nothing twice under one key and number', () => {
    const harness = new LegHarness({ audio: { srtp } });
    const sealed = echoing(harness, new Phone());
    expect(new Set(sealed.map(({ ssrc, sequenceNumber }) => `${ssrc} ${sequenceNumber}`)).size).toBe(
      sealed.length,
    );
    // Far from the wrap, which a receiver that has heard nothing yet could not count.
    expect(sealed[0]!.sequenceNumber).toBeLessThan(2 ** 15);
  });

  it.each([true, false])('reports and is told by RTCP, on the port of RTP: %s', (rtcpMux) => {
    const harness = new LegHarness({ audio: { srtp, rtcpMux } });
    const phone = new Phone();
    harness.run(12_000, () => harness.receive(phone.next()));
    expect(harness.rtcpSent.length).toBeGreaterThan(1);
    for (const { datagram } of harness.rtcpSent) {
      expect(parseRtcp(datagram, datagram.length)).not.toMatchObject({
        value: [{ kind: 'sender-report' }, {}],
      });
      expect(phone.rtcp.unprotect(datagram, datagram.length)).toBeUndefined();
      const report = parseRtcp(datagram, phone.rtcp.length);
      expect(report).toMatchObject({ value: [{ kind: 'sender-report', ssrc: harness.sent[0]!.ssrc }, {}] });
    }

    const deliver = (datagram: Uint8Array) =>
      rtcpMux ? harness.receive(datagram) : harness.receiveRtcp(datagram);
    deliver(byeOf(phone.ssrc));
    expect(harness.eventsOf('rtcp-bye')).toEqual([]);
    expect(droppedBy(harness)).toEqual({ 'srtcp-auth-failed': 1 });
    const bye = phone.sealRtcp(byeOf(phone.ssrc));
    deliver(bye.slice());
    expect(harness.eventsOf('rtcp-bye').length).toBe(1);
    deliver(bye);
    expect(droppedBy(harness)).toEqual({ 'srtcp-auth-failed': 1, 'srtcp-replayed': 1 });
  });

  it('hears the caller through ten thousand packets that are not, and nothing of them', () => {
    const harness = new LegHarness({ audio: { srtp } });
    harness.handle({ kind: 'echo', enabled: true });
    const phone = new Phone();
    const attacker = new PhoneStream(
      tone(1700, { rateHz: 8000, lengthSamples: 8000, levelDb: -3 }),
      phone.ssrc,
    );
    const impostor = new Phone({ key: keyOf(9), frequencyHz: 1700 });
    let last: Uint8Array | undefined;
    harness.run(4000, () => {
      for (let packet = 0; packet < 25; packet++) {
        harness.receive(attacker.next());
        harness.receive(impostor.next());
      }
      const packet = phone.next();
      harness.receive(packet.slice());
      if (last !== undefined) harness.receive(last);
      last = packet;
    });
    expect(harness.eventsOf('failed')).toEqual([]);
    const dropped = droppedBy(harness);
    expect(dropped['srtp-auth-failed']! + dropped['srtp-replayed']!).toBe(10_199);
    expect(dropped['srtp-replayed']).toBeGreaterThanOrEqual(199);
    expect(harness.leg.stats.inbound).toMatchObject({
      packets: 200,
      lost: 0,
      concealedMs: expect.any(Number),
    });
    const heard = phone.hear(harness.sent).subarray(8000);
    expect(toneLevelDb(heard, 500, 8000)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(heard, 1700, 8000)).toBeLessThan(-50);
  });

  it('learns where the phone is from it alone, whoever else sends first', () => {
    const harness = new LegHarness({ symmetricRtp: true, audio: { srtp } });
    const phone = new Phone();
    const attacker = new PhoneStream(voice);
    harness.run(1000, () => {
      for (let packet = 0; packet < 10; packet++) harness.receive(attacker.next(), '203.0.113.6', 666);
    });
    expect([harness.leg.rtpAddress, harness.leg.rtpPort]).toEqual([FAR_ADDRESS, FAR_PORT]);
    harness.run(1000, () => {
      harness.receive(attacker.next(), '203.0.113.6', 666);
      harness.receive(phone.next(), '198.51.100.44', 7000);
    });
    expect([harness.leg.rtpAddress, harness.leg.rtpPort]).toEqual(['198.51.100.44', 7000]);
    expect(harness.leg.stats.inbound.packets).toBe(50);
    // Once the phone is known, strangers are not even looked at.
    expect(droppedBy(harness)['foreign-source']).toBeGreaterThan(40);
  });

  it('keeps its keys and its stream through hold and resume, and through a wrap of the numbers', () => {
    const harness = new LegHarness({ random: () => 0.99999, audio: { srtp } });
    const phone = new Phone({ firstSequence: 65_500 });
    const before = echoing(harness, phone);
    harness.negotiate({ srtp, direction: 'inactive' });
    harness.run(1000, () => harness.receive(phone.next()));
    harness.negotiate({ srtp });
    const after = echoing(harness, phone);
    expect(new Set([...before, ...after].map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(after.at(-1)!.sequenceNumber - before[0]!.sequenceNumber).toBe(199);
    expect(toneLevelDb(phone.hear([...before, ...after]).subarray(24_000), 500, 8000)).toBeCloseTo(-12, 0);
    expect(droppedBy(harness)).toEqual({ 'not-receiving': 50 });
  });

  it('takes another key of the caller without a gap, with late packets under the old one', () => {
    const harness = new LegHarness({ audio: { srtp }, random: counting() });
    const phone = new Phone();
    const before = echoing(harness, phone);
    const { concealedMs } = harness.leg.stats.inbound;

    const rekeyed = { ...srtp, remoteKey: keyOf(3), localKey: keyOf(4) };
    harness.negotiate({ srtp: rekeyed });
    // These had left before the caller had our answer.
    harness.run(60, () => harness.receive(phone.next()));
    const late = phone.next();
    phone.changeKeys(rekeyed);
    harness.run(20, () => harness.receive(phone.next()));
    harness.run(20, () => {
      harness.receive(late);
      harness.receive(phone.next());
    });
    const after = echoing(harness, phone);

    expect(droppedBy(harness)).toEqual({});
    expect(harness.leg.stats.inbound.lost).toBe(0);
    // One frame at most: the packet that came late.
    expect(harness.leg.stats.inbound.concealedMs - concealedMs).toBeLessThanOrEqual(40);
    expect(after[0]!.ssrc).not.toBe(before.at(-1)!.ssrc);
    expect(toneLevelDb(phone.hear(after).subarray(8000), 500, 8000)).toBeCloseTo(-12, 0);

    const old = new Phone({ firstSequence: 400 });
    harness.receive(old.next());
    expect(droppedBy(harness)).toEqual({ 'srtp-auth-failed': 1 });
  });

  it('may begin in the clear, become encrypted, and go back', () => {
    const harness = new LegHarness();
    const clear = new PhoneStream(voice, 0x99);
    const phone = new Phone();
    echoing(harness, clear);
    harness.negotiate({ srtp });
    const first = echoing(harness, phone);
    harness.negotiate({ srtp: undefined });
    const plain = echoing(harness, clear);
    expect(plain.at(-1)!.datagram.length).toBe(172);
    harness.negotiate({ srtp });
    const second = echoing(harness, phone);
    // The same key goes on counting where it was.
    expect(second[0]!.ssrc).toBe(first[0]!.ssrc);
    expect(toneLevelDb(phone.hear([...first, ...second]).subarray(24_000), 500, 8000)).toBeCloseTo(-12, 0);
    expect(droppedBy(harness)['srtp-auth-failed']).toBeUndefined();
  });
});

/** The caller's telephone: says a tone, and can open what it is sent. */
class Phone {
  readonly ssrc = 0x1234;
  #stream: PhoneStream;
  #sender: SrtpSender;
  #receiver: SrtpReceiver;
  #rtcpSender: SrtcpSender;
  rtcp: SrtcpReceiver;
  readonly #tagOctets: number;
  #behind: number;

  constructor(
    options: {
      suite?: NegotiatedSrtp['suite'];
      key?: string;
      frequencyHz?: number;
      firstSequence?: number;
    } = {},
  ) {
    const { suite = srtp.suite, key = theirKey, frequencyHz = 500, firstSequence = 100 } = options;
    this.#tagOctets = tagOctets(suite);
    this.#stream = new PhoneStream(
      tone(frequencyHz, { rateHz: 8000, lengthSamples: 8000, levelDb: -12 }),
      this.ssrc,
    );
    this.#behind = firstSequence - 100;
    const master = octetsOf(key);
    this.#sender = new SrtpSender({ master, tagOctets: this.#tagOctets });
    this.#rtcpSender = new SrtcpSender(master);
    this.#receiver = new SrtpReceiver({ master: octetsOf(ourKey), tagOctets: this.#tagOctets, mkiOctets: 0 });
    this.rtcp = new SrtcpReceiver({ master: octetsOf(ourKey), mkiOctets: 0 });
  }

  changeKeys({ localKey, remoteKey }: NegotiatedSrtp): void {
    const master = octetsOf(remoteKey);
    this.#sender = new SrtpSender({ master, tagOctets: this.#tagOctets });
    this.#rtcpSender = new SrtcpSender(master);
    this.#receiver = new SrtpReceiver({
      master: octetsOf(localKey),
      tagOctets: this.#tagOctets,
      mkiOctets: 0,
    });
  }

  next(): Uint8Array {
    const plain = this.#stream.next();
    const sequence = ((plain[2]! << 8) | plain[3]!) + this.#behind;
    plain[2] = sequence >>> 8;
    plain[3] = sequence;
    const datagram = new Uint8Array(plain.length + this.#tagOctets);
    datagram.set(plain);
    expect(this.#sender.protect(datagram, plain.length)).toBe(datagram.length);
    return datagram;
  }

  sealRtcp(plain: Uint8Array): Uint8Array {
    const datagram = new Uint8Array(plain.length + 14);
    datagram.set(plain);
    expect(this.#rtcpSender.protect(datagram, plain.length)).toBe(datagram.length);
    return datagram;
  }

  /** The audio of packets that the leg sent. */
  hear(sent: readonly SentPacket[]): Int16Array {
    const samples = new Int16Array(sent.length * 160);
    const packet = new RtpPacket();
    sent.forEach(({ datagram }, index) => {
      const opened = datagram.slice();
      expect(this.#receiver.unprotect(opened, opened.length)).toBeUndefined();
      expect(parseRtpPacket(opened, this.#receiver.length, packet)).toBeUndefined();
      pcmuDecoder.decode(opened, packet.payloadOffset, packet.payloadLength, samples, index * 160);
    });
    return samples;
  }
}

/** Two seconds in which the caller hears itself: the packets that the leg sent. */
function echoing(harness: LegHarness, phone: { next(): Uint8Array }): SentPacket[] {
  const from = harness.sent.length;
  harness.handle({ kind: 'echo', enabled: true });
  harness.run(2000, () => harness.receive(phone.next()));
  return harness.sent.slice(from);
}

function droppedBy(harness: LegHarness): Record<string, number> {
  return Object.fromEntries(
    Object.entries(harness.leg.stats.inbound.dropped).filter(([, count]) => count > 0),
  );
}

function byeOf(ssrc: number): Uint8Array {
  const octets = new Uint8Array(100);
  const cname = new TextEncoder().encode('phone');
  return octets.slice(0, writeRtcp(octets, { ssrc, sender: undefined, block: undefined, cname, bye: true }));
}

function tagOctets(suite: NegotiatedSrtp['suite']): number {
  return suite === 'AES_CM_128_HMAC_SHA1_80' ? 10 : 4;
}

function keyOf(seed: number): string {
  return Buffer.from(Uint8Array.from({ length: 30 }, (_, index) => index * 13 + seed)).toString('base64');
}

function octetsOf(key: string): Uint8Array {
  return Uint8Array.from(Buffer.from(key, 'base64'));
}

function equalOctets(a: Uint8Array, b: Uint8Array): number {
  return b.filter((octet, at) => octet === a[at]).length;
}

/** Another value each time, for SSRCs that differ. */
function counting(): () => number {
  let count = 0;
  return () => (count++ % 97) / 97;
}
