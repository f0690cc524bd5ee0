import { describe, expect, it } from 'vitest';
import { resampleClip } from '../../src/audio/resample-clip.ts';
import { decodeSound } from '../../src/sound/decode-sound.ts';
import type { DecodedSound, DecodeLimits } from '../../src/sound/decoded-sound.ts';
import { levelDb } from '../support/audio.ts';
import { peersPresent } from '../support/peers.ts';
import { correlation, encodeSound } from '../support/sound-files.ts';

const limits: DecodeLimits = { longestMs: 300_000, timeoutMs: 10_000, ffmpegCommand: 'ffmpeg' };
const rateHz = 48_000;
/** The same in both channels; left to itself ffmpeg takes 3 dB off each. */
const inStereo = ['-af', 'pan=stereo|c0=c0|c1=c0'];
const original = glides();

describe.skipIf(!peersPresent('ffmpeg'))('a sound file', () => {
  it.each([
    { ending: 'wav', options: [], format: 'wav', least: 0.999 },
    { ending: 'wav', options: ['-c:a', 'pcm_f32le', ...inStereo], format: 'wav', least: 0.999 },
    { ending: 'wav', options: ['-c:a', 'pcm_s24le', '-ar', '44100'], format: 'wav', least: 0.999 },
    { ending: 'mp3', options: ['-b:a', '128k'], format: 'mp3', least: 0.99 },
    { ending: 'mp3', options: ['-b:a', '32k', '-ar', '22050', '-ac', '1'], format: 'mp3', least: 0.97 },
    {
      ending: 'mp3',
      options: ['-q:a', '4', ...inStereo, '-metadata', 'title=x'],
      format: 'mp3',
      least: 0.98,
    },
    { ending: 'mp2', options: ['-b:a', '192k'], format: 'mp3', least: 0.98 },
    { ending: 'flac', options: [], format: 'flac', least: 0.999 },
    {
      ending: 'flac',
      options: ['-af', 'pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0', '-ar', '96000'],
      format: 'flac',
      least: 0.999,
    },
    { ending: 'ogg', options: ['-c:a', 'libvorbis', '-q:a', '5'], format: 'ogg-vorbis', least: 0.98 },
    {
      ending: 'ogg',
      options: ['-c:a', 'libvorbis', ...inStereo, '-ar', '44100'],
      format: 'ogg-vorbis',
      least: 0.97,
    },
    { ending: 'opus', options: ['-b:a', '64k'], format: 'ogg-opus', least: 0.97 },
    {
      ending: 'opus',
      options: ['-b:a', '24k', ...inStereo, '-ar', '16000'],
      format: 'ogg-opus',
      least: 0.85,
    },
    { ending: 'oga', options: ['-c:a', 'flac'], format: 'ogg', least: 0.999 },
    { ending: 'm4a', options: ['-b:a', '128k'], format: 'mov', least: 0.98 },
    { ending: 'm4a', options: ['-movflags', '+faststart', ...inStereo], format: 'mov', least: 0.97 },
    {
      ending: 'mp4',
      options: ['-c:a', 'aac', '-movflags', 'frag_keyframe+empty_moov'],
      format: 'mov',
      least: 0.97,
    },
    { ending: 'aac', options: ['-b:a', '128k'], format: 'aac', least: 0.98 },
    { ending: 'webm', options: ['-c:a', 'libopus'], format: 'matroska', least: 0.97 },
    { ending: 'mka', options: ['-c:a', 'libvorbis'], format: 'matroska', least: 0.97 },
    { ending: 'aiff', options: [], format: 'aiff', least: 0.999 },
    { ending: 'au', options: [], format: 'au', least: 0.999 },
    { ending: 'caf', options: [], format: 'caf', least: 0.999 },
    { ending: 'ts', options: ['-c:a', 'aac'], format: 'mpegts', least: 0.97 },
  ])('$ending $options is what it was made from', async ({ ending, options, format, least }) => {
    const sound = await decoded(encodeSound(original, rateHz, ending, options));
    expect(sound.format).toBe(format);
    expect(sound.rateHz).toBe(rateOf(options));
    const heard = resampleClip(sound.samples, sound.rateHz, 24_000);
    const meant = resampleClip(original, rateHz, 24_000);
    // Encoders without a place to say how much they put in front leave it there: 130 ms at most.
    expect(Math.abs(heard.length - meant.length)).toBeLessThan(24_000 * 0.13);
    expect(correlation(meant.subarray(24_000, 36_000), heard.subarray(24_000, 36_000), 1200)).toBeGreaterThan(
      least,
    );
    expect(Math.abs(levelDb(heard) - levelDb(meant))).toBeLessThan(1);
  });

  it.each([
    ['mp3', []],
    ['flac', []],
    ['ogg', ['-c:a', 'libvorbis']],
    ['opus', []],
  ] as const)('%s has its length to the sample, for loops', async (ending, options) => {
    const { samples } = await decoded(encodeSound(original, rateHz, ending, options));
    expect(samples.length).toBe(original.length);
  });
});

async function decoded(octets: Uint8Array): Promise<DecodedSound> {
  const result = await decodeSound(octets, limits);
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
  return result.value;
}

function rateOf(options: readonly string[]): number {
  const at = options.indexOf('-ar');
  if (at < 0) return rateHz;
  // Opus tells its decoders to give 48 kHz, whatever went in.
  return options.includes('24k') ? 48_000 : Number(options[at + 1]);
}

/** Three gliding tones: what every codec keeps, and no part of which is like another. */
function glides(): Int16Array {
  const phases = [0, 0, 0];
  return Int16Array.from({ length: 3 * rateHz }, (_, i) => {
    const position = i / (3 * rateHz);
    [300, 700, 1500].forEach((startHz, voice) => {
      phases[voice]! += (2 * Math.PI * startHz * (1 + position)) / rateHz;
    });
    return Math.round(phases.reduce((sum, phase) => sum + Math.sin(phase), 0) * 4000 * (1 - position / 2));
  });
}
