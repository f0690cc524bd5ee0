/** How words are said, as `prosody` and `emphasis` of SSML ask for it: as much of it as every engine here can do. */
export interface Prosody {
  /** Times the engine's usual speed, 0.5 to 2. */
  readonly rate: number;
  /** -40 to 6, or `-Infinity` for words that take their time unheard. */
  readonly gainDb: number;
}

export const PLAIN: Prosody = { rate: 1, gainDb: 0 };

/** What a `prosody` element makes of what is around it: speeds multiply, gains add up. Mistakes go to `warn`. */
export function prosodyWithin(
  outer: Prosody,
  attributes: ReadonlyMap<string, string>,
  warn: (warning: string) => void,
): Prosody {
  return combine(outer, {
    rate: read('rate', parseRate, 'a rate such as slow, 120% or +20%') ?? 1,
    gainDb: read('volume', parseVolumeDb, 'a volume such as soft, -6dB or 80') ?? 0,
  });

  function read(
    name: string,
    parse: (value: string) => number | undefined,
    expected: string,
  ): number | undefined {
    const value = attributes.get(name);
    if (value === undefined) return undefined;
    const parsed = parse(value.trim().toLowerCase());
    if (parsed === undefined)
      warn(`ssml: found prosody ${name} "${value.slice(0, 20)}", expected ${expected}`);
    return parsed;
  }
}

/** What an `emphasis` element makes of what is around it; `level` is `moderate` unless the element says. */
export function emphasisWithin(outer: Prosody, level: string | undefined): Prosody {
  return combine(outer, emphases.get(level?.trim().toLowerCase() ?? '') ?? MODERATE);
}

export function isSameProsody(one: Prosody, other: Prosody): boolean {
  return one.rate === other.rate && one.gainDb === other.gainDb;
}

/** A speed in hundredths, so that sentences of almost the same speed are one in the cache. */
function combine(outer: Prosody, inner: Prosody): Prosody {
  const rate = Math.min(FASTEST, Math.max(SLOWEST, outer.rate * inner.rate));
  const gainDb = outer.gainDb + inner.gainDb;
  return {
    rate: Math.round(rate * 100) / 100,
    gainDb: gainDb === Number.NEGATIVE_INFINITY ? gainDb : Math.min(LOUDEST_DB, Math.max(SOFTEST_DB, gainDb)),
  };
}

/** A bare number multiplies (SSML 1.0 §3.2.4), a percentage is of the usual speed, with a sign a change of it. */
function parseRate(value: string): number | undefined {
  const label = rates.get(value);
  if (label !== undefined) return label;
  const { sign, digits, unit } = QUANTITY.exec(value)?.groups ?? {};
  if (digits === undefined || unit === 'db') return undefined;
  if (unit === undefined) return sign === undefined ? Number(digits) : undefined;
  return fraction(sign, digits);
}

/** A bare number is linear amplitude out of 100 (SSML 1.0 §3.2.4), with a sign a change of it. */
function parseVolumeDb(value: string): number | undefined {
  const label = volumesDb.get(value);
  if (label !== undefined) return label;
  const { sign, digits, unit } = QUANTITY.exec(value)?.groups ?? {};
  if (digits === undefined) return undefined;
  if (unit === 'db') return Number(`${sign ?? ''}${digits}`);
  return 20 * Math.log10(Math.max(0, fraction(sign, digits)));
}

function fraction(sign: string | undefined, digits: string): number {
  if (sign === undefined) return Number(digits) / 100;
  return 1 + Number(`${sign}${digits}`) / 100;
}

const QUANTITY = /^(?<sign>[+-])?(?<digits>\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})\s*(?<unit>%|db)?$/;

const SLOWEST = 0.5;
const FASTEST = 2;
const SOFTEST_DB = -40;
const LOUDEST_DB = 6;

/** Azure's, as its breaks are. */
const rates: ReadonlyMap<string, number> = new Map([
  ['x-slow', 0.5],
  ['slow', 0.64],
  ['medium', 1],
  ['default', 1],
  ['fast', 1.55],
  ['x-fast', 2],
]);

/** `medium` is the level that the voices have; louder than 6 dB above it, they would clip. */
const volumesDb: ReadonlyMap<string, number> = new Map([
  ['silent', Number.NEGATIVE_INFINITY],
  ['x-soft', -12],
  ['soft', -6],
  ['medium', 0],
  ['default', 0],
  ['loud', 3],
  ['x-loud', 6],
]);

const MODERATE: Prosody = { rate: 0.95, gainDb: 1 };
const emphases: ReadonlyMap<string, Prosody> = new Map([
  ['strong', { rate: 0.9, gainDb: 2 }],
  ['moderate', MODERATE],
  ['reduced', { rate: 1.05, gainDb: -2 }],
  ['none', PLAIN],
]);
