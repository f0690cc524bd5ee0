import { describe, expect, it } from 'vitest';
import { pcmuEncoder } from '../../codecs/pcmu.ts';
import type { LineAudio, WireAudio } from '../../src/audio/agent-line.ts';
import type { LegLine } from '../../src/media/leg-line.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import type { NegotiatedAudio } from '../../src/sdp/negotiated.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { LegHarness, PhoneStream } from '../support/leg-harness.ts';
import { clipOf } from '../support/mixing.ts';

const pcmu: WireAudio = { encoding: 'pcmu', rateHz: 8000 };
const pcma: WireAudio = { encoding: 'pcma', rateHz: 8000 };
const l16: WireAudio = { encoding: 'l16', rateHz: 8000 };

describe('G.711 between a phone and an agent that speak the same law', () => {
  it.each([
    ['PCMU', 0, pcmu],
    ['PCMA', 8, pcma],
  ] as const)('is the same both ways while nothing else is heard: %s', (codec, payloadType, form) => {
    const harness = new LegHarness({ audio: { codec, payloadType } });
    const line = harness.openLine(both(form, 20));
    const spoken = octets(8000, 3);
    line.play(spoken, 'r');
    const packets = Array.from({ length: 60 }, (_, index) => octets(160, index));
    harness.run(1200, (tick) => harness.receive(rtp(packets[tick]!, payloadType, tick)));
    const outbound = Buffer.concat(harness.sent.map(({ payload }) => payload)).subarray(0, spoken.length);
    expect(Buffer.compare(outbound, Buffer.from(spoken))).toBe(0);
    // Once the jitter buffer has found its delay.
    const heard = Buffer.concat(harness.lines[0]!.chunks);
    const from = heard.indexOf(Buffer.from(packets[20]!));
    expect(from).toBeGreaterThanOrEqual(0);
    const whole = Buffer.concat(packets.slice(20)).subarray(0, heard.length - from);
    expect(whole.length).toBeGreaterThan(5000);
    expect(Buffer.compare(heard.subarray(from), whole)).toBe(0);
  });

  it('is mixed and encoded anew under an ambience, and comes back to being the same', () => {
    const harness = new LegHarness();
    const line = harness.openLine(both(pcmu, 20));
    const spoken = octets(24_000, 3);
    line.play(spoken, 'r');
    const clip = clipOf(tone(300, { rateHz: 8000, lengthSamples: 800, levelDb: -12 }));
    harness.run(1000);
    harness.handle({ kind: 'start-loop', track: 'ambience', clip, gain: 1, fadeMs: 0 });
    harness.run(1000);
    harness.handle({ kind: 'stop-track', track: 'ambience', fadeMs: 5 });
    harness.run(1000);
    const outbound = Buffer.concat(harness.sent.map(({ payload }) => payload));
    const isSame = (from: number, to: number): boolean =>
      Buffer.compare(outbound.subarray(from, to), Buffer.from(spoken.subarray(from, to))) === 0;
    expect([isSame(0, 8000), isSame(8000, 16_000), isSame(16_160, 24_000)]).toEqual([true, false, true]);
  });
});

describe('an agent whose caller is with somebody else for a while', () => {
  const speech = tone(1000, { rateHz: 8000, lengthSamples: 16_000, levelDb: -10 });
  const spoken = new Uint8Array(speech.buffer);
  const voice = tone(500, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 });

  it('is not heard under what plays meanwhile, and goes on where it stood', () => {
    const harness = new LegHarness();
    const line = harness.openLine(both(l16, 20));
    line.play(spoken, 'r');
    harness.run(500);
    harness.handle({ kind: 'hush-lines', enabled: true });
    const clip = clipOf(tone(425, { rateHz: 8000, lengthSamples: 8000, levelDb: -16 }));
    harness.handle({ kind: 'start-loop', track: 'ringing', clip, gain: 1, fadeMs: 0 });
    harness.run(3000);
    const ringing = harness.heardByPhone(30).subarray(0, 8000);
    expect(toneLevelDb(ringing, 425, 8000)).toBeCloseTo(-16, 0);
    expect(toneLevelDb(ringing, 1000, 8000)).toBeLessThan(-60);
    harness.handle({ kind: 'stop-track', track: 'ringing', fadeMs: 5 });
    harness.handle({ kind: 'hush-lines', enabled: false });
    harness.run(1500);
    expect(toneLevelDb(harness.heardByPhone(185).subarray(0, 8000), 1000, 8000)).toBeCloseTo(-10, 0);
    expect(line.unheardMs).toBe(0);
  });

  it('who streams says nothing later of what it said meanwhile', () => {
    const harness = new LegHarness();
    const line = harness.openLine({ ...both(l16, 20), isLive: true });
    harness.handle({ kind: 'hush-lines', enabled: true });
    harness.run(1000, (tick) => line.play(spoken.subarray(tick * 320, tick * 320 + 320), undefined));
    harness.handle({ kind: 'hush-lines', enabled: false });
    harness.run(1000);
    expect(levelDb(harness.heardByPhone(0))).toBeLessThan(-60);
  });

  it('gets silence, at the pace of speech', () => {
    const harness = new LegHarness();
    harness.openLine(both(l16, 20));
    const phone = new PhoneStream(voice);
    harness.run(500, () => harness.receive(phone.next()));
    harness.handle({ kind: 'hush-lines', enabled: true });
    const before = harness.lines[0]!.chunks.length;
    harness.run(1000, () => harness.receive(phone.next()));
    const meanwhile = harness.lines[0]!.chunks.slice(before);
    expect(meanwhile).toHaveLength(50);
    expect(meanwhile.every((chunk) => chunk.every((octet) => octet === 0))).toBe(true);
    harness.handle({ kind: 'hush-lines', enabled: false });
    harness.run(500, () => harness.receive(phone.next()));
    const again = new Int16Array(
      Uint8Array.from(Buffer.concat(harness.lines[0]!.chunks.slice(before + 50))).buffer,
    );
    expect(toneLevelDb(again.subarray(-3200), 500, 8000)).toBeCloseTo(-10, 0);
  });
});

describe('linear audio at the rate of a wideband leg', () => {
  it('passes without a resampler', () => {
    const harness = new LegHarness({ audio: { codec: 'G722', payloadType: 9 } });
    const line = harness.openLine(both({ encoding: 'l16', rateHz: 16_000 }, 20), {
      hears: 'mixed',
      speaks: true,
    });
    const samples = tone(5000, { rateHz: 16_000, lengthSamples: 16_000, levelDb: -10 });
    line.play(new Uint8Array(samples.slice().buffer), undefined);
    harness.run(1000);
    const mixed = harness.heardByAgent();
    expect(mixed).toEqual(samples);
  });
});

describe("what an agent's octets become", () => {
  it.each([
    [{ encoding: 'l16', rateHz: 24_000 }, 3],
    [{ encoding: 'l16', rateHz: 48_000 }, 6],
    [{ encoding: 'l16', rateHz: 16_000 }, 2],
    [{ encoding: 'l16', rateHz: 22_050 }, 2.75625],
    [{ encoding: 'l16', rateHz: 44_100 }, 5.5125],
  ] as const)('is the same tone, from %o', (form, factor) => {
    const harness = new LegHarness();
    const line = harness.openLine(both(form, 60));
    const samples = tone(1000, { rateHz: form.rateHz, lengthSamples: 8000 * factor, levelDb: -10 });
    const all = new Uint8Array(samples.slice().buffer);
    for (let from = 0; from < all.length; from += 2222) line.play(all.slice(from, from + 2222), 'r');
    harness.run(1000);
    expect(toneLevelDb(harness.heardByPhone().subarray(800, 7200), 1000, 8000)).toBeCloseTo(-10, 0);
    expect(line.unheardMs).toBe(0);
    expect(line.heard()).toEqual({ reply: 'r', heardMs: 1000 });
  });

  it.each([22_050, 44_100] as const)(
    'is the same tone at %i Hz, which is no multiple, for a wideband leg',
    (rateHz) => {
      const harness = new LegHarness({ audio: { codec: 'G722', payloadType: 9 } });
      const line = harness.openLine(both({ encoding: 'l16', rateHz }, 20), { hears: 'mixed', speaks: true });
      line.play(new Uint8Array(tone(1000, { rateHz, lengthSamples: rateHz, levelDb: -10 }).buffer), 'r');
      harness.run(1000);
      const { chunks } = harness.lines[0]!;
      expect(chunks.map(({ length }) => length)).toEqual(Array(50).fill(rateHz / 25));
      // Once there, and back from the leg's 16 kHz.
      const samples = harness.heardByAgent();
      expect(toneLevelDb(samples.subarray(rateHz / 4, rateHz / 2), 1000, rateHz)).toBeCloseTo(-10, 0);
    },
  );

  it('is refused when more waits than anybody will listen to', () => {
    const { line } = opened();
    const minute = new Uint8Array(60 * 8000);
    for (let minutes = 0; minutes < 11; minutes++) expect(line.play(minute, 'r')).toBe(true);
    expect(line.play(minute, 'r')).toBe(false);
  });
});

describe('what of an agent was heard', () => {
  it('is counted from the beginning of each reply', () => {
    const { harness, line } = opened();
    line.play(speech(500), 'first');
    line.play(speech(1000), 'second');
    harness.run(400);
    expect(line.heard()).toEqual({ reply: 'first', heardMs: 400 });
    harness.run(400);
    expect(line.heard()).toEqual({ reply: 'second', heardMs: 300 });
    expect(line.unheardMs).toBe(700);
  });

  it('stands still while the caller is on hold, and nothing is lost', () => {
    const { harness, line } = opened();
    line.play(speech(2000), 'r');
    harness.run(400);
    harness.handle({ kind: 'pause' });
    harness.run(5000);
    expect(line.heard().heardMs).toBe(400);
    harness.handle({ kind: 'resume' });
    harness.run(2000);
    expect(line.heard().heardMs).toBe(2000);
  });

  it('ends with a flush at the next packet, without a click, and late audio of that reply is not heard', () => {
    const { harness, line } = opened();
    line.play(speech(5000), 'r');
    harness.run(1000);
    expect(line.flush()).toEqual({ reply: 'r', heardMs: 1000, unheardReplies: [] });
    expect(line.play(speech(5000), 'r')).toBe(true);
    expect(line.unheardMs).toBe(0);
    harness.run(200);
    const after = harness.heardByPhone(50);
    expect(levelDb(after.subarray(160))).toBeLessThan(-90);
    const steps = [...after.subarray(0, 160)].map((sample, i) => Math.abs(sample - (after[i - 1] ?? sample)));
    // The tone itself rises by 8,138 in a sample.
    expect(Math.max(...steps)).toBeLessThan(8200);
    line.play(speech(100), 'next');
    harness.run(100);
    expect(toneLevelDb(harness.heardByPhone(60), 1000, 8000)).toBeCloseTo(-10, 0);
  });

  it('is told by marks in their time, those that were taken back too', () => {
    const { harness, line } = opened();
    line.mark('at once');
    line.play(speech(200), 'r');
    line.mark('a');
    line.play(speech(200), 'r');
    line.mark('b');
    const marks: string[] = [];
    const look = (): void => {
      for (let mark = line.takeMark(); mark !== undefined; mark = line.takeMark())
        marks.push(`${mark.name} ${mark.outcome} at ${harness.nowMs - 1000}`);
    };
    for (let tick = 0; tick < 15; tick++) {
      harness.run(20);
      look();
    }
    line.flush();
    look();
    expect(marks).toEqual(['at once played at 20', 'a played at 200', 'b cleared at 300']);
  });

  it('is told by marks in the order they were put, also where some were taken back', () => {
    const { harness, line } = opened();
    line.play(speech(200), 'r');
    line.mark('taken back');
    harness.run(100);
    line.flush();
    line.mark('behind nothing');
    expect([line.takeMark(), line.takeMark(), line.takeMark()]).toEqual([
      { name: 'taken back', outcome: 'cleared' },
      { name: 'behind nothing', outcome: 'played' },
      undefined,
    ]);
  });

  it('may have a mark behind every 20 ms of ten minutes, and not so many that keeping them is a burden', () => {
    const { line } = opened();
    line.play(speech(200), 'r');
    for (let i = 0; i < 30_000; i++) expect(line.mark(`reply-${i}`)).toBe(true);
    let kept = 0;
    while (kept < 1000 && line.mark('x'.repeat(1 << 20))) kept += 1;
    expect(kept).toBeLessThan(10);
  });

  it('is all there is once it has been silent for a moment, told once', () => {
    const { harness, line } = opened();
    line.play(speech(300), 'r');
    const told: number[] = [];
    for (let tick = 0; tick < 100; tick++) {
      harness.run(20);
      if (line.takeAllHeard()) told.push(harness.nowMs - 1000);
    }
    expect(told).toEqual([500]);
  });
});

describe('what an agent hears', () => {
  const caller = tone(500, { rateHz: 8000, lengthSamples: 8000, levelDb: -20 });
  const own = tone(1000, { rateHz: 8000, lengthSamples: 8000, levelDb: -20 });

  it.each(['mixed', 'stereo'] as const)('may be both sides, %s, as a fork that says nothing', (hears) => {
    const harness = new LegHarness();
    const line = harness.openLine(both({ encoding: 'l16', rateHz: 16_000 }, 20), { hears, speaks: false });
    harness.handle({ kind: 'queue-clip', playoutId: 1, clip: clipOf(own) });
    const phone = new PhoneStream(caller);
    line.play(new Uint8Array(16_000), 'r');
    harness.run(1000, () => harness.receive(phone.next()));
    const all = harness.heardByAgent();
    const channels = hears === 'mixed' ? [all, all] : [every(all, 0), every(all, 1)];
    expect(all.length).toBe(hears === 'mixed' ? 16_000 : 32_000);
    expect(toneLevelDb(channels[0]!.subarray(4000, 12_000), 500, 16_000)).toBeCloseTo(-20, 0);
    expect(toneLevelDb(channels[1]!.subarray(4000, 12_000), 1000, 16_000)).toBeCloseTo(-20, 0);
    if (hears === 'stereo') {
      expect(toneLevelDb(channels[0]!.subarray(4000, 12_000), 1000, 16_000)).toBeLessThan(-60);
      expect(toneLevelDb(channels[1]!.subarray(4000, 12_000), 500, 16_000)).toBeLessThan(-60);
    }
  });

  it('may be heard by several at a time, and several may speak', () => {
    const harness = new LegHarness();
    const first = harness.openLine(both(l16, 20));
    const second = harness.openLine(both(pcmu, 60));
    first.play(new Uint8Array(own.slice().buffer), undefined);
    second.play(speech(1000, 700), undefined);
    harness.run(1000);
    expect(toneLevelDb(harness.heardByPhone().subarray(800, 7200), 1000, 8000)).toBeCloseTo(-20, 0);
    expect(toneLevelDb(harness.heardByPhone().subarray(800, 7200), 700, 8000)).toBeCloseTo(-10, 0);
    expect(harness.lines.map(({ chunks }) => chunks.length)).toEqual([50, 16]);
  });
});

function opened(audio: Partial<NegotiatedAudio> = {}): { harness: LegHarness; line: LegLine } {
  const harness = new LegHarness({ audio });
  return { harness, line: harness.openLine({ ...both(pcmu, 20), fromAgent: pcmu }) };
}

function both(form: WireAudio, chunkMs: LineAudio['chunkMs']): LineAudio {
  return { toAgent: form, chunkMs, fromAgent: form };
}

/** Every octet, in no order that means anything. */
function octets(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 167 + seed * 31) & 0xff);
}

function speech(ms: number, hz = 1000): Uint8Array {
  const samples = tone(hz, { rateHz: 8000, lengthSamples: ms * 8, levelDb: -10 });
  const encoded = new Uint8Array(samples.length);
  pcmuEncoder.encode(samples, 0, samples.length, encoded, 0);
  return encoded;
}

function rtp(payload: Uint8Array, payloadType: number, index: number): Uint8Array {
  const datagram = new Uint8Array(12 + payload.length);
  writeRtpHeader(datagram, payloadType, index === 0, index, index * 160, 7);
  datagram.set(payload, 12);
  return datagram;
}

function every(samples: Int16Array, from: number): Int16Array {
  return samples.filter((_, index) => index % 2 === from);
}
