import { bandPass, chain, highPass, lowPass, room } from './filters.ts';
import { Random } from './random.ts';
import { Ring } from './ring.ts';
import { burst, struck } from './tones.ts';
import { chatter, someone } from './voice.ts';

/** A great hall: rumble and steam of many people under a high roof, heels on stone, a chime far off. */
export function trainStation(): Ring {
  const random = new Random(3);
  const rumble = new Ring(SECONDS)
    .addNoise(random)
    .through(chain(bandPass(300, 0.35), lowPass(1300)))
    .shape((turn) => 1 + 0.25 * Math.sin(2 * Math.PI * turn) + 0.15 * Math.sin(6 * Math.PI * turn + 1));
  const crowd = new Ring(SECONDS);
  for (let i = 0; i < 10; i++) chatter(crowd, someone(random), random, random.between(0.4, 1));
  const heels = new Ring(SECONDS);
  for (let i = 0; i < STEPS; i++) {
    const at = ((i + 0.5) * SECONDS) / STEPS + random.between(-0.015, 0.015);
    heels.add(heel(random), at, (i % 2 === 0 ? 1 : 0.8) * (0.4 + 0.6 * Math.sin((Math.PI * i) / STEPS)));
  }
  const chime = new Ring(SECONDS);
  CHIME_HZ.forEach((hz, i) => {
    chime.add(bell(hz), 0.6 + i * 0.45);
  });

  const hall = new Ring(SECONDS)
    .mix(crowd.normalize(), 1)
    .mix(heels.normalize(), 0.35)
    .mix(chime.normalize(), 0.4)
    .through(chain(lowPass(3400), room(2.2, 0.65)));
  return new Ring(SECONDS)
    .mix(rumble.normalize(), 0.6)
    .mix(hall.normalize(), 0.85)
    .mix(heels, 0.1)
    .mix(chime, 0.16)
    .through(highPass(200));
}

function heel(random: Random): Float64Array {
  const click = burst(random, 0.004);
  const filter = bandPass(random.between(900, 1500), 1.2);
  return click.map(filter);
}

function bell(hz: number): Float64Array {
  return struck([
    { hz, level: 1, decaySeconds: 0.5 },
    { hz: hz * 2.01, level: 0.35, decaySeconds: 0.3 },
    { hz: hz * 3.02, level: 0.12, decaySeconds: 0.15 },
  ]);
}

const SECONDS = 4;
const STEPS = 8;
/** E5, C5, G4: downwards, as before an announcement. */
const CHIME_HZ = [659.26, 523.25, 392];
