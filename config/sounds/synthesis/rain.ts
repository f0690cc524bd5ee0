import { bandPass, chain, highPass, lowPass } from './filters.ts';
import { Random } from './random.ts';
import { RATE_HZ, Ring } from './ring.ts';

/** Steady rain on a window sill: the hiss of countless drops, and those near enough to be heard alone. */
export function rain(): Ring {
  const random = new Random(4);
  const hiss = new Ring(SECONDS).addNoise(random).through(chain(bandPass(1800, 0.35), lowPass(5000)));
  const body = new Ring(SECONDS).addNoise(random).through(bandPass(600, 0.5));
  const drops = new Ring(SECONDS);
  for (let i = 0; i < SECONDS * DROPS_PER_SECOND; i++) {
    drops.add(drop(random), random.between(0, SECONDS), random.next() ** 4);
  }
  return new Ring(SECONDS)
    .mix(hiss.normalize(), 0.8)
    .mix(body.normalize(), 0.4)
    .mix(drops.normalize(), 0.45)
    .through(highPass(200));
}

/** A bubble that rings as it shrinks: the pitch rises while the sound dies. */
function drop(random: Random): Float64Array {
  const hz = random.between(700, 3400);
  const rise = random.between(0.5, 4);
  const decaySeconds = random.between(0.002, 0.012);
  const sound = new Float64Array(Math.round(decaySeconds * 7 * RATE_HZ));
  let turn = 0;
  for (let i = 0; i < sound.length; i++) {
    const seconds = i / RATE_HZ;
    turn += (hz * (1 + rise * seconds)) / RATE_HZ;
    sound[i] = Math.min(1, i / 6) * Math.exp(-seconds / decaySeconds) * Math.sin(2 * Math.PI * turn);
  }
  return sound;
}

const SECONDS = 2;
const DROPS_PER_SECOND = 220;
