/** Finds known sounds in a recording of a call, through G.711, mixing and a playout that stretches time a little. */

/** Where a sound lies in a recording, and how like it is: 1 is the same but for level, 0 has nothing to do with it. */
export interface Match {
  readonly at: number;
  readonly correlation: number;
}

/** The best place for `sound` to begin, of those from `from` up to `to`: by normalised cross-correlation. */
function findSound(recording: Int16Array, sound: Int16Array, from: number, to: number): Match {
  const soundEnergy = energyOf(sound, 0, sound.length);
  const last = Math.min(to, recording.length - sound.length);
  let best: Match = { at: -1, correlation: 0 };
  let energy = energyOf(recording, Math.max(0, from), sound.length);
  for (let at = Math.max(0, from); at <= last; at++) {
    let product = 0;
    for (let i = 0; i < sound.length; i++) product += recording[at + i]! * sound[i]!;
    const correlation = product / Math.sqrt(Math.max(1, energy * soundEnergy));
    if (correlation > best.correlation) best = { at, correlation };
    energy += (recording[at + sound.length] ?? 0) ** 2 - recording[at]! ** 2;
  }
  return best;
}

/** Which stretch of a loop a piece of a recording is. */
export function findInLoop(piece: Int16Array, loop: Int16Array): Match {
  const unrolled = new Int16Array(loop.length + piece.length);
  for (let i = 0; i < unrolled.length; i++) unrolled[i] = loop[i % loop.length]!;
  return findSound(unrolled, piece, 0, loop.length - 1);
}

/**
 * Follows speech through a recording piece by piece, each a little before or after where the one before it would have
 * it. Pieces in which nobody speaks are left out.
 */
export function followSpeech(
  recording: Int16Array,
  speech: Int16Array,
  rateHz: number,
  from: number,
  to: number,
): Match[] {
  const length = (rateHz * PIECE_MS) / 1000;
  const slack = (rateHz * SLACK_MS) / 1000;
  const loudest = Math.max(...pieces(speech, length).map(({ sound }) => energyOf(sound, 0, length)));
  const begin = findSound(recording, speech.subarray(0, rateHz), from, to);
  const matches: Match[] = [];
  let offset = begin.at;
  for (const { at, sound } of pieces(speech, length)) {
    if (energyOf(sound, 0, length) < loudest * SPOKEN_SHARE) continue;
    const match = findSound(recording, sound, offset + at - slack, offset + at + slack);
    matches.push(match);
    if (match.correlation > 0.7) offset = match.at - at;
  }
  return matches;
}

/** Where the quietest stretch of so many samples begins. */
export function quietestAt(recording: Int16Array, length: number, from: number, to: number): number {
  let energy = energyOf(recording, from, length);
  let best = { at: from, energy };
  for (let at = from; at + length < to; at++) {
    energy += recording[at + length]! ** 2 - recording[at]! ** 2;
    if (energy < best.energy) best = { at: at + 1, energy };
  }
  return best.at;
}

function pieces(sound: Int16Array, length: number): { at: number; sound: Int16Array }[] {
  return Array.from({ length: Math.floor(sound.length / length) }, (_, index) => ({
    at: index * length,
    sound: sound.subarray(index * length, (index + 1) * length),
  }));
}

function energyOf(samples: Int16Array, from: number, length: number): number {
  let energy = 0;
  for (let i = from; i < from + length; i++) energy += (samples[i] ?? 0) ** 2;
  return energy;
}

const PIECE_MS = 200;
/** A pitch period or two, by which the playout stretches and shortens. */
const SLACK_MS = 40;
/** -16 dB of the loudest piece: below it there is no word to find. */
const SPOKEN_SHARE = 0.025;
