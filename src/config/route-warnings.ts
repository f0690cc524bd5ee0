import type { Config } from './config.ts';

/** Routes behind one that takes every number: the first that fits wins, so nobody ever comes to them. */
export function routeWarnings({ routes }: Config): string[] {
  const all = routes.findIndex(({ number }) => number === '*');
  if (all === -1) return [];
  return routes
    .slice(all + 1)
    .map((_, index) => `routes[${all + 1 + index}]: never reached: routes[${all}] takes every number`);
}
