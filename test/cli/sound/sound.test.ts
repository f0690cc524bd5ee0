import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { surpriseAtWrap } from '../../../src/audio/closes-smoothly.ts';
import { integratedLoudness } from '../../../src/audio/loudness.ts';
import { parseWav, serializeWav } from '../../../src/audio/wav.ts';
import { loudness, soundOptions } from '../../../src/cli/sound/options.ts';
import { encodePng } from '../../../src/cli/sound/png.ts';
import { seamQuality } from '../../../src/cli/sound/seam-quality.ts';
import { drawSpectrogram } from '../../../src/cli/sound/spectrogram.ts';
import { sound } from '../../../src/cli/sound.ts';
import { noise, tone } from '../../support/audio.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchbay-sound-'));
afterAll(() => rmSync(folder, { recursive: true }));
const music = join(import.meta.dirname, '../../../config/sounds/hold-music.wav');
const defaults = soundOptions({ rate: '8000', loudness: -30 });

describe('patchbay sound', () => {
  it('tells what a file is and what becomes of it', async () => {
    const text = await sound(music, defaults);
    expect(text).toMatch(
      /^hold-music\.wav: wav, 16000 Hz, one channel, 4\.80 s\n {2}loudness -24\.0 LUFS, peak /,
    );
    expect(text).toContain('brings it from 16000 to 8000 Hz, lowers it by 6.1 dB, lets it wrap as it is');
    expect(text).not.toContain(': stands out');
  });

  it('writes a loop that wraps in any player, at the loudness and rate asked for', async () => {
    const file = cutMusic();
    const out = join(folder, 'prepared.wav');
    const text = await sound(file, { ...defaults, rateHz: 16_000, loudnessLufs: -26, out });
    expect(text).toMatch(/as it was .*: stands out\n.*as prepared .*: does not stand out\n/);
    expect(text).toContain('cross-fades its end into its beginning');
    const loop = parseWav(readFileSync(out));
    if (!loop.ok) throw new Error(loop.reason);
    expect(loop.value.rateHz).toBe(16_000);
    expect(integratedLoudness(loop.value.samples, 16_000)).toBeCloseTo(-26, 0);
    expect(surpriseAtWrap(loop.value.samples, 16_000)).toBeLessThan(2);
  });

  it('draws a picture that stands by itself', async () => {
    const picture = join(folder, 'picture.svg');
    await sound(cutMusic(), { ...defaults, picture });
    const svg = readFileSync(picture, 'utf8');
    expect(svg.length).toBeLessThan(100_000);
    expect(svg.match(/<image /g)).toHaveLength(3);
    expect(svg).toContain('cut.wav, one round of 3.0');
    expect(svg).not.toMatch(/NaN|undefined|href="http/);
  });

  it('is shown in the documentation as it is', async () => {
    const documentation = readFileSync(join(import.meta.dirname, '../../../docs/sounds.md'), 'utf8');
    const [, shown] = /```\n\$ patchbay sound music-cut\.wav[^\n]*\n([\s\S]*?)```/.exec(documentation) ?? [];
    expect((await sound(cutMusic(), defaults)).replace(/^cut\.wav/, 'music-cut.wav')).toBe(shown);
  });

  it('says why a file is no sound', async () => {
    const page = join(folder, 'page.mp3');
    writeFileSync(page, '<!doctype html><h1>404</h1>');
    await expect(sound(page, defaults)).rejects.toThrow(/not-a-sound: it is a web page/);
    await expect(sound(join(folder, 'absent.wav'), defaults)).rejects.toMatchObject({
      code: 'clip-undecodable',
    });
  });

  it('takes any loudness there is, and none', () => {
    expect(loudness('-23.5')).toBe(-23.5);
    expect(soundOptions({ rate: '8000', loudness: loudness('as-is') }).loudnessLufs).toBeUndefined();
    for (const wrong of ['3', '-90', 'loud', '']) expect(() => loudness(wrong)).toThrow();
  });
});

describe("a wrap's quality", () => {
  it('finds a click, and finds none in noise', () => {
    const rateHz = 8000;
    const hum = tone(200, { rateHz, lengthSamples: 8000, levelDb: -12 }).subarray(0, 7990);
    expect(seamQuality(hum, rateHz).splashDb).toBeGreaterThan(10);
    expect(seamQuality(hum, rateHz).surprise).toBeGreaterThan(8);
    const rain = noise({ lengthSamples: 8000 });
    expect(seamQuality(rain, rateHz).splashDb).toBeLessThan(3);
    expect(seamQuality(rain, rateHz).surprise).toBeLessThan(2);
  });

  it('is that of silence where there is nothing', () => {
    expect(seamQuality(new Int16Array(0), 8000)).toEqual({ step: 0, surprise: 1, splashDb: 0 });
  });
});

describe('a spectrogram', () => {
  it('is bright where the sound is and dark elsewhere', () => {
    const png = drawSpectrogram(tone(1000, { rateHz: 8000, lengthSamples: 8000, levelDb: -30 }), {
      columns: 20,
      rows: 64,
    });
    const rows = pixelsOf(png, 20, 64);
    // 64 bands from 0 to 4 kHz, the lowest in the last row: 1 kHz is band 16.
    expect(rows[63 - 16]![10]).toBeGreaterThan(40);
    expect(rows[63 - 32]![10]).toBe(0);
    expect(rows[63 - 2]![10]).toBe(0);
  });

  it('is a PNG file', () => {
    const png = encodePng(3, 2, Uint8Array.of(0, 1, 2, 2, 1, 0), [0x000000, 0xff0000, 0xffffff]);
    expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    expect(png.readUInt32BE(16)).toBe(3);
    expect(png.readUInt32BE(20)).toBe(2);
    expect(pixelsOf(png, 3, 2)).toEqual([
      [0, 1, 2],
      [2, 1, 0],
    ]);
    // IEND and its checksum, as in every PNG file.
    expect(png.subarray(-12).toString('hex')).toBe('0000000049454e44ae426082');
  });
});

/** Three seconds of music, cut where no sample jumps. */
function cutMusic(): string {
  const whole = parseWav(readFileSync(music));
  if (!whole.ok) throw new Error(whole.reason);
  const file = join(folder, 'cut.wav');
  writeFileSync(file, serializeWav(whole.value.samples.subarray(0, 49_120), 16_000));
  return file;
}

function pixelsOf(png: Buffer, width: number, height: number): number[][] {
  const at = png.indexOf('IDAT');
  const rows = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  return Array.from({ length: height }, (_, y) => [
    ...rows.subarray(y * (width + 1) + 1, (y + 1) * (width + 1)),
  ]);
}
