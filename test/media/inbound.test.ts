import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SampleRing } from '../../src/audio/sample-ring.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { FAR_ADDRESS, FAR_PORT, LegHarness, PhoneStream } from '../support/leg-harness.ts';
import { clipOf } from '../support/mixing.ts';

const voice = tone(500, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 });
describe('what the phone says', () => {
  it('reaches the agent at its level, at the rate the agent asked for', () => {
    const harness = new LegHarness();
    const phone = new PhoneStream(voice);
    harness.openRawLine(16_000);
    harness.run(2000, () => harness.receive(phone.next()));
    const heard = harness.heardByAgent();
    expect(heard.length).toBe(32_000);
    expect(toneLevelDb(heard.subarray(16_000), 500, 16_000)).toBeCloseTo(-10, 0);
  });

  it('reaches a listener in chunks of the length asked for, until it stops', () => {
    const harness = new LegHarness();
    const phone = new PhoneStream(voice);
    harness.handle({ kind: 'listen', rateHz: 16_000, chunkMs: 50 });
    harness.run(2000, () => harness.receive(phone.next()));
    const chunks = harness.eventsOf('heard-samples');
    expect(chunks.length).toBe(40);
    expect(new Set(chunks.map(({ samples }) => samples.length))).toEqual(new Set([800]));
    expect(toneLevelDb(harness.heardByListener().subarray(16_000), 500, 16_000)).toBeCloseTo(-10, 0);
    harness.handle({ kind: 'listen', rateHz: 16_000, chunkMs: 0 });
    harness.run(1000);
    expect(harness.eventsOf('heard-samples').length).toBe(40);
  });

  it('is written into a shared ring for another thread, with how loud we speak ourselves', () => {
    const harness = new LegHarness();
    const phone = new PhoneStream(voice);
    const reader = SampleRing.create(16_384);
    harness.handle({ kind: 'tap-caller', ring: reader.buffer });
    const ambience = tone(1000, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 });
    harness.handle({ kind: 'start-loop', track: 'a', clip: clipOf(ambience), gain: 1, fadeMs: 0 });
    harness.run(1000, () => harness.receive(phone.next()));
    const samples = new Int16Array(8000);
    expect(reader.read(samples)).toBe(true);
    expect(reader.read(samples.subarray(0, 160))).toBe(false);
    expect(toneLevelDb(samples.subarray(4000), 500, 8000)).toBeCloseTo(-10, 0);
    expect(reader.outboundSpeechDb).toBe(-120);

    harness.handle({ kind: 'queue-clip', playoutId: 1, clip: clipOf(voice) });
    harness.run(500);
    // The RMS of a sine is 3 dB below its peak.
    expect(reader.outboundSpeechDb).toBeCloseTo(-13, 0);
    harness.handle({ kind: 'pause' });
    harness.run(20);
    expect(reader.outboundSpeechDb).toBe(-120);
    harness.handle({ kind: 'tap-caller', ring: undefined });
    const before = reader.available;
    harness.run(200);
    expect(reader.available).toBe(before);
  });

  it('comes back to the phone as an echo', () => {
    const harness = new LegHarness();
    const phone = new PhoneStream(voice);
    harness.handle({ kind: 'echo', enabled: true });
    harness.run(2000, () => harness.receive(phone.next()));
    expect(toneLevelDb(harness.heardByPhone(50), 500, 8000)).toBeCloseTo(-10, 0);
    harness.handle({ kind: 'echo', enabled: false });
    harness.run(1000, () => harness.receive(phone.next()));
    expect(toneLevelDb(harness.heardByPhone(110), 500, 8000)).toBeLessThan(-60);
  });

  it('goes to the agent without the ambience and without what the agent itself says', () => {
    const harness = new LegHarness();
    const phone = new PhoneStream(voice);
    const line = harness.openRawLine(16_000);
    const ambience = tone(1000, { rateHz: 8000, lengthSamples: 8000, levelDb: -20 });
    const shared = new Int16Array(new SharedArrayBuffer(16_000));
    shared.set(ambience);
    const clip = { hash: 'ambience', rateHz: 8000, samples: shared };
    harness.handle({ kind: 'start-loop', track: 'ambience', clip, gain: 1, fadeMs: 0 });
    const speech = new Uint8Array(tone(1800, { rateHz: 16_000, lengthSamples: 32_000, levelDb: -10 }).buffer);
    line.play(speech, undefined);
    harness.run(2000, () => harness.receive(phone.next()));
    const heard = harness.heardByAgent().subarray(16_000);
    expect(toneLevelDb(heard, 500, 16_000)).toBeCloseTo(-10, 0);
    expect(toneLevelDb(heard, 1000, 16_000)).toBeLessThan(-65);
    expect(toneLevelDb(heard, 1800, 16_000)).toBeLessThan(-65);
    expect(toneLevelDb(harness.heardByPhone(50), 1000, 8000)).toBeCloseTo(-20, 0);
    expect(toneLevelDb(harness.heardByPhone(50), 1800, 8000)).toBeCloseTo(-10, 0);
  });
});

describe('who is heard', () => {
  const attack = tone(2000, { rateHz: 8000, lengthSamples: 8000, levelDb: -3 });

  it.each([
    ['an SSRC of its own', 0x9999],
    ["the phone's SSRC", 0x1234],
  ])('is never a stranger with %s, before, with or after the phone', (_, ssrc) => {
    const harness = new LegHarness();
    harness.openRawLine(16_000);
    const phone = new PhoneStream(voice);
    const stranger = new PhoneStream(attack, ssrc);
    harness.run(500, () => harness.receive(stranger.next(), '192.0.2.66', FAR_PORT));
    harness.run(2000, () => {
      harness.receive(stranger.next(), '192.0.2.66', FAR_PORT);
      harness.receive(phone.next());
    });
    harness.run(500, () => harness.receive(stranger.next(), '192.0.2.66', FAR_PORT));

    expect(harness.leg.stats.inbound.dropped['foreign-source']).toBe(150);
    expect(harness.leg.stats.inbound.packets).toBe(100);
    expect(toneLevelDb(harness.heardByAgent(), 2000, 16_000)).toBeLessThan(-60);
    expect(harness.leg.rtpAddress).toBe(FAR_ADDRESS);
    expect(harness.leg.rtpPort).toBe(FAR_PORT);
  });

  it('is a phone behind NAT, once its leg allows that, and it is answered where it sends from', () => {
    const harness = new LegHarness({ symmetricRtp: true, audio: { remoteAddress: '10.0.0.7' } });
    harness.openRawLine(16_000);
    const phone = new PhoneStream(voice);
    harness.run(1000, () => harness.receive(phone.next(), '198.51.100.4', 40_000));
    expect(toneLevelDb(harness.heardByAgent().subarray(8000), 500, 16_000)).toBeCloseTo(-10, 0);
    expect([harness.leg.rtpAddress, harness.leg.rtpPort]).toEqual(['198.51.100.4', 40_000]);
  });

  it('is nobody before the negotiation and nobody while only we may speak', () => {
    const harness = new LegHarness({ audio: { direction: 'sendonly' } });
    const phone = new PhoneStream(voice);
    harness.run(200, () => harness.receive(phone.next()));
    expect(harness.leg.stats.inbound.packets).toBe(0);
    expect(harness.leg.stats.inbound.dropped['not-receiving']).toBe(10);
  });
});

describe('what else comes to a media port', () => {
  it.each([
    ['stun', [0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42]],
    ['dtls', [0x16, 0xfe, 0xfd]],
    ['bad-version', [0x40, 0x00]],
  ])('is counted as %s and does the call no harm', (reason, head) => {
    const harness = new LegHarness();
    const phone = new PhoneStream(voice);
    harness.openRawLine(16_000);
    const datagram = new Uint8Array(60);
    datagram.set(head);
    harness.run(2000, () => {
      harness.receive(datagram);
      harness.receive(phone.next());
    });
    expect(harness.leg.stats.inbound.dropped[reason]).toBe(100);
    expect(toneLevelDb(harness.heardByAgent().subarray(16_000), 500, 16_000)).toBeCloseTo(-10, 0);
  });

  it('is refused when its payload type was not negotiated', () => {
    const harness = new LegHarness();
    const datagram = new PhoneStream(voice).next();
    datagram[1] = 9;
    harness.receive(datagram);
    expect(harness.leg.stats.inbound.dropped['unknown-payload-type']).toBe(1);
  });

  it.each([
    ['from the phone is no loss, and nothing is made up for it', FAR_ADDRESS, 0x1234, 0],
    ['from elsewhere hides no loss', '192.0.2.66', 0x1234, 1],
    ['of another stream hides no loss', FAR_ADDRESS, 0x9999, 1],
  ])('of a payload type nobody negotiated %s', (_what, address, ssrc, lost) => {
    const harness = new LegHarness();
    harness.openRawLine(16_000);
    const phone = new PhoneStream(voice);
    harness.run(1000, () => harness.receive(phone.next()));
    const stray = phone.next();
    stray[1] = 9;
    new DataView(stray.buffer).setUint32(8, ssrc);
    harness.run(20, () => harness.receive(stray, address));
    harness.run(1000, () => harness.receive(phone.next()));
    const { inbound } = harness.leg.stats;
    expect(inbound.dropped['unknown-payload-type']).toBe(1);
    expect(inbound.lost).toBe(lost);
    expect(inbound.concealedMs).toBe(20 * lost);
    expect(toneLevelDb(harness.heardByAgent().subarray(-8000), 500, 16_000)).toBeCloseTo(-10, 0);
  });

  it('never ends the call, whatever its octets', () => {
    const harness = new LegHarness({ audio: { rtcpMux: true } });
    const header = fc.constantFrom(
      [],
      [0x80, 0x00],
      [0x80, 0x65],
      [0x90, 0x00],
      [0xb0, 0x80],
      [0x80, 200],
      [0x81, 201],
      [0x81, 203],
    );
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 400 }), fc.boolean(), (head, tail, toRtcp) => {
        const datagram = Uint8Array.from([...head, ...tail]);
        if (toRtcp) harness.receiveRtcp(datagram);
        else harness.receive(datagram);
        harness.run(20);
        expect(harness.eventsOf('failed')).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('keys pressed on the phone', () => {
  it('are told once each, when they end, and are not heard as audio', () => {
    const harness = new LegHarness();
    harness.openRawLine(16_000);
    const phone = new PhoneStream(tone(500, { rateHz: 8000, lengthSamples: 8000, levelDb: -90 }));
    harness.run(200, () => harness.receive(phone.next()));
    for (const packet of keyPress(5, { firstSequence: 110, timestamp: 6600 })) {
      harness.receive(packet);
      harness.run(20);
    }
    expect(harness.eventsOf('digit')).toEqual([{ kind: 'digit', digit: '5', durationMs: 100 }]);
    expect(toneLevelDb(harness.heardByAgent(), 770, 16_000)).toBeLessThan(-60);
  });

  it('are told even when every end packet is lost', () => {
    const harness = new LegHarness();
    const packets = keyPress(11, { firstSequence: 1, timestamp: 800 }).slice(0, 3);
    harness.run(60, (tick) => harness.receive(packets[tick]!));
    harness.run(500);
    expect(harness.eventsOf('digit').map(({ digit }) => digit)).toEqual(['#']);
  });

  it('are not believed from a stranger', () => {
    const harness = new LegHarness();
    for (const packet of keyPress(1, { firstSequence: 1, timestamp: 800 })) {
      harness.receive(packet, '192.0.2.66');
    }
    harness.run(500);
    expect(harness.eventsOf('digit')).toEqual([]);
  });
});

describe('silence from the phone', () => {
  it('is told once each time it lasts too long', () => {
    const harness = new LegHarness({ silenceTimeoutMs: 5000 });
    const phone = new PhoneStream(voice);
    harness.run(12_000);
    expect(harness.eventsOf('media-silent')).toEqual([{ kind: 'media-silent', silentMs: 5000 }]);
    harness.run(1000, () => harness.receive(phone.next()));
    harness.run(12_000);
    expect(harness.eventsOf('media-silent').length).toBe(2);
  });

  it('is never told where no time is set', () => {
    const harness = new LegHarness({ silenceTimeoutMs: 0 });
    harness.run(60_000);
    expect(harness.eventsOf('media-silent')).toEqual([]);
  });

  it('is to be expected while the phone may not speak', () => {
    const harness = new LegHarness({ silenceTimeoutMs: 5000, audio: { direction: 'inactive' } });
    harness.run(12_000);
    harness.negotiate({ direction: 'sendrecv' });
    harness.run(4000);
    expect(harness.eventsOf('media-silent')).toEqual([]);
  });
});

/** RFC 4733: 100 ms with an update every 20 ms and three end packets. */
function keyPress(event: number, at: { firstSequence: number; timestamp: number }): Uint8Array[] {
  return [160, 320, 480, 640, 800, 800, 800].map((duration, index) => {
    const packet = new Uint8Array(16);
    writeRtpHeader(packet, 101, index === 0, at.firstSequence + index, at.timestamp, 0x1234);
    packet.set([event, index >= 4 ? 0x8a : 0x0a, duration >> 8, duration & 0xff], 12);
    return packet;
  });
}
