/** What there is to know of a sound file, and what becomes of it as a loop. */
import { integratedLoudness } from '../../audio/loudness.ts';
import { type ClipForm, makeClip } from '../../audio/make-clip.ts';
import { truePeakDb } from '../../audio/true-peak.ts';
import { seamOf } from '../../mixer/seam.ts';
import type { DecodedSound } from '../../sound/decoded-sound.ts';
import { type SeamQuality, seamQuality } from './seam-quality.ts';

export interface SoundSurvey {
  readonly source: Levels & Pick<DecodedSound, 'format' | 'rateHz' | 'channels'>;
  readonly prepared: Levels & {
    readonly rateHz: number;
    /** From the source's level to this one; undefined where it was left alone. */
    readonly gainDb: number | undefined;
    /** Of the cross-fade that closes the loop; 0 when it wraps as it is. */
    readonly seamMs: number;
    /** The wrap of the sound as it came, and as it will be played. */
    readonly wrapBefore: SeamQuality;
    readonly wrapAfter: SeamQuality;
    /** One round, from just behind the seam to its end: it loops in any player. */
    readonly loop: Int16Array;
    /** The sound without a seam, for comparison. */
    readonly unclosed: Int16Array;
  };
}

export interface Levels {
  readonly lengthMs: number;
  readonly loudnessLufs: number;
  readonly peakDb: number;
  readonly truePeakDb: number;
}

export function surveySound(sound: DecodedSound, form: ClipForm): SoundSurvey {
  const { format, rateHz, channels, samples } = sound;
  const clip = makeClip(sound, '', form);
  const seam = seamOf(clip);
  const loop = closedLoop(clip.samples, seam);
  const before = integratedLoudness(
    makeClip(sound, '', { ...form, loudnessLufs: undefined }).samples,
    form.rateHz,
  );
  const isChanged = form.loudnessLufs !== undefined && Number.isFinite(before);
  return {
    source: { format, rateHz, channels, ...levelsOf(samples, rateHz) },
    prepared: {
      rateHz: form.rateHz,
      ...levelsOf(loop, form.rateHz),
      gainDb: isChanged ? integratedLoudness(clip.samples, form.rateHz) - before : undefined,
      seamMs: (seam.length * 1000) / form.rateHz,
      wrapBefore: seamQuality(clip.samples, form.rateHz),
      wrapAfter: seamQuality(loop, form.rateHz),
      loop,
      unclosed: clip.samples,
    },
  };
}

function closedLoop(samples: Int16Array, seam: Int16Array): Int16Array {
  const loop = samples.slice(seam.length);
  loop.set(seam, loop.length - seam.length);
  return loop;
}

function levelsOf(samples: Int16Array, rateHz: number): Levels {
  const peak = samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
  return {
    lengthMs: (samples.length * 1000) / rateHz,
    loudnessLufs: integratedLoudness(samples, rateHz),
    peakDb: 20 * Math.log10(peak / 32768),
    truePeakDb: truePeakDb(samples),
  };
}
