/** `;name=value` lists, of headers and of URIs: lossless, in their order. */
import { EQUALS, endOfQuoted, indexOutside, isWhitespace, QUOTE, SEMICOLON } from './grammar.ts';

export interface Parameter {
  readonly name: string;
  /** As written, quotes and escapes included; undefined for a parameter without `=`. */
  readonly value: string | undefined;
}

/**
 * The parameters from `start`, which is behind the value they belong to: nothing, or whitespace and `;`. Empty ones
 * (`;;`) are passed over. Undefined: something else stands there, or a name is missing.
 */
export function parseParameters(text: string, start: number): Parameter[] | undefined {
  const parameters: Parameter[] = [];
  let at = skipWhitespace(text, start);
  while (at < text.length) {
    if (text.charCodeAt(at) !== SEMICOLON) return undefined;
    at = skipWhitespace(text, at + 1);
    const semicolon = indexOutside(text, SEMICOLON, at);
    const end = semicolon === -1 ? text.length : semicolon;
    if (at < end) {
      const parameter = parseParameter(text, at, end);
      if (parameter === undefined) return undefined;
      parameters.push(parameter);
    }
    at = end;
  }
  return parameters;
}

export function serializeParameters(parameters: readonly Parameter[]): string {
  let text = '';
  for (const { name, value } of parameters) text += value === undefined ? `;${name}` : `;${name}=${value}`;
  return text;
}

export function findParameter(parameters: readonly Parameter[], name: string): Parameter | undefined {
  for (const parameter of parameters) {
    if (parameter.name === name) return parameter;
    if (parameter.name.length === name.length && parameter.name.toLowerCase() === name.toLowerCase())
      return parameter;
  }
  return undefined;
}

export function hasParameter(parameters: readonly Parameter[], name: string): boolean {
  return findParameter(parameters, name) !== undefined;
}

/** The value as written; undefined when the parameter is absent or has none. */
export function parameterValue(parameters: readonly Parameter[], name: string): string | undefined {
  return findParameter(parameters, name)?.value;
}

/** A copy in which `name` has `value` (undefined: stands without one), in its old place or last. */
export function withParameter(
  parameters: readonly Parameter[],
  name: string,
  value: string | undefined,
): Parameter[] {
  const changed = { name, value };
  const old = findParameter(parameters, name);
  if (old === undefined) return [...parameters, changed];
  return parameters.map((parameter) => (parameter === old ? changed : parameter));
}

function parseParameter(text: string, start: number, end: number): Parameter | undefined {
  let equals = start;
  while (equals < end && text.charCodeAt(equals) !== EQUALS) equals++;
  if (equals === end) return { name: text.slice(start, trimEnd(text, start, end)), value: undefined };
  const nameEnd = trimEnd(text, start, equals);
  if (nameEnd === start) return undefined;
  const valueStart = skipWhitespace(text, equals + 1);
  const value = valueStart >= end ? '' : text.slice(valueStart, trimEnd(text, valueStart, end));
  if (value.charCodeAt(0) === QUOTE && endOfQuoted(value, 0) === -1) return undefined;
  return { name: text.slice(start, nameEnd), value };
}

function skipWhitespace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isWhitespace(text.charCodeAt(at))) at++;
  return at;
}

function trimEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isWhitespace(text.charCodeAt(at - 1))) at--;
  return at;
}
