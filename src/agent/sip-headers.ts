import type { SessionInfo } from './agent.ts';

/** Which headers of the INVITE an app is told: none, all that are believed, or those of these names. */
export type WantedSipHeaders = boolean | readonly string[];

/**
 * What a trusted trunk wrote into the INVITE about its caller, by header name; undefined where nothing is wanted or
 * there. What anybody could have written is not among it. Several of one name are joined as RFC 3261 section 7.3.1
 * allows; a listed name is told as it is listed.
 */
export function wantedSipHeaders(
  { signalling }: SessionInfo,
  wanted: WantedSipHeaders,
): Readonly<Record<string, string>> | undefined {
  if (wanted === false || signalling === undefined) return undefined;
  const listed = new Map(wanted === true ? [] : wanted.map((name) => [name.toLowerCase(), name]));
  const told = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (const { name, value } of signalling.headers) {
    const key = name.toLowerCase();
    if (!isBelieved(key) || (wanted !== true && !listed.has(key))) continue;
    const entry = told.get(key) ?? { name: listed.get(key) ?? name, values: [] };
    entry.values.push(value);
    told.set(key, entry);
  }
  if (told.size === 0) return undefined;
  return Object.fromEntries([...told.values()].map(({ name, values }) => [name, values.join(', ')]));
}

/** `SignallingFacts` holds these of trusted trunks alone; what else it holds, everybody writes. */
function isBelieved(name: string): boolean {
  return believed.has(name) || name.startsWith('x-');
}

const believed: ReadonlySet<string> = new Set([
  ...['p-asserted-identity', 'privacy', 'diversion', 'user-to-user'],
]);
