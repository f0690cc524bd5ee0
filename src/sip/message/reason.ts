/** Reason: why a request was sent, by a protocol's own code (RFC 3326 section 2). */
import { isToken, parseDecimal, quote, unquote } from './grammar.ts';
import { parameterValue, parseParameters } from './parameters.ts';

export interface Reason {
  /** `SIP`, `Q.850`, … */
  readonly protocol: string;
  readonly cause: number | undefined;
  readonly text: string | undefined;
}

/** One element of the list (`headerList`). Undefined: malformed. */
export function parseReason(element: string): Reason | undefined {
  const semicolon = element.indexOf(';');
  const end = semicolon === -1 ? element.length : semicolon;
  const protocol = element.slice(0, end).trim();
  const parameters = parseParameters(element, end);
  if (!isToken(protocol) || parameters === undefined) return undefined;
  const cause = parameterValue(parameters, 'cause');
  const text = parameterValue(parameters, 'text');
  return {
    protocol,
    cause: cause === undefined ? undefined : parseDecimal(unquote(cause), 0xffff),
    text: text === undefined ? undefined : unquote(text),
  };
}

export function serializeReason({ protocol, cause, text }: Reason): string {
  return `${protocol}${cause === undefined ? '' : `;cause=${cause}`}${text === undefined ? '' : `;text=${quote(text)}`}`;
}
