import { type Base64Refusal, decodeBase64 } from '../audio/decode-base64.ts';
import type { SoundSource } from '../audio/sound-source.ts';
import { type Result, success } from '../result.ts';

/**
 * Reads how a sound is written down: an `http:` or `https:` URL, a `data:` URI, or the name of a sound. Any other
 * scheme is taken for a name, and no sound is called so.
 */
export function parseSoundSource(text: string): Result<SoundSource, Base64Refusal> {
  if (/^https?:/i.test(text)) return success({ kind: 'url', url: text });
  if (/^data:/i.test(text)) return decodeBase64(text, MOST_DATA_OCTETS);
  return success({ kind: 'name', name: text });
}

/** Eight minutes at 16 kHz, as for what agents send. */
const MOST_DATA_OCTETS = 16 * 1024 * 1024;
