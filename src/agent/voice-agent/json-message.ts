/** What backends write as JSON, read without trust: what is missing or of another kind is undefined. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Undefined for what is no JSON object. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function objectAt(object: JsonObject | undefined, name: string): JsonObject | undefined {
  return asObject(object?.[name]);
}

export function textAt(object: JsonObject | undefined, name: string): string | undefined {
  const value = object?.[name];
  return typeof value === 'string' ? value : undefined;
}

/** A number, or a string of one: some vendors write both. */
export function numberAt(object: JsonObject | undefined, name: string): number | undefined {
  const value = object?.[name];
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** The objects of a list; what else stands in it is left out. */
export function objectsAt(object: JsonObject | undefined, name: string): readonly JsonObject[] {
  const value = object?.[name];
  return Array.isArray(value) ? value.map(asObject).filter((item) => item !== undefined) : [];
}

function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}
