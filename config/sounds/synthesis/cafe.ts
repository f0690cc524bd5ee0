import { bandPass, chain, highPass, lowPass, room } from './filters.ts';
import { Random } from './random.ts';
import { Ring } from './ring.ts';
import { struck } from './tones.ts';
import { chatter, someone } from './voice.ts';

/** A full café: talk at many tables, a lively room, cups. */
export function cafe(): Ring {
  const random = new Random(1);
  const talk = new Ring(SECONDS);
  for (let i = 0; i < 10; i++) chatter(talk, someone(random), random, random.between(0.5, 1));
  const near = new Ring(SECONDS);
  for (let i = 0; i < 3; i++) chatter(near, someone(random), random, 1);
  const cups = new Ring(SECONDS);
  for (const at of [0.31, 0.44, 1.9, 2.72, 2.8, 3.95, 4.6]) {
    cups.add(cup(random), at + random.between(0, 0.1), random.between(0.3, 1));
  }
  const air = new Ring(SECONDS).addNoise(random).through(chain(bandPass(500, 0.4), lowPass(1500)));

  const dry = new Ring(SECONDS)
    .mix(talk.normalize(), 1)
    .mix(near.normalize(), 0.9)
    .mix(air.normalize(), 0.25);
  const cupsDry = cups.normalize();
  const echo = new Ring(SECONDS).mix(dry, 1).mix(cupsDry, 0.25).through(room(0.6, 0.75));
  return new Ring(SECONDS)
    .mix(dry, 1)
    .mix(echo.normalize(), 0.4)
    .mix(cupsDry, 0.2)
    .through(chain(highPass(200), highPass(150)));
}

/** China on china: the partials of a thick ring, each strike at another place. */
function cup(random: Random): Float64Array {
  const base = random.between(1900, 2900);
  return struck(
    [1, 1.62, 2.41].map((ratio) => ({
      hz: base * ratio * random.between(0.98, 1.02),
      level: random.between(0.3, 1) / ratio,
      decaySeconds: random.between(0.015, 0.05),
    })),
  );
}

const SECONDS = 5;
