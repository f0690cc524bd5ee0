import type { Clip } from './clip.ts';

/** Where callers know the ringing tone from: ISO 3166. */
export type ToneCountry =
  | 'at'
  | 'au'
  | 'be'
  | 'ca'
  | 'ch'
  | 'de'
  | 'dk'
  | 'es'
  | 'fr'
  | 'gb'
  | 'ie'
  | 'it'
  | 'nl'
  | 'pl'
  | 'se'
  | 'us';

/** One round of what a telephone network lets callers hear while the other side rings: to be looped. */
export function ringingTone(country: ToneCountry, rateHz: number): Clip {
  const { frequenciesHz, cadenceMs } = tones[country];
  const totalMs = cadenceMs.reduce((sum, ms) => sum + ms, 0);
  const samples = new Int16Array(new SharedArrayBuffer(((totalMs * rateHz) / 1000) * 2));
  let at = 0;
  for (const [index, ms] of cadenceMs.entries()) {
    const length = (ms * rateHz) / 1000;
    // On, off, on, off.
    if (index % 2 === 0) writeTone(samples.subarray(at, at + length), frequenciesHz, rateHz);
    at += length;
  }
  return { hash: `ringing-${country}`, rateHz, samples };
}

function writeTone(samples: Int16Array, frequenciesHz: readonly number[], rateHz: number): void {
  const rampSamples = (RAMP_MS * rateHz) / 1000;
  for (let i = 0; i < samples.length; i++) {
    const sum = frequenciesHz.reduce((total, hz) => total + Math.sin((2 * Math.PI * hz * i) / rateHz), 0);
    const ramp = Math.min(1, i / rampSamples, (samples.length - i) / rampSamples);
    samples[i] = Math.round((PEAK * ramp * sum) / frequenciesHz.length);
  }
}

/** On and off in turns. @see ITU-T E.180 Supplement 2, ETSI TR 101 041-2 */
const tones: Readonly<Record<ToneCountry, Tone>> = {
  at: { frequenciesHz: [420], cadenceMs: [1000, 5000] },
  au: { frequenciesHz: [413, 438], cadenceMs: [400, 200, 400, 2000] },
  be: { frequenciesHz: [425], cadenceMs: [1000, 3000] },
  ca: { frequenciesHz: [440, 480], cadenceMs: [2000, 4000] },
  ch: { frequenciesHz: [425], cadenceMs: [1000, 4000] },
  de: { frequenciesHz: [425], cadenceMs: [1000, 4000] },
  dk: { frequenciesHz: [425], cadenceMs: [1000, 4000] },
  es: { frequenciesHz: [425], cadenceMs: [1500, 3000] },
  fr: { frequenciesHz: [440], cadenceMs: [1500, 3500] },
  gb: { frequenciesHz: [400, 450], cadenceMs: [400, 200, 400, 2000] },
  ie: { frequenciesHz: [400, 450], cadenceMs: [400, 200, 400, 2000] },
  it: { frequenciesHz: [425], cadenceMs: [1000, 4000] },
  nl: { frequenciesHz: [425], cadenceMs: [1000, 4000] },
  pl: { frequenciesHz: [425], cadenceMs: [1000, 4000] },
  se: { frequenciesHz: [425], cadenceMs: [1000, 5000] },
  us: { frequenciesHz: [440, 480], cadenceMs: [2000, 4000] },
};

interface Tone {
  readonly frequenciesHz: readonly number[];
  readonly cadenceMs: readonly number[];
}

export const toneCountries: readonly ToneCountry[] = Object.keys(tones) as ToneCountry[];

/** -16 dBFS, as loud as networks send it. */
const PEAK = 5193;
const RAMP_MS = 5;
