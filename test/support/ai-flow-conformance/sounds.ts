import { serializeWav } from '../../../src/audio/wav.ts';
import type { SpeechChunk, SpeechRequest, Synthesizer } from '../../../src/speech/tts/synthesizer.ts';
import { tone } from '../audio.ts';

/** Reads any text as a tone, at a pace that a test can reckon with: `spokenMs` of it. */
export const readingSynthesizer: Synthesizer = {
  async *synthesize({ script }: SpeechRequest, signal: AbortSignal): AsyncGenerator<SpeechChunk> {
    const rateHz = 8000;
    const lengthSamples = (spokenMs(script.text) * rateHz) / 1000;
    const samples = tone(VOICE_HZ, { rateHz, lengthSamples, levelDb: -12 });
    for (let at = 0; at < samples.length && !signal.aborted; at += 800)
      yield { samples: samples.slice(at, at + 800), rateHz };
  },
};

export function spokenMs(text: string): number {
  return text.replace(/<[^>]*>/g, '').length * CHARACTER_MS;
}

/** Words that take so many milliseconds to read. */
export function wordsFor(lengthMs: number): string {
  return 'word '.repeat(lengthMs / CHARACTER_MS).slice(0, lengthMs / CHARACTER_MS);
}

/** A sound file as apps send it: 16 kHz, mono, 16 bit, in base64. */
export function wavBase64(frequencyHz: number, lengthMs: number): string {
  const samples = tone(frequencyHz, { rateHz: 16_000, lengthSamples: lengthMs * 16, levelDb: -12 });
  return Buffer.from(serializeWav(samples, 16_000)).toString('base64');
}

/** Printed all over the official pages: a WAV file of 8 bit and 8 kHz without a single sample. */
export const sampleOfTheDocs = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

export const VOICE_HZ = 440;
export const AMBIENCE_HZ = 300;
const CHARACTER_MS = 50;
