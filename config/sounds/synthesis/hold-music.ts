import { chain, highPass, lowPass, room } from './filters.ts';
import { RATE_HZ, Ring } from './ring.ts';

/** Four gentle chords, played one note after the other on an electric piano over a soft pad. Our own. */
export function holdMusic(): Ring {
  const piano = new Ring(SECONDS);
  const pad = new Ring(SECONDS);
  CHORDS.forEach((chord, bar) => {
    const start = bar * BAR_SECONDS;
    PATTERN.forEach((voice, beat) => {
      const accent = beat === 0 ? 1 : 0.75 - 0.05 * (beat % 2);
      piano.add(note(hertz(chord[voice]!)), start + (beat * BAR_SECONDS) / PATTERN.length, accent);
    });
    for (const key of chord.slice(0, 3)) pad.add(swell(hertz(key)), start - 0.2);
  });
  const dry = new Ring(SECONDS).mix(piano.normalize(), 1).mix(pad.normalize(), 0.35);
  const echo = new Ring(SECONDS).mix(dry, 1).through(room(1.2, 0.4));
  return new Ring(SECONDS)
    .mix(dry, 1)
    .mix(echo.normalize(), 0.25)
    .through(chain(highPass(150), lowPass(5000)));
}

/** Two sines, one bending the other: bell-like when struck, round as it fades. */
function note(hz: number): Float64Array {
  const sound = new Float64Array(Math.round(1.6 * RATE_HZ));
  for (let i = 0; i < sound.length; i++) {
    const seconds = i / RATE_HZ;
    const angle = 2 * Math.PI * hz * seconds;
    const brightness = 1.1 * Math.exp(-seconds / 0.25);
    const level = Math.min(1, seconds / 0.004) * Math.exp(-seconds / 0.45) * ending(seconds, 1.6);
    sound[i] = level * Math.sin(angle + brightness * Math.sin(2 * angle));
  }
  return sound;
}

function swell(hz: number): Float64Array {
  const length = BAR_SECONDS + 0.4;
  const sound = new Float64Array(Math.round(length * RATE_HZ));
  for (let i = 0; i < sound.length; i++) {
    const seconds = i / RATE_HZ;
    const level = Math.min(1, seconds / 0.4) * ending(seconds, length);
    const angle = 2 * Math.PI * hz * seconds;
    sound[i] = level * (Math.sin(angle) + 0.3 * Math.sin(2 * angle + 1) + 0.12 * Math.sin(3 * angle + 2));
  }
  return sound;
}

/** 1, and down to 0 in the last 0.4 s. */
function ending(seconds: number, length: number): number {
  return Math.min(1, (length - seconds) / 0.4);
}

/** MIDI key number to frequency. */
function hertz(key: number): number {
  return 440 * 2 ** ((key - 69) / 12);
}

const BAR_SECONDS = 1.2;
const SECONDS = 4.8;
/** F major 7, D minor 7, B flat major 7, C 6 9: keys from middle C upwards, where a telephone hears them. */
const CHORDS = [
  [65, 69, 72, 76],
  [62, 69, 72, 77],
  [65, 70, 74, 81],
  [64, 67, 72, 79],
] as const;
const PATTERN = [0, 2, 1, 3, 2, 1] as const;
