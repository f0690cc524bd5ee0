/** Session-Expires and Min-SE (RFC 4028 sections 4 and 5). */
import { parseDeltaSeconds } from './grammar.ts';
import { type Parameter, parameterValue, parseParameters, serializeParameters } from './parameters.ts';

export interface SessionExpires {
  readonly intervalSeconds: number;
  /** Who sends the refreshes; undefined leaves it to the other side. */
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** Undefined: malformed. */
export function parseSessionExpires(value: string): SessionExpires | undefined {
  const parsed = parseSeconds(value);
  if (parsed === undefined) return undefined;
  const refresher = parameterValue(parsed.parameters, 'refresher')?.toLowerCase();
  if (refresher !== undefined && refresher !== 'uac' && refresher !== 'uas') return undefined;
  return { intervalSeconds: parsed.seconds, refresher };
}

export function serializeSessionExpires({ intervalSeconds, refresher }: SessionExpires): string {
  const parameters: Parameter[] = refresher === undefined ? [] : [{ name: 'refresher', value: refresher }];
  return `${intervalSeconds}${serializeParameters(parameters)}`;
}

/** The smallest interval a peer accepts. Undefined: malformed. */
export function parseMinSe(value: string): number | undefined {
  return parseSeconds(value)?.seconds;
}

function parseSeconds(value: string): { seconds: number; parameters: Parameter[] } | undefined {
  const match = /^\s*(\d+)/.exec(value);
  const seconds = match === null ? undefined : parseDeltaSeconds(match[1]!);
  const parameters = match === null ? undefined : parseParameters(value, match[0].length);
  return seconds === undefined || parameters === undefined ? undefined : { seconds, parameters };
}
