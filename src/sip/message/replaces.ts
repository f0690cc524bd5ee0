/** Replaces: the dialog a new call takes the place of (RFC 3891 section 6.1). */
import { hasParameter, parameterValue, parseParameters } from './parameters.ts';

export interface Replaces {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
  /** Only if the dialog has not been answered yet. */
  readonly earlyOnly: boolean;
}

/** Undefined: malformed. The value inside a Refer-To is escaped: `decodeURIComponent` comes first. */
export function parseReplaces(value: string): Replaces | undefined {
  const semicolon = value.indexOf(';');
  if (semicolon === -1) return undefined;
  const callId = value.slice(0, semicolon).trim();
  const parameters = parseParameters(value, semicolon);
  if (callId === '' || parameters === undefined) return undefined;
  const toTag = parameterValue(parameters, 'to-tag');
  const fromTag = parameterValue(parameters, 'from-tag');
  if (toTag === undefined || fromTag === undefined) return undefined;
  return { callId, toTag, fromTag, earlyOnly: hasParameter(parameters, 'early-only') };
}

export function serializeReplaces({ callId, toTag, fromTag, earlyOnly }: Replaces): string {
  return `${callId};to-tag=${toTag};from-tag=${fromTag}${earlyOnly ? ';early-only' : ''}`;
}
