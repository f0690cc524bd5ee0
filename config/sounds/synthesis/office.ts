import { bandPass, chain, highPass, lowPass, room } from './filters.ts';
import { typing } from './keyboard.ts';
import { Random } from './random.ts';
import { RATE_HZ, Ring } from './ring.ts';
import { chatter, someone } from './voice.ts';

/** An open-plan office: air conditioning, colleagues some desks away, somebody typing. */
export function office(): Ring {
  const random = new Random(2);
  const air = new Ring(SECONDS).addNoise(random).through(chain(bandPass(400, 0.3), lowPass(2000)));
  const hum = new Ring(SECONDS);
  for (const [hz, level] of HUM) hum.add(sine(hz), 0, level);
  const talk = new Ring(SECONDS);
  for (let i = 0; i < 5; i++) chatter(talk, someone(random), random, random.between(0.5, 1));
  const keys = typing(random, SECONDS);

  const far = new Ring(SECONDS).mix(talk.normalize(), 1).through(chain(lowPass(2800), room(0.5, 0.6)));
  const desk = new Ring(SECONDS).mix(keys.normalize(), 1).through(room(0.3, 0.5));
  return new Ring(SECONDS)
    .mix(air.normalize(), 0.75)
    .mix(hum.normalize(), 0.15)
    .mix(far.normalize(), 0.8)
    .mix(desk.normalize(), 0.12)
    .mix(keys, 0.16)
    .through(highPass(180));
}

/** Whole periods, so that it closes upon itself. */
function sine(hz: number): Float64Array {
  const wave = new Float64Array(SECONDS * RATE_HZ);
  for (let i = 0; i < wave.length; i++) wave[i] = Math.sin((2 * Math.PI * hz * i) / RATE_HZ);
  return wave;
}

const SECONDS = 3.5;
/** Mains hum of lamps and fans as a telephone hears it: its harmonics. */
const HUM = [
  [200, 0.6],
  [300, 1],
  [400, 0.5],
  [500, 0.4],
  [600, 0.2],
] as const;
