/**
 * The ideal low-pass filter's impulse response, sin(pi t) / (pi t), under a Kaiser window that ends at
 * `halfWidth`. `t` counts zero crossings from the centre; `beta` trades stop band against steepness.
 */
export function windowedSinc(t: number, halfWidth: number, beta: number): number {
  const position = t / halfWidth;
  if (Math.abs(position) >= 1) return 0;
  const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
  return (sinc * besselI0(beta * Math.sqrt(1 - position * position))) / besselI0(beta);
}

/** Modified Bessel function of the first kind and order zero, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
