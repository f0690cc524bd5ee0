import { bandPass, chain, highPass, room } from './filters.ts';
import { Random } from './random.ts';
import { RATE_HZ, Ring } from './ring.ts';
import { burst, struck } from './tones.ts';

/** Somebody types, close by. Between the words there is next to nothing: it is a sound to play under another. */
export function keyboard(): Ring {
  const random = new Random(5);
  const keys = typing(random, SECONDS).normalize();
  const desk = new Ring(SECONDS).mix(keys, 1).through(room(0.25, 0.5));
  const air = new Ring(SECONDS).addNoise(random).through(bandPass(700, 0.4)).normalize();
  return new Ring(SECONDS).mix(keys, 1).mix(desk.normalize(), 0.3).mix(air, 0.012).through(highPass(200));
}

/** Words of some letters with a space between them, in an even but human rhythm. */
export function typing(random: Random, seconds: number): Ring {
  const ring = new Ring(seconds);
  let at = 0.1;
  while (at < seconds - 0.35) {
    const letters = Math.round(random.between(3, 8));
    for (let i = 0; i < letters && at < seconds - 0.35; i++) {
      addKey(ring, at, random, 1);
      at += random.between(0.085, 0.16);
    }
    addKey(ring, at, random, 0.6);
    at += random.between(0.2, 0.38);
  }
  return ring;
}

/** Down and, a little later and softer, up. `pitch` is lower for a large key. */
function addKey(ring: Ring, at: number, random: Random, pitch: number): void {
  const level = random.between(0.6, 1);
  ring.add(stroke(random, pitch), at, level);
  ring.add(stroke(random, pitch * 1.25), at + random.between(0.06, 0.09), level * 0.3);
}

function stroke(random: Random, pitch: number): Float64Array {
  const sound = new Float64Array(Math.round(0.12 * RATE_HZ));
  const click = burst(random, 0.003).map(chain(bandPass(2100 * pitch, 0.7)));
  const body = struck([
    { hz: random.between(330, 420) * pitch, level: 0.14, decaySeconds: 0.008 },
    { hz: random.between(900, 1200) * pitch, level: 0.12, decaySeconds: 0.006 },
    { hz: random.between(1900, 2600) * pitch, level: 0.08, decaySeconds: 0.004 },
  ]);
  for (const part of [click, body]) {
    for (let i = 0; i < Math.min(part.length, sound.length); i++) sound[i]! += part[i]!;
  }
  return sound;
}

const SECONDS = 2.5;
