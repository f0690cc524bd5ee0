import type { Random } from './random.ts';
import { RATE_HZ } from './ring.ts';

/** A struck thing: partials that ring and die away. `decaySeconds` is to 1/e. */
export interface Partial {
  readonly hz: number;
  readonly level: number;
  readonly decaySeconds: number;
}

export function struck(partials: readonly Partial[]): Float64Array {
  const longest = Math.max(...partials.map((partial) => partial.decaySeconds));
  const sound = new Float64Array(Math.round(longest * 8 * RATE_HZ));
  for (const { hz, level, decaySeconds } of partials) {
    for (let i = 0; i < sound.length; i++) {
      const seconds = i / RATE_HZ;
      const attack = Math.min(1, seconds / ATTACK_SECONDS);
      sound[i]! += level * attack * Math.exp(-seconds / decaySeconds) * Math.sin(2 * Math.PI * hz * seconds);
    }
  }
  return sound;
}

/** A burst of noise that dies away. */
export function burst(random: Random, decaySeconds: number): Float64Array {
  const sound = new Float64Array(Math.round(decaySeconds * 8 * RATE_HZ));
  for (let i = 0; i < sound.length; i++) {
    sound[i] = random.noise() * Math.exp(-i / RATE_HZ / decaySeconds) * Math.min(1, i / 4);
  }
  return sound;
}

const ATTACK_SECONDS = 0.0006;
