/**
 * The coefficients that foretell each sample from the `order` before it best: the sample is minus the sum of
 * `coefficients[k] * sample[-k]`, k from 1. By autocorrelation under a Hann window and Levinson's recursion.
 */
export function linearPrediction(samples: Int16Array, order: number): Float64Array {
  const { length } = samples;
  const windowed = Float64Array.from(
    samples,
    (sample, i) => sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / length)),
  );
  const correlation = Float64Array.from({ length: order + 1 }, (_, lag) => {
    let sum = 0;
    for (let i = lag; i < length; i++) sum += windowed[i]! * windowed[i - lag]!;
    return sum;
  });
  const coefficients = new Float64Array(order + 1);
  coefficients[0] = 1;
  // As much noise as keeps a pure tone, or silence, from dividing by nothing.
  let error = correlation[0]! * (1 + 1e-9) + 1;
  for (let i = 1; i <= order; i++) {
    let sum = correlation[i]!;
    for (let k = 1; k < i; k++) sum += coefficients[k]! * correlation[i - k]!;
    const reflection = -sum / error;
    const earlier = coefficients.slice();
    for (let k = 1; k < i; k++) coefficients[k] = earlier[k]! + reflection * earlier[i - k]!;
    coefficients[i] = reflection;
    error *= 1 - reflection * reflection;
  }
  return coefficients;
}

/** The effective value of what the prediction misses, over samples `from` to `to`. */
export function predictionError(
  samples: Int16Array,
  coefficients: Float64Array,
  from: number,
  to: number,
): number {
  let square = 0;
  for (let i = from; i < to; i++) {
    let missed = 0;
    for (let k = 0; k < coefficients.length; k++) missed += coefficients[k]! * (samples[i - k] ?? 0);
    square += missed * missed;
  }
  return Math.sqrt(square / Math.max(1, to - from));
}
