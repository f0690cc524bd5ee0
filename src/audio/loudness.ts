/**
 * Integrated loudness in LUFS of a mono sound: how loud it is to a listener, pauses left out. Silence is -Infinity.
 * A sound shorter than one 400 ms block is measured as a whole.
 *
 * @see ITU-R BS.1770-4 annex 1
 */
export function integratedLoudness(samples: Int16Array, rateHz: number): number {
  const powers = blockPowers(samples, rateHz);
  const audible = powers.filter((power) => loudnessOf(power) > ABSOLUTE_GATE_LUFS);
  const gate = loudnessOf(mean(audible)) + RELATIVE_GATE_LU;
  return loudnessOf(mean(audible.filter((power) => loudnessOf(power) > gate)));
}

/** Mean squares of the K-weighted sound in blocks of 400 ms, one every 100 ms. */
function blockPowers(samples: Int16Array, rateHz: number): number[] {
  const shelf = highShelf(rateHz);
  const highPass = highPassFilter(rateHz);
  const hop = Math.round(rateHz / 10);
  const energies: number[] = [];
  let energy = 0;
  for (let i = 0; i < samples.length; i++) {
    energy += step(highPass, step(shelf, samples[i]! / 32768)) ** 2;
    if ((i + 1) % hop !== 0) continue;
    energies.push(energy);
    energy = 0;
  }
  const block = HOPS_PER_BLOCK * hop;
  if (samples.length < block) {
    const whole = energies.reduce((sum, part) => sum + part, energy);
    return samples.length === 0 ? [] : [whole / samples.length];
  }
  const powers: number[] = [];
  for (let i = HOPS_PER_BLOCK; i <= energies.length; i++) {
    powers.push(energies.slice(i - HOPS_PER_BLOCK, i).reduce((sum, part) => sum + part, 0) / block);
  }
  return powers;
}

interface Biquad {
  readonly feedForward: readonly [number, number, number];
  readonly feedBack: readonly [number, number];
  one: number;
  two: number;
}

/** Transposed direct form II. */
function step(filter: Biquad, input: number): number {
  const [b0, b1, b2] = filter.feedForward;
  const [a1, a2] = filter.feedBack;
  const output = b0 * input + filter.one;
  filter.one = b1 * input - a1 * output + filter.two;
  filter.two = b2 * input - a2 * output;
  return output;
}

/**
 * The head's effect. The standard gives coefficients for 48 kHz only; these are the analogue parameters from which
 * the bilinear transform makes just those.
 */
function highShelf(rateHz: number): Biquad {
  const k = Math.tan((Math.PI * 1681.974450955533) / rateHz);
  const q = 0.7071752369554196;
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const a0 = 1 + k / q + k * k;
  return {
    feedForward: [
      (high + (band * k) / q + k * k) / a0,
      (2 * (k * k - high)) / a0,
      (high - (band * k) / q + k * k) / a0,
    ],
    feedBack: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0],
    one: 0,
    two: 0,
  };
}

/** The revised low-frequency B curve; its numerator is 1, -2, 1 at every rate, as in the standard. */
function highPassFilter(rateHz: number): Biquad {
  const k = Math.tan((Math.PI * 38.13547087602444) / rateHz);
  const q = 0.5003270373238773;
  const a0 = 1 + k / q + k * k;
  return {
    feedForward: [1, -2, 1],
    feedBack: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0],
    one: 0,
    two: 0,
  };
}

function loudnessOf(power: number): number {
  return -0.691 + 10 * Math.log10(power);
}

function mean(powers: readonly number[]): number {
  return powers.length === 0 ? 0 : powers.reduce((sum, power) => sum + power, 0) / powers.length;
}

const HOPS_PER_BLOCK = 4;
const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = -10;
