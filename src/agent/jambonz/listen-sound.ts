import { decodeL16, encodeL16 } from '../../../codecs/l16.ts';
import { type Base64Refusal, decodeBase64 } from '../../audio/decode-base64.ts';
import { resampleClip } from '../../audio/resample-clip.ts';
import { createResampler } from '../../audio/resampler.ts';
import { parseWav, type WavRefusal } from '../../audio/wav.ts';
import { failure, type Result, success } from '../../result.ts';
import { type JsonObject, numberAt, textAt } from '../voice-agent/json-message.ts';

export type ListenSoundRefusal =
  | Base64Refusal
  | WavRefusal
  | 'audio-missing'
  | 'type-unknown'
  | 'rate-unusable';

/** The sound of a `playAudio`, as L16 at that rate. */
export function decodeListenSound(
  data: JsonObject | undefined,
  rateHz: number,
): Result<Uint8Array, ListenSoundRefusal> {
  const content = textAt(data, 'audioContent');
  if (content === undefined) return failure('audio-missing');
  const type = textAt(data, 'audioContentType') ?? 'raw';
  const decoded = decodeBase64(content, MOST_OCTETS);
  if (!decoded.ok) return decoded;
  if (type === 'wav' || type === 'wave') {
    const wav = parseWav(decoded.value);
    return wav.ok ? success(l16(resampled(wav.value.samples, wav.value.rateHz, rateHz))) : wav;
  }
  if (type !== 'raw') return failure('type-unknown');
  const fromHz = numberAt(data, 'sampleRate') ?? rateHz;
  if (!Number.isInteger(fromHz) || fromHz < 4000 || fromHz > 192_000) return failure('rate-unusable');
  if (fromHz === rateHz) return success(decoded.value.subarray(0, decoded.value.length & ~1));
  const samples = new Int16Array(decoded.value.length >> 1);
  decodeL16(decoded.value, 0, decoded.value.length, samples, 0);
  return success(l16(resampled(samples, fromHz, rateHz)));
}

/** Between the rates of telephony cheaply: this runs where packets are paced. */
function resampled(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) return samples;
  if (fromHz % 8000 !== 0 || toHz % 8000 !== 0) return resampleClip(samples, fromHz, toHz);
  const output = new Int16Array(Math.ceil((samples.length * toHz) / fromHz));
  const written = createResampler(fromHz, toHz).process(samples, 0, samples.length, output, 0);
  return output.subarray(0, written);
}

function l16(samples: Int16Array): Uint8Array {
  const octets = new Uint8Array(samples.length * 2);
  encodeL16(samples, 0, samples.length, octets, 0);
  return octets;
}

const MOST_OCTETS = 4 * 1024 * 1024;
