import { describe, expect, it } from 'vitest';
import type { LegLine } from '../../src/media/leg-line.ts';
import { distortionDb, tone, toneLevelDb } from '../support/audio.ts';
import { LegHarness, PhoneStream } from '../support/leg-harness.ts';
import { gaps } from '../support/listening.ts';

describe('a raw audio agent', () => {
  it.each([
    [8000, 20],
    [16_000, 40],
    [24_000, 60],
  ] as const)(
    'at %i Hz gets a message every so many milliseconds of the length it asked for',
    (rateHz, frameMs) => {
      const { harness } = agentHarness(rateHz, frameMs);
      harness.run(1200);
      expect(harness.agentMessages.length).toBe(1200 / frameMs);
      const lengths = new Set(harness.agentMessages.map(({ length }) => length));
      expect(lengths).toEqual(new Set([(rateHz * frameMs) / 1000]));
    },
  );

  it.each([8000, 16_000, 24_000] as const)(
    'that echoes at %i Hz gives the caller back without a gap',
    (rateHz) => {
      const { harness, line } = agentHarness(rateHz, 20);
      const phone = new PhoneStream(tone(400, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 }));
      harness.run(3000, (tick) => {
        harness.receive(phone.next());
        const message = harness.agentMessages[tick - 1];
        if (message !== undefined) line.play(new Uint8Array(message.buffer), undefined);
      });
      const heard = harness.heardByPhone(50);
      expect(distortionDb(heard.subarray(0, 8000), 400, 8000)).toBeLessThan(-32);
    },
  );

  it('that echoes in messages of 60 ms, some of them late, leaves no gap either', () => {
    const { harness, line } = agentHarness(16_000, 60);
    const phone = new PhoneStream(tone(400, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 }));
    let given = 0;
    harness.run(6000, (tick) => {
      harness.receive(phone.next());
      // Every other message comes one tick late.
      const due = Math.floor((tick - (given % 2)) / 3);
      while (given < due && given < harness.agentMessages.length) {
        line.play(new Uint8Array(harness.agentMessages[given++]!.buffer), undefined);
      }
    });
    expect(gaps(harness.heardByPhone(50), 8000, { leastMs: 3 })).toEqual([]);
  });

  it('that sends a sentence at once is heard at the pace of speech', () => {
    const { harness, line } = agentHarness(16_000, 20);
    const sentence = tone(1000, { rateHz: 16_000, lengthSamples: 32_000, levelDb: -10 });
    line.play(new Uint8Array(sentence.buffer), undefined);
    harness.run(3000);
    const heard = harness.heardByPhone();
    expect(toneLevelDb(heard.subarray(320, 16_000), 1000, 8000)).toBeCloseTo(-10, 0);
    expect(toneLevelDb(heard.subarray(16_800), 1000, 8000)).toBeLessThan(-70);
  });

  it('may cut its messages anywhere, and end them in half a sample', () => {
    const { harness, line } = agentHarness(16_000, 20);
    const sentence = new Uint8Array(
      tone(1000, { rateHz: 16_000, lengthSamples: 32_000, levelDb: -10 }).buffer,
    );
    for (let from = 0; from < sentence.length; from += 1234) {
      const message = new Uint8Array([...sentence.slice(from, from + 1234), 0xee]);
      line.play(message, undefined);
    }
    harness.run(2000);
    expect(distortionDb(harness.heardByPhone(10).subarray(0, 8000), 1000, 8000)).toBeLessThan(-32);
  });

  it('is silent at once when it takes back what it said', () => {
    const { harness, line } = agentHarness(16_000, 20);
    const sentence = tone(1000, { rateHz: 16_000, lengthSamples: 64_000, levelDb: -10 });
    line.play(new Uint8Array(sentence.buffer), undefined);
    harness.run(1000);
    line.flush();
    harness.run(1000);
    expect(toneLevelDb(harness.heardByPhone(51), 1000, 8000)).toBeLessThan(-70);
  });

  it('that was held up lags only until it has been silent for a while, and loses none of its speech', () => {
    const { harness, line } = agentHarness(8000, 20);
    const beep = tone(1000, { rateHz: 8000, lengthSamples: 1600, levelDb: -10 });
    // A beep of 200 ms at the beginning of each second, in messages of 20 ms.
    const messageAt = (tick: number): Uint8Array => {
      const samples = tick % 50 < 10 ? beep.slice((tick % 50) * 160, (tick % 50) * 160 + 160) : SILENCE;
      return new Uint8Array(samples.slice().buffer);
    };
    let given = 0;
    harness.run(20_000, (tick) => {
      // Nothing comes for 200 ms from the sixth second on.
      if (tick >= 300 && tick < 310) return;
      while (given <= tick) line.play(messageAt(given++), undefined);
    });
    const heard = harness.heardByPhone();
    const delaysMs = Array.from({ length: 19 }, (_, second) => onset(heard, second * 8000) / 8);
    expect(Math.max(...delaysMs.slice(0, 6))).toBeLessThanOrEqual(25);
    expect(delaysMs[7]).toBeGreaterThan(150);
    expect(Math.max(...delaysMs.slice(12))).toBeLessThanOrEqual(65);
    const beepLengths = loudStretches(heard);
    expect(beepLengths.length).toBe(19);
    for (const samples of beepLengths) expect(samples).toBeGreaterThan(1590);
  });

  it('is heard no more once its socket is closed', () => {
    const { harness, line } = agentHarness(8000, 20);
    const speech = new Uint8Array(tone(1000, { rateHz: 8000, lengthSamples: 16_000 }).buffer);
    line.play(speech, undefined);
    harness.run(200);
    harness.leg.removeLine(line);
    line.play(speech, undefined);
    harness.run(500);
    expect(toneLevelDb(harness.heardByPhone(11), 1000, 8000)).toBeLessThan(-70);
  });
});

/** Samples from `from` to the first loud one. */
function onset(samples: Int16Array, from: number): number {
  return samples.subarray(from).findIndex((sample) => Math.abs(sample) > 1000);
}

/** Lengths of the loud stretches. */
function loudStretches(samples: Int16Array): number[] {
  const silences = gaps(samples, 8000, { leastMs: 100, peak: 200 });
  return silences.slice(1).map(({ startMs }, index) => {
    const before = silences[index]!;
    return (startMs - before.startMs - before.lengthMs) * 8;
  });
}

const SILENCE = new Int16Array(160);

function agentHarness(
  rateHz: 8000 | 16_000 | 24_000,
  frameMs: 20 | 40 | 60,
): { harness: LegHarness; line: LegLine } {
  const harness = new LegHarness();
  return { harness, line: harness.openRawLine(rateHz, frameMs) };
}
