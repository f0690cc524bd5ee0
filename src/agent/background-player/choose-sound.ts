import type { BackgroundSound } from './background-sound.ts';

/**
 * Chooses one of a list by its probability, or none: with a sum below 1 the rest is silence, and a sum of 1 or more is
 * shared out in proportion. Negative probabilities are never chosen, but count in the sum: so it is in LiveKit's player,
 * whose draws this repeats one for one. `random` gives numbers from 0 to 1.
 */
export function chooseSound<Sound extends Pick<BackgroundSound, 'probability'>>(
  sounds: readonly Sound[],
  random: () => number,
): Sound | undefined {
  const total = sounds.reduce((sum, { probability = 1 }) => sum + probability, 0);
  if (total <= 0) return undefined;
  if (total < 1 && random() > total) return undefined;
  const norm = total <= 1 ? 1 : total;
  const drawn = random() * Math.min(total, 1);
  let reached = 0;
  for (const sound of sounds) {
    const { probability = 1 } = sound;
    if (probability <= 0) continue;
    reached += probability / norm;
    if (drawn <= reached) return sound;
  }
  return sounds.at(-1);
}
