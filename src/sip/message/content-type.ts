/** Content-Type and the elements of Accept (RFC 3261 sections 20.1 and 20.15). */
import { isToken } from './grammar.ts';
import { type Parameter, parseParameters } from './parameters.ts';

export interface ContentType {
  /** `type/subtype` in lower case. */
  readonly mediaType: string;
  readonly parameters: readonly Parameter[];
}

/** Undefined: malformed. */
export function parseContentType(value: string): ContentType | undefined {
  const semicolon = value.indexOf(';');
  const end = semicolon === -1 ? value.length : semicolon;
  const [type, subtype, ...more] = value.slice(0, end).split('/');
  const parameters = parseParameters(value, end);
  if (type === undefined || subtype === undefined || more.length > 0 || parameters === undefined)
    return undefined;
  if (!isToken(type.trim()) || !isToken(subtype.trim())) return undefined;
  return { mediaType: `${type.trim()}/${subtype.trim()}`.toLowerCase(), parameters };
}
