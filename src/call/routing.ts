/** From the dialled number to the name of a flow. First match wins; a flow also answers to its own name. */
export interface Route {
  /** An exact number, a prefix (`4921*`), or a regular expression between slashes. */
  readonly number: string;
  readonly flow: string;
}

export function routeCall(
  dialled: string,
  routes: readonly Route[],
  flowNames: ReadonlySet<string>,
): string | undefined {
  const number = canonical(dialled);
  for (const route of routes) if (matches(route.number, number, dialled)) return route.flow;
  return flowNames.has(dialled) ? dialled : undefined;
}

function matches(pattern: string, number: string, dialled: string): boolean {
  if (pattern === '*') return true;
  if (pattern.length > 2 && pattern.startsWith('/') && pattern.endsWith('/')) {
    return new RegExp(pattern.slice(1, -1), 'u').test(dialled);
  }
  if (pattern.endsWith('*')) return number.startsWith(canonical(pattern.slice(0, -1)));
  return number === canonical(pattern);
}

/** `+49 211-555` and `0049…` are written by people; trunks send `+49211555`, `49211555`: the plus is not compared. */
function canonical(number: string): string {
  return /^\+?[\d ().-]+$/.test(number) ? number.replace(/[^\d*#]/g, '') : number;
}
