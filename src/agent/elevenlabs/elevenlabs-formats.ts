import type { WireAudio } from '../../audio/agent-line.ts';

/** What an agent's dashboard calls `pcm_16000` or `ulaw_8000`; undefined for what it has not. */
export function wireAudioOf(format: string | undefined): WireAudio | undefined {
  return FORMATS.get(format ?? '');
}

const FORMATS: ReadonlyMap<string, WireAudio> = new Map([
  ['ulaw_8000', { encoding: 'pcmu', rateHz: 8000 }],
  ['alaw_8000', { encoding: 'pcma', rateHz: 8000 }],
  ['pcm_8000', { encoding: 'l16', rateHz: 8000 }],
  ['pcm_16000', { encoding: 'l16', rateHz: 16_000 }],
  ['pcm_22050', { encoding: 'l16', rateHz: 22_050 }],
  ['pcm_24000', { encoding: 'l16', rateHz: 24_000 }],
  ['pcm_44100', { encoding: 'l16', rateHz: 44_100 }],
  ['pcm_48000', { encoding: 'l16', rateHz: 48_000 }],
]);
