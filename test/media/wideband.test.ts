import { describe, expect, it } from 'vitest';
import { G722Decoder } from '../../codecs/g722.ts';
import { pcmuDecoder } from '../../codecs/pcmu.ts';
import { SampleRing } from '../../src/audio/sample-ring.ts';
import { distortionDb, levelDb, noise, sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import { LegHarness, PhoneStream, type SentPacket } from '../support/leg-harness.ts';
import { gaps } from '../support/listening.ts';
import { clipOf } from '../support/mixing.ts';
import { G722_AUDIO, heardWide, WIDE_HZ, WidePhoneStream } from '../support/wideband.ts';

const rateHz = WIDE_HZ;
const wide = (): LegHarness => new LegHarness({ audio: G722_AUDIO });
const beyondNarrow = tone(6000, { rateHz, lengthSamples: rateHz, levelDb: -15 });
const low = (levelDb: number) => tone(440, { rateHz, lengthSamples: rateHz, levelDb });

describe('what a G.722 phone says', () => {
  it('reaches a raw audio agent at 16 kHz as it was decoded, sample for sample', () => {
    const harness = wide();
    const line = harness.openRawLine(16_000);
    const phone = new WidePhoneStream(noise({ lengthSamples: rateHz, peak: 9000 }));
    const sent: Uint8Array[] = [];
    harness.run(2000, () => {
      sent.push(phone.next());
      harness.receive(sent.at(-1)!);
    });
    expect(line.chunk.length).toBe(640);
    const decoder = new G722Decoder();
    const decoded = new Int16Array(sent.length * 320);
    for (const [index, octets] of sent.entries()) decoder.decode(octets, 12, 160, decoded, index * 320);
    const heard = harness.heardByAgent();
    const lead = heard.findIndex((_, at) => at > 320 && equal(heard, at, decoded, 320, 320)) - 320;
    expect(lead).toBeGreaterThanOrEqual(0);
    expect(lead).toBeLessThan(3 * 320);
    expect(heard.subarray(lead + 320)).toEqual(decoded.subarray(320, heard.length - lead));
  });

  it('has its 6 kHz for whoever listens, at 16 kHz', () => {
    const harness = wide();
    const ring = SampleRing.create(65_536, rateHz);
    harness.handle({ kind: 'listen', rateHz, chunkMs: 100 });
    harness.handle({ kind: 'tap-caller', ring: ring.buffer });
    const phone = new WidePhoneStream(beyondNarrow);
    harness.run(2000, () => harness.receive(phone.next()));
    const tapped = new Int16Array(rateHz);
    expect(ring.read(tapped)).toBe(true);
    for (const heard of [harness.heardByListener().subarray(-rateHz), tapped.subarray(rateHz / 2)]) {
      expect(toneLevelDb(heard, 6000, rateHz)).toBeCloseTo(-15, 0);
    }
  });

  it('comes back as an echo, to 6 kHz, and is counted by the clock of 8 kHz', () => {
    const harness = wide();
    harness.handle({ kind: 'echo', enabled: true });
    const phone = new WidePhoneStream(beyondNarrow);
    harness.run(2000, () => harness.receive(phone.next()));
    expect(toneLevelDb(heardWide(harness.sent).subarray(-rateHz), 6000, rateHz)).toBeCloseTo(-15, 0);
    const steps = new Set(
      harness.sent.slice(1).map(({ timestamp }, i) => timestamp - harness.sent[i]!.timestamp),
    );
    expect([...steps]).toEqual([160]);
    expect(new Set(harness.sent.map(({ payload }) => payload.length))).toEqual(new Set([160]));
    const { inbound } = harness.leg.stats;
    expect(inbound).toMatchObject({ packets: 100, lost: 0, late: 0, concealedMs: 0 });
    expect(inbound.jitterMs).toBeLessThan(1);
  });

  it('is concealed when it is lost, and counted in milliseconds', () => {
    const harness = wide();
    harness.handle({ kind: 'listen', rateHz, chunkMs: 20 });
    const phone = new WidePhoneStream(low(-10));
    harness.run(2000, (tick) => {
      const datagram = phone.next();
      if (tick !== 60) harness.receive(datagram);
    });
    expect(harness.leg.stats.inbound).toMatchObject({ lost: 1, concealedMs: 20 });
    const heard = harness.heardByListener().subarray(rateHz / 2);
    expect(gaps(heard, rateHz, { leastMs: 2, peak: 100 })).toEqual([]);
    expect(levelDb(heard)).toBeCloseTo(-10, 0);
  });
});

describe('what a G.722 phone hears', () => {
  it('is an ambience with everything up to 7 kHz, under a voice that has it too', () => {
    const harness = wide();
    const ambience = clipOf(tone(5000, { rateHz, lengthSamples: rateHz, levelDb: -30 }), rateHz);
    harness.handle({ kind: 'start-loop', track: 'ambience', clip: ambience, gain: 1, fadeMs: 0 });
    harness.handle({ kind: 'queue-stream', playoutId: 1, rateHz });
    harness.handle({ kind: 'stream-samples', playoutId: 1, samples: beyondNarrow });
    harness.handle({ kind: 'stream-end', playoutId: 1 });
    harness.run(2000);
    const heard = heardWide(harness.sent);
    const spoken = heard.subarray(0.2 * rateHz, 0.9 * rateHz);
    expect(toneLevelDb(spoken, 6000, rateHz)).toBeCloseTo(-15, 0);
    expect(toneLevelDb(spoken, 5000, rateHz)).toBeCloseTo(-30, 0);
    const after = heard.subarray(1.2 * rateHz);
    expect(toneLevelDb(after, 5000, rateHz)).toBeCloseTo(-30, 0);
    expect(toneLevelDb(after, 6000, rateHz)).toBeLessThan(-70);
    expect(harness.eventsOf('playout-ended')).toMatchObject([
      { playoutId: 1, playedMs: 1000, cause: 'finished' },
    ]);
  });

  it('is a raw audio agent at 16 kHz, without a resampler in between, and others resampled', () => {
    for (const [agentHz, frequencyHz] of [
      [16_000, 6000],
      [24_000, 6000],
      [8000, 3000],
    ] as const) {
      const harness = wide();
      const line = harness.openRawLine(agentHz);
      const speech = tone(frequencyHz, { rateHz: agentHz, lengthSamples: 2 * agentHz, levelDb: -15 });
      const frame = agentHz / 50;
      harness.run(2000, (tick) =>
        line.play(new Uint8Array(speech.slice(tick * frame, (tick + 1) * frame).buffer), undefined),
      );
      const heard = heardWide(harness.sent).subarray(-rateHz);
      expect(toneLevelDb(heard, frequencyHz, rateHz), `${agentHz} Hz`).toBeCloseTo(-15, 0);
    }
  });

  it('has key tones in the place of audio, as long as on a narrow line', () => {
    const harness = wide();
    harness.handle({ kind: 'send-digits', digits: '5' });
    harness.run(300);
    const events = harness.sent.filter(({ payloadType }) => payloadType === 101);
    expect(events.map(({ payload }) => (payload[2]! << 8) | payload[3]!)).toEqual([
      160, 320, 480, 640, 800, 800, 800,
    ]);
  });

  it('was told to the leg before there was a codec, and is played when there is one', () => {
    const late = new LegHarness({ audio: 'later' });
    const ambience = clipOf(beyondNarrow, rateHz);
    late.handle({ kind: 'start-loop', track: 'ambience', clip: ambience, gain: 1, fadeMs: 0 });
    late.run(100);
    expect(late.sent).toEqual([]);
    late.negotiate(G722_AUDIO);
    late.run(1000);
    expect(toneLevelDb(heardWide(late.sent).subarray(1600), 6000, rateHz)).toBeCloseTo(-15, 0);
    expect(late.eventsOf('failed')).toEqual([]);
  });
});

describe('a call that changes between codecs of 16 and 8 kHz', () => {
  const changes = [
    ['G722', 'PCMU', 'G722'],
    ['PCMU', 'G722', 'PCMU'],
  ] as const;

  it.each(changes)('keeps its tracks, its queue and its place in both: %s, %s, %s', (...codecs) => {
    const legHz = codecs[0] === 'G722' ? 16_000 : 8000;
    const harness = new LegHarness({ audio: audioOf(codecs[0]) });
    const second = tone(440, { rateHz: legHz, lengthSamples: legHz, levelDb: -20 });
    const silentlyLonger = new Int16Array(legHz * 4);
    silentlyLonger.set(second);
    const loop = clipOf(silentlyLonger, legHz);
    harness.handle({ kind: 'start-loop', track: 'ambience', clip: loop, gain: 1, fadeMs: 0 });
    const speech = clipOf(tone(1000, { rateHz: legHz, lengthSamples: 2.5 * legHz, levelDb: -15 }), legHz);
    harness.handle({ kind: 'queue-clip', playoutId: 7, clip: speech });
    for (const codec of codecs) {
      harness.negotiate(audioOf(codec));
      harness.run(1000);
    }
    harness.run(2000);
    expect(harness.eventsOf('failed')).toEqual([]);
    expect(harness.eventsOf('playout-ended')).toMatchObject([
      { playoutId: 7, playedMs: 2500, cause: 'finished' },
    ]);
    expect(harness.eventsOf('playout-started')).toHaveLength(1);
    const numbers = harness.sent.map(({ sequenceNumber }) => sequenceNumber);
    expect(numbers.every((number, i) => i === 0 || number === ((numbers[i - 1]! + 1) & 0xffff))).toBe(true);
    const heard = heardBy(harness.sent);
    for (const [at, voice, ambience] of [
      [0.3, -15, -20],
      [1.3, -15, undefined],
      [2.1, -15, undefined],
      [4.3, undefined, -20],
    ] as const) {
      const stretch = heard.subarray(at * rateHz, (at + 0.3) * rateHz);
      for (const [hz, level] of [
        [1000, voice],
        [440, ambience],
      ] as const) {
        const actual = toneLevelDb(stretch, hz, rateHz);
        if (level === undefined) expect(actual, `${hz} Hz at ${at} s`).toBeLessThan(-60);
        else expect(actual, `${hz} Hz at ${at} s`).toBeCloseTo(level, 0);
      }
    }
    // The loop began at 0 and begins again at 4 s, to the frame.
    const onset = heard.subarray(3.5 * rateHz).findIndex((sample) => Math.abs(sample) > 800);
    expect(3500 + (onset * 1000) / rateHz).toBeGreaterThan(4000 - 60);
    expect(3500 + (onset * 1000) / rateHz).toBeLessThan(4000 + 20);
  });

  it.each(changes)('does not click where it changes: %s, %s, %s', (...codecs) => {
    const legHz = codecs[0] === 'G722' ? 16_000 : 8000;
    const harness = new LegHarness({ audio: audioOf(codecs[0]) });
    const sound = tone(440, { rateHz: legHz, lengthSamples: legHz, levelDb: -10 });
    harness.handle({ kind: 'start-loop', track: 'tone', clip: clipOf(sound, legHz), gain: 1, fadeMs: 50 });
    for (const codec of codecs) {
      harness.negotiate(audioOf(codec));
      harness.run(500);
    }
    const heard = heardBy(harness.sent);
    expect(gaps(heard.subarray(1600), rateHz, { leastMs: 20, peak: 100 })).toEqual([]);
    expect(sharpestBend(heard, 1600)).toBeLessThan(3 * sharpestBend(low(-10)));
  });

  it('hears the old codec until the new one comes, and each without a gap', () => {
    const harness = wide();
    harness.handle({ kind: 'listen', rateHz, chunkMs: 20 });
    const widePhone = new WidePhoneStream(low(-10));
    const narrowPhone = new PhoneStream(tone(440, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 }));
    harness.run(1000, () => harness.receive(widePhone.next()));
    harness.negotiate(audioOf('PCMU'));
    harness.run(200, () => harness.receive(widePhone.next()));
    for (let passed = 0; passed < 60; passed++) narrowPhone.next();
    harness.run(1000, () => harness.receive(narrowPhone.next()));
    expect(harness.leg.stats.inbound.dropped).not.toHaveProperty('unknown-payload-type');
    expect(harness.leg.stats.inbound).toMatchObject({ lost: 0, concealedMs: 0 });
    const heard = harness.heardByListener().subarray(rateHz / 2);
    expect(gaps(heard, rateHz, { leastMs: 2, peak: 100 })).toEqual([]);
    expect(sharpestBend(heard)).toBeLessThan(2 * sharpestBend(low(-10)));
    expect(distortionDb(heard.subarray(-rateHz / 2), 440, rateHz)).toBeLessThan(-30);
  });
});

describe('two G.722 phones that are joined', () => {
  it('hear each other at 16 kHz, and no burst where an ambience begins and ends', () => {
    const [one, other] = [wide(), wide()];
    one.leg.join(other.leg, one.nowMs);
    const phone = new WidePhoneStream(beyondNarrow);
    const ambience = clipOf(low(-25), rateHz);
    for (let tick = 0; tick < 200; tick++) {
      if (tick === 70) other.handle({ kind: 'start-loop', track: 'a', clip: ambience, gain: 1, fadeMs: 0 });
      if (tick === 130) other.handle({ kind: 'stop-track', track: 'a', fadeMs: 0 });
      one.run(20, () => one.receive(phone.next()));
      other.run(20);
    }
    const heard = heardWide(other.sent);
    expect(other.sent.length).toBeGreaterThan(190);
    expect(toneLevelDb(heard.subarray(rateHz / 2, rateHz), 6000, rateHz)).toBeCloseTo(-15, 0);
    expect(toneLevelDb(heard.subarray(-rateHz / 2), 6000, rateHz)).toBeCloseTo(-15, 0);
    const peak = heard.subarray(1600).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    expect(peak).toBeLessThan(1.2 * 32_768 * (10 ** (-15 / 20) + 10 ** (-25 / 20)));
  });
});

function audioOf(codec: 'G722' | 'PCMU'): { codec: 'G722' | 'PCMU'; payloadType: number } {
  return codec === 'G722' ? { codec, payloadType: 9 } : { codec, payloadType: 0 };
}

/** As a phone hears it that starts each codec anew; 8 kHz is doubled plainly, by a straight line. */
function heardBy(packets: readonly SentPacket[]): Int16Array {
  const heard = new Int16Array(packets.length * 320);
  let decoder = new G722Decoder();
  let last = 0;
  for (const [index, { payloadType, payload }] of packets.entries()) {
    if (payloadType === 9) {
      if (packets[index - 1]?.payloadType !== 9) decoder = new G722Decoder();
      decoder.decode(payload, 0, payload.length, heard, index * 320);
      continue;
    }
    const narrow = new Int16Array(160);
    pcmuDecoder.decode(payload, 0, 160, narrow, 0);
    for (const [i, sample] of narrow.entries()) {
      heard[index * 320 + 2 * i] = (last + sample) / 2;
      heard[index * 320 + 2 * i + 1] = sample;
      last = sample;
    }
  }
  return heard;
}

function equal(a: Int16Array, at: number, b: Int16Array, from: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[at + i] !== b[from + i]) return false;
  return true;
}
