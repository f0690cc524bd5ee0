import { detectSoundFormat } from '../audio/sound-format.ts';
import { parseWav } from '../audio/wav.ts';
import type { Decoded, DecodeLimits } from './decoded-sound.ts';
import { decodeByFfmpeg } from './decoders/ffmpeg.ts';
import { decodeInWasm } from './decoders/wasm-formats.ts';
import { refused } from './refusal.ts';

/**
 * Decodes a sound file of any kind, told by its content. Never rejects. Takes milliseconds for each half minute of
 * sound and blocks for them: for a thread that has nothing else to do.
 */
export async function decodeSound(octets: Uint8Array, limits: DecodeLimits): Promise<Decoded> {
  const format = detectSoundFormat(octets);
  if (format === undefined) return refused('not-a-sound', looksLike(octets));
  switch (format.kind) {
    case 'wav': {
      const wav = parseWav(octets, limits);
      return wav.ok ? { ok: true, value: { ...wav.value, format: 'wav' } } : wav;
    }
    case 'other':
      return decodeByFfmpeg(octets, format.demuxer, limits);
    default:
      return decodeInWasm(format.kind, octets, limits);
  }
}

/** What was sent instead of a sound is more often than not an error page. */
function looksLike(octets: Uint8Array): string | undefined {
  if (octets.length === 0) return 'it is empty';
  const head = String.fromCharCode(...octets.subarray(0, 200)).trimStart();
  if (/^<(!doctype html|html|head|body)/i.test(head)) return 'it is a web page';
  if (/^(<\?xml|<svg|\{|\[)/i.test(head)) return 'it is text';
  return undefined;
}
