import { fromDecibels } from '../../audio/decibels.ts';

/**
 * The gain of a dub track in whole decibels, from -50 to 50, as jambonz reads it: a number, or the first `<number> dB`
 * in a text; what is neither is 0. Other than there a text of digits alone counts as well: "-3" is not meant to be 0.
 */
export function parseGainDb(value: unknown): number {
  const decibels = typeof value === 'number' ? value : typeof value === 'string' ? decibelsIn(value) : 0;
  const whole = Number.isNaN(decibels) ? 0 : Math.trunc(decibels);
  // -0 would be another number in tests and logs.
  return Math.min(MOST_DB, Math.max(-MOST_DB, whole)) + 0;
}

/** The same as a linear factor. The lowest is hardly heard, and not full level as it is in jambonz. */
export function parseGain(value: unknown): number {
  return fromDecibels(parseGainDb(value));
}

function decibelsIn(text: string): number {
  const [, number] =
    /([+-]?\d+(?:\.\d+)?)\s*db/i.exec(text) ?? /^\s*([+-]?\d+(?:\.\d+)?)\s*$/.exec(text) ?? [];
  return number === undefined ? 0 : Number.parseFloat(number);
}

const MOST_DB = 50;
