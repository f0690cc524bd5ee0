import type { ActionWarning } from './action-warning.ts';

/**
 * Reads the fields of an action as leniently as apps need, and notes a warning for each field that is not what the
 * protocol says.
 */
export class Fields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #warnings: ActionWarning[];

  constructor(object: Readonly<Record<string, unknown>>, path: string, warnings: ActionWarning[]) {
    this.#object = object;
    this.#path = path;
    this.#warnings = warnings;
  }

  /** Whether the field is there; `null` counts as absent. */
  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  /** A string that is not blank; a number is taken for its digits. */
  text(name: string, expected = 'a string'): string | undefined {
    const value = this.#value(name);
    if (typeof value === 'number' && Number.isFinite(value)) return String(value);
    if (typeof value === 'string') return value.trim() === '' ? undefined : value;
    if (value !== undefined) this.warn(name, expected, 'ignored');
    return undefined;
  }

  /** A number or a string of one, from `least` to `most`; what lies outside is brought inside, or left to its default. */
  number(name: string, range: NumberRange): number | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    const { least, most, outside } = range;
    const whole = range.whole === true;
    const expected = `${whole ? 'a whole number' : 'a number'}${range.unit ?? ''} from ${least} to ${most}`;
    const given = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    const unusable = outside === 'clamp' ? 'ignored' : 'the default is used';
    if (typeof given !== 'number' || !Number.isFinite(given)) {
      this.warn(name, expected, unusable);
      return undefined;
    }
    const inside = Math.min(most, Math.max(least, whole ? Math.round(given) : given));
    if (inside === given) return given;
    this.warn(name, expected, outside === 'clamp' ? `${inside} is used` : unusable);
    return outside === 'clamp' ? inside : undefined;
  }

  flag(name: string): boolean {
    const value = this.#value(name);
    if (value === undefined || typeof value === 'boolean') return value ?? false;
    if (value === 'true' || value === 1) return true;
    if (value !== 'false' && value !== 0) this.warn(name, 'true or false', 'ignored');
    return false;
  }

  /** The fields of an object inside, where it may as well be something else. */
  nestedIfObject(name: string): Fields | undefined {
    return isObject(this.#value(name)) ? this.nested(name) : undefined;
  }

  /** The fields of an object inside. */
  nested(name: string): Fields | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (isObject(value)) return new Fields(value, `${this.#path}.${name}`, this.#warnings);
    this.warn(name, 'an object', 'ignored');
    return undefined;
  }

  /** The strings of a list, each at most `longest` characters; a single string is a list of one. */
  texts(name: string, limits: { readonly most: number; readonly longest: number }): string[] | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    const list = typeof value === 'string' ? [value] : value;
    if (!Array.isArray(list)) {
      this.warn(name, 'a list of strings', 'ignored');
      return undefined;
    }
    const good = list.filter(
      (entry) => typeof entry === 'string' && entry.trim() !== '' && entry.length <= limits.longest,
    );
    const expected = `strings of 1 to ${limits.longest} characters`;
    if (good.length < list.length)
      this.warn(name, expected, `${list.length - good.length} of its entries are left out`);
    if (good.length > limits.most)
      this.warn(name, `at most ${limits.most} entries`, `the first ${limits.most} are used`);
    return good.slice(0, limits.most);
  }

  /** Notes a warning about a field. */
  warn(name: string, expected: string, consequence: string): void {
    const found = shown(this.#object[name]);
    this.#warnings.push({ field: `${this.#path}.${name}`, found, expected, consequence });
  }

  #value(name: string): unknown {
    return Object.hasOwn(this.#object, name) ? (this.#object[name] ?? undefined) : undefined;
  }
}

export interface NumberRange {
  readonly least: number;
  readonly most: number;
  readonly whole?: boolean;
  /** As it reads after "a number", such as " of seconds". */
  readonly unit?: string;
  /** What becomes of a number outside the range. */
  readonly outside: 'clamp' | 'default';
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as a warning shows it: short, on one line, whatever it is. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return `an object with ${shownKeys(Object.keys(value))}`;
  if (typeof value !== 'string' || value.length <= LONGEST_SHOWN) return JSON.stringify(value);
  return `${JSON.stringify(value.slice(0, LONGEST_SHOWN))}... (${value.length} characters)`;
}

function shownKeys(keys: readonly string[]): string {
  if (keys.length === 0) return 'no fields';
  const first = keys.slice(0, 3).map((key) => JSON.stringify(key.slice(0, 20)));
  return `the fields ${first.join(', ')}${keys.length > 3 ? ' and more' : ''}`;
}

const LONGEST_SHOWN = 40;
