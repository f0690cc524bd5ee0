import { RATE_HZ } from './ring.ts';

/** One sample in, one sample out. */
export type Filter = (sample: number) => number;

export function chain(...filters: readonly Filter[]): Filter {
  return (sample) => filters.reduce((value, filter) => filter(value), sample);
}

/** 12 dB per octave below the cut-off. */
export function highPass(frequencyHz: number): Filter {
  const { cosine, alpha } = prewarp(frequencyHz, Math.SQRT1_2);
  return biquad([(1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2], [1 + alpha, -2 * cosine, 1 - alpha]);
}

/** 12 dB per octave above the cut-off. */
export function lowPass(frequencyHz: number): Filter {
  const { cosine, alpha } = prewarp(frequencyHz, Math.SQRT1_2);
  return biquad([(1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2], [1 + alpha, -2 * cosine, 1 - alpha]);
}

/** 0 dB in the middle, falling on both sides. */
export function bandPass(frequencyHz: number, q: number): Filter {
  const { cosine, alpha } = prewarp(frequencyHz, q);
  return biquad([alpha, 0, -alpha], [1 + alpha, -2 * cosine, 1 - alpha]);
}

/**
 * A room: eight echoes that feed themselves, darker at every turn, then four that only smear.
 * `seconds` is the time to fall by 60 dB, `brightness` 0 to 1 how much treble the walls give back.
 */
export function room(seconds: number, brightness: number): Filter {
  const combs = COMB_SECONDS.map((delay) => comb(delay, 10 ** ((-3 * delay) / seconds), brightness));
  const smear = chain(...ALL_PASS_SECONDS.map((delay) => allPass(delay)));
  return (sample) => smear(combs.reduce((sum, echo) => sum + echo(sample), 0) / combs.length);
}

function comb(seconds: number, feedback: number, brightness: number): Filter {
  const line = new Float64Array(Math.round(seconds * RATE_HZ));
  let at = 0;
  let dark = 0;
  return (sample) => {
    const echo = line[at]!;
    dark += (echo - dark) * brightness;
    line[at] = sample + dark * feedback;
    at = (at + 1) % line.length;
    return echo;
  };
}

function allPass(seconds: number): Filter {
  const line = new Float64Array(Math.round(seconds * RATE_HZ));
  let at = 0;
  return (sample) => {
    const echo = line[at]!;
    const stored = sample + echo / 2;
    line[at] = stored;
    at = (at + 1) % line.length;
    return echo - stored / 2;
  };
}

function biquad(forward: readonly [number, number, number], back: readonly [number, number, number]): Filter {
  const [b0, b1, b2] = forward.map((value) => value / back[0]);
  const [a1, a2] = [back[1] / back[0], back[2] / back[0]];
  let one = 0;
  let two = 0;
  return (sample) => {
    const output = b0! * sample + one;
    one = b1! * sample - a1 * output + two;
    two = b2! * sample - a2 * output;
    return output;
  };
}

function prewarp(frequencyHz: number, q: number): { cosine: number; alpha: number } {
  const angle = (2 * Math.PI * frequencyHz) / RATE_HZ;
  return { cosine: Math.cos(angle), alpha: Math.sin(angle) / (2 * q) };
}

/** Lengths that share no period. */
const COMB_SECONDS = [0.02531, 0.02694, 0.02896, 0.03075, 0.03224, 0.03381, 0.03531, 0.03667];
const ALL_PASS_SECONDS = [0.01261, 0.01, 0.00773, 0.0051];
