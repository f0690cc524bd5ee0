/** Finding and changing header fields: any case, long or compact names, the order of the wire kept. */
import { splitList } from './grammar.ts';
import { isSameHeader } from './header-name.ts';
import type { HeaderField } from './message.ts';

/** A message, or anything else with header fields. */
export interface Headed {
  readonly headers: HeaderField[];
}

/** The first field of that name; undefined when there is none. */
export function headerValue(message: Headed, name: string): string | undefined {
  for (const field of message.headers) if (isSameHeader(field.name, name)) return field.value;
  return undefined;
}

export function hasHeader(message: Headed, name: string): boolean {
  return headerValue(message, name) !== undefined;
}

/** Every field of that name, one value for each as written. */
export function headerValues(message: Headed, name: string): string[] {
  const values: string[] = [];
  for (const field of message.headers) if (isSameHeader(field.name, name)) values.push(field.value);
  return values;
}

/** Every element of a comma-separated header, over all its fields (RFC 3261 section 7.3.1). */
export function headerList(message: Headed, name: string): string[] {
  return headerValues(message, name).flatMap(splitList);
}

/** The fields themselves, to be copied into another message. */
export function headerFields(message: Headed, name: string): HeaderField[] {
  return message.headers.filter((field) => isSameHeader(field.name, name));
}

/** Puts a field behind the others. */
export function addHeader(message: Headed, name: string, value: string): void {
  message.headers.push({ name, value });
}

/** Puts a field before the others: where Via and Record-Route of one's own belong. */
export function prependHeader(message: Headed, name: string, value: string): void {
  message.headers.unshift({ name, value });
}

/** Leaves one field of that name: in the place of the first, or last when there was none. */
export function setHeader(message: Headed, name: string, value: string): void {
  const at = message.headers.findIndex((field) => isSameHeader(field.name, name));
  if (at === -1) {
    addHeader(message, name, value);
    return;
  }
  removeHeader(message, name, at + 1);
  message.headers[at] = { name, value };
}

/** Removes every field of that name, from index `from` on. */
export function removeHeader(message: Headed, name: string, from: number = 0): void {
  for (let at = message.headers.length - 1; at >= from; at--) {
    if (isSameHeader(message.headers[at]!.name, name)) message.headers.splice(at, 1);
  }
}

/** Replaces the topmost element of a comma-separated header and leaves the others as they are. */
export function replaceTopElement(message: Headed, name: string, element: string): void {
  const at = message.headers.findIndex((field) => isSameHeader(field.name, name));
  if (at === -1) {
    prependHeader(message, name, element);
    return;
  }
  const field = message.headers[at]!;
  const [, ...others] = splitList(field.value);
  message.headers[at] = { name: field.name, value: [element, ...others].join(', ') };
}
