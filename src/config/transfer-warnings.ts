import { isMeant, numberInUri, parseDestination } from '../call/destination.ts';
import type { Config } from './config.ts';

/** Whom flows name to pass callers on to, though `outbound` lets nobody call them: known only when a caller needs it. */
export function transferWarnings({ flows, outbound }: Config): string[] {
  const isAllowed = (to: string): boolean => {
    const destination = parseDestination(to);
    if (destination === undefined) return false;
    // At the host of a trunk it is a number.
    const number = destination.kind === 'uri' ? numberInUri(destination.uri) : undefined;
    const meant = number === undefined ? [destination] : [destination, { kind: 'number', number } as const];
    return outbound.allow.some((pattern) => meant.some((one) => isMeant(pattern, one)));
  };
  return Object.entries(flows).flatMap(([name, { agent, fallback }]) => {
    const tools = 'tools' in agent ? Object.entries(agent.tools.transferTo) : [];
    const named = [
      ...(fallback.transferTo === undefined ? [] : [['fallback.transferTo', fallback.transferTo] as const]),
      ...tools.map(([whom, to]) => [`agent.tools.transferTo.${whom}`, to] as const),
    ];
    return named
      .filter(([, to]) => !isAllowed(to))
      .map(([key]) => `flows.${name}.${key}: outbound.allow does not have it, so nobody is called`);
  });
}
