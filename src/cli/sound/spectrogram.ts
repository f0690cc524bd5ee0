import { encodePng } from './png.ts';

export interface SpectrogramSize {
  readonly columns: number;
  readonly rows: number;
}

/** A sound's spectrum over time as a PNG file: low below, high above, from -100 dBFS dark to -30 dBFS bright. */
export function drawSpectrogram(samples: Int16Array, { columns, rows }: SpectrogramSize): Buffer {
  const pixels = new Uint8Array(columns * rows);
  const window = rows * 2;
  for (let column = 0; column < columns; column += 1) {
    const centre = ((column + 0.5) * samples.length) / columns;
    const levels = spectrumDb(samples, Math.round(centre - window / 2), window);
    for (let row = 0; row < rows; row += 1) {
      const brightness = (levels[row]! - DARK_DB) / (BRIGHT_DB - DARK_DB);
      const shade = Math.max(0, Math.min(SHADES - 1, Math.round(brightness * (SHADES - 1))));
      pixels[(rows - 1 - row) * columns + column] = shade;
    }
  }
  return encodePng(columns, rows, pixels, palette);
}

/** Levels of the bands from 0 to half the rate, of `length` samples under a Hann window; a power of two. */
function spectrumDb(samples: Int16Array, from: number, length: number): Float64Array {
  const real = new Float64Array(length);
  const imaginary = new Float64Array(length);
  for (let i = 0; i < length; i += 1) {
    const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / length);
    real[i] = ((samples[from + i] ?? 0) / 32768) * hann;
  }
  transform(real, imaginary);
  return Float64Array.from({ length: length / 2 }, (_, band) => {
    const power = real[band]! ** 2 + imaginary[band]! ** 2;
    // A full-scale sine is 0 dB: half the window's sum of one half.
    return 10 * Math.log10(Math.max(power, 1e-20) / (length / 4) ** 2);
  });
}

/** The fast Fourier transform in place, radix 2. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const { length } = real;
  for (let i = 1, j = 0; i < length; i += 1) {
    let bit = length >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [real[i], real[j]] = [real[j]!, real[i]!];
    [imaginary[i], imaginary[j]] = [imaginary[j]!, imaginary[i]!];
  }
  for (let size = 2; size <= length; size *= 2) {
    for (let start = 0; start < length; start += size) {
      for (let k = 0; k < size / 2; k += 1) {
        const angle = (-2 * Math.PI * k) / size;
        const [low, high] = [start + k, start + k + size / 2];
        const r = real[high]! * Math.cos(angle) - imaginary[high]! * Math.sin(angle);
        const i = real[high]! * Math.sin(angle) + imaginary[high]! * Math.cos(angle);
        real[high] = real[low]! - r;
        imaginary[high] = imaginary[low]! - i;
        real[low]! += r;
        imaginary[low]! += i;
      }
    }
  }
}

const DARK_DB = -100;
const BRIGHT_DB = -30;
const SHADES = 48;
/** Black, violet, red, yellow, white. */
const stops: readonly (readonly [number, number, number])[] = [
  [8, 8, 16],
  [70, 20, 110],
  [190, 50, 80],
  [245, 165, 50],
  [255, 250, 225],
];
const palette: readonly number[] = Array.from({ length: SHADES }, (_, shade) => {
  const place = (shade / (SHADES - 1)) * (stops.length - 1);
  const [below, above] = [stops[Math.floor(place)]!, stops[Math.ceil(place)]!];
  const [red, green, blue] = below.map((part, i) => Math.round(part + (above[i]! - part) * (place % 1)));
  return (red! << 16) | (green! << 8) | blue!;
});
