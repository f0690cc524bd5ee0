import { describe, expect, it } from 'vitest';
import { decodeL16, encodeL16 } from '../../codecs/l16.ts';
import { LinearPhone, linearAudio } from '../../src/media/linear-phone.ts';
import { parseRtpPacket, RtpPacket } from '../../src/rtp/packet.ts';
import { levelDb, noise, tone, toneLevelDb } from '../support/audio.ts';
import { FAR_ADDRESS, FAR_PORT, LegHarness } from '../support/leg-harness.ts';
import { clipOf } from '../support/mixing.ts';

/** A leg whose phone is one of linear samples, at this rate, in virtual time. */
class LinearCall {
  readonly phone: LinearPhone;
  readonly legs: LegHarness;
  readonly heard: number[] = [];
  readonly #into = new Uint8Array(7680);
  readonly #samples = new Int16Array(3840);
  readonly #rateHz: number;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
    this.phone = new LinearPhone(rateHz);
    this.legs = new LegHarness({ audio: linearAudio(this.phone.codec, FAR_ADDRESS, FAR_PORT) });
  }

  say(samples: Int16Array, rateHz = this.#rateHz): void {
    this.phone.hear(octetsOf(samples), rateHz, this.legs.nowMs, (datagram) => this.legs.receive(datagram));
  }

  /** Runs for so long; `eachTick` gives what the phone says before each tick. */
  run(ms: number, eachTick: (tick: number) => readonly Int16Array[] = () => []): void {
    for (let tick = 0; tick < ms / 20; tick++) {
      for (const samples of eachTick(tick)) this.say(samples);
      const from = this.legs.sent.length;
      this.legs.run(20);
      for (const { datagram } of this.legs.sent.slice(from)) {
        const octets = this.phone.speak(datagram, this.#into, 0);
        const count = decodeL16(this.#into, 0, octets, this.#samples, 0);
        this.heard.push(...this.#samples.subarray(0, count));
      }
    }
  }

  heardFrom(ms: number): Int16Array {
    return Int16Array.from(this.heard.slice((ms * this.#rateHz) / 1000));
  }
}

function octetsOf(samples: Int16Array): Uint8Array {
  const octets = new Uint8Array(samples.length * 2);
  encodeL16(samples, 0, samples.length, octets, 0);
  return octets;
}

/** The piece of a tone that is said in a tick. */
function talking(frequencyHz: number, rateHz: number) {
  const second = tone(frequencyHz, { rateHz, lengthSamples: rateHz, levelDb: -10 });
  const frame = rateHz / 50;
  return (tick: number) => [second.slice((tick % 50) * frame, ((tick % 50) + 1) * frame)];
}

describe('a phone of linear samples', () => {
  it('echoes at 8 kHz sample by sample, 40 ms later', () => {
    const call = new LinearCall(8000);
    call.legs.handle({ kind: 'echo', enabled: true });
    const said = noise({ lengthSamples: 160, peak: 5000 });
    call.run(1000, (tick) => [tick === 10 ? said : new Int16Array(160)]);
    const heard = call.heardFrom(0);
    const at = heard.findIndex((_, index) => said.every((sample, i) => heard[index + i] === sample));
    expect(at).toBeGreaterThanOrEqual(10 * 160);
    expect(at).toBeLessThanOrEqual(10 * 160 + 3 * 160);
  });

  it.each([8000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000])(
    'is heard and hears at %i Hz with no gap and at its level',
    (rateHz) => {
      const call = new LinearCall(rateHz);
      call.legs.handle({ kind: 'echo', enabled: true });
      call.run(1000, talking(500, rateHz));
      const heard = call.heardFrom(200).subarray(0, rateHz / 2);
      expect(call.heard.length / rateHz).toBeCloseTo(1, 2);
      expect(toneLevelDb(heard, 500, rateHz)).toBeCloseTo(-10, 0);
      for (let at = 0; at + rateHz / 50 <= heard.length; at += rateHz / 50)
        expect(levelDb(heard.subarray(at, at + rateHz / 50))).toBeGreaterThan(-13);
    },
  );

  it('keeps the wide band of 16 kHz', () => {
    const call = new LinearCall(16_000);
    call.legs.handle({ kind: 'echo', enabled: true });
    call.run(1000, talking(6000, 16_000));
    expect(toneLevelDb(call.heardFrom(300).subarray(0, 8000), 6000, 16_000)).toBeCloseTo(-10, 0);
  });

  it('is heard whole however its samples are cut', () => {
    const call = new LinearCall(8000);
    call.legs.handle({ kind: 'echo', enabled: true });
    const second = tone(500, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 });
    call.run(1000, (tick) => [
      second.slice(tick * 160, tick * 160 + 1),
      second.slice(tick * 160 + 1, tick * 160 + 100),
      second.slice(tick * 160 + 100, (tick + 1) * 160),
    ]);
    const heard = call.heardFrom(200).subarray(0, 4800);
    expect(toneLevelDb(heard, 500, 8000)).toBeCloseTo(-10, 0);
  });

  it('hears what the leg plays, at the rate of the leg', () => {
    const call = new LinearCall(8000);
    const clip = clipOf(tone(440, { rateHz: 8000, lengthSamples: 8000, levelDb: -20 }), 8000);
    call.legs.handle({ kind: 'start-loop', track: 'ambience', clip, gain: 1, fadeMs: 0 });
    call.run(500);
    expect(call.heard.length).toBe(4000);
    expect(toneLevelDb(call.heardFrom(100), 440, 8000)).toBeCloseTo(-20, 0);
  });

  it('that was cut off for three seconds is heard within half a second of its time again', () => {
    const call = new LinearCall(8000);
    call.legs.handle({ kind: 'echo', enabled: true });
    const say = talking(500, 8000);
    call.run(1000, say);
    call.run(3000);
    // What was held up comes in one piece, and the voice goes on at another pitch.
    const other = talking(900, 8000);
    call.run(20, () => Array.from({ length: 150 }, (_, tick) => say(tick)[0]!));
    call.run(1000, other);
    const soon = call.heardFrom(4020 + 600).subarray(0, 1600);
    expect(toneLevelDb(soon, 900, 8000)).toBeCloseTo(-10, 0);
    expect(call.legs.leg.stats.inbound.playoutDelayMs).toBeLessThan(540);
  });

  it('that was silent for a minute is heard at once', () => {
    const call = new LinearCall(8000);
    call.legs.handle({ kind: 'echo', enabled: true });
    call.run(500, talking(500, 8000));
    call.run(60_000);
    call.run(500, talking(500, 8000));
    const heard = call.heardFrom(60_500 + 100).subarray(0, 2400);
    expect(toneLevelDb(heard, 500, 8000)).toBeCloseTo(-10, 0);
    expect(call.legs.leg.stats.inbound.playoutDelayMs).toBeLessThan(100);
  });

  it('that pours out a minute at once is heard with its end, and never late', () => {
    const call = new LinearCall(8000);
    call.legs.handle({ kind: 'echo', enabled: true });
    const say = talking(500, 8000);
    call.run(20, () => Array.from({ length: 3000 }, (_, tick) => say(tick)[0]!));
    call.run(1000, talking(900, 8000));
    expect(toneLevelDb(call.heardFrom(700).subarray(0, 1600), 900, 8000)).toBeCloseTo(-10, 0);
    expect(call.legs.leg.stats.inbound.dropped['overflow']).toBeGreaterThan(2900);
  });

  it('hears in turn the rate that it speaks at', () => {
    const call = new LinearCall(8000);
    call.run(100, talking(500, 8000));
    call.say(new Int16Array(320), 16_000);
    expect(call.phone.rateHz).toBe(16_000);
    const from = call.heard.length;
    call.run(20);
    expect(call.heard.length - from).toBe(320);
  });

  it('goes silent to its leg as others do, and is told as such', () => {
    const call = new LinearCall(8000);
    call.run(100, talking(500, 8000));
    call.run(31_000);
    expect(call.legs.eventsOf('media-silent')).toHaveLength(1);
  });

  it('numbers its packets as RTP does, and leaves out the time of a silence', () => {
    const phone = new LinearPhone(8000);
    const packets: { sequenceNumber: number; timestamp: number }[] = [];
    const packet = new RtpPacket();
    const hear = (nowMs: number) =>
      phone.hear(octetsOf(new Int16Array(160)), 8000, nowMs, (datagram) => {
        expect(parseRtpPacket(datagram, datagram.length, packet)).toBeUndefined();
        packets.push({ sequenceNumber: packet.sequenceNumber, timestamp: packet.timestamp });
      });
    for (const nowMs of [0, 20, 440, 1440]) hear(nowMs);
    expect(packets).toEqual([
      { sequenceNumber: 0, timestamp: 0 },
      { sequenceNumber: 1, timestamp: 160 },
      { sequenceNumber: 2, timestamp: 320 },
      { sequenceNumber: 3, timestamp: 480 + 49 * 160 },
    ]);
  });
});
