/** The start line and header fields of a message: everything before its empty line. */
import { isUtf8 } from 'node:buffer';
import { isToken, isWhitespace, parseDecimal } from './grammar.ts';
import type { HeaderField, SipMessage } from './message.ts';
import type { MessageRefusal } from './refusal.ts';

export interface ParsedHead {
  /** The message without its body; undefined when not even the start line tells what it is. */
  readonly message: SipMessage | undefined;
  /** The first thing wrong; the headers that can be read are there all the same, to answer with. */
  readonly fault: MessageRefusal | undefined;
}

/**
 * Where the empty line ends that closes a head, or -1. A bare LF ends a line like CRLF does.
 * `from` is where the search goes on when the octets before it have been searched already.
 */
export function endOfHead(octets: Uint8Array, from: number): number {
  for (let at = octets.indexOf(LF, from); at !== -1; at = octets.indexOf(LF, at + 1)) {
    if (octets[at + 1] === LF) return at + 2;
    if (octets[at + 1] === CR && octets[at + 2] === LF) return at + 3;
  }
  return -1;
}

/** Reads `octets` from `start` to `end`; never fails, but tells the first fault. */
export function parseHead(octets: Uint8Array, start: number, end: number): ParsedHead {
  const text = decode(octets, start, end);
  const firstEnd = endOfLine(text, 0);
  const headers: HeaderField[] = [];
  const startLine = parseStartLine(text.slice(0, trimLineEnd(text, 0, firstEnd)), headers);
  const fault = parseHeaderLines(text, firstEnd + 1, headers);
  return { message: startLine.message, fault: startLine.fault ?? fault };
}

/** UTF-8 as RFC 3261 section 7 has it; the Latin-1 of old exchanges where it is not that. */
function decode(octets: Uint8Array, start: number, end: number): string {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset + start, end - start);
  return buffer.toString(isUtf8(buffer) ? 'utf8' : 'latin1');
}

function parseStartLine(line: string, headers: HeaderField[]): ParsedHead {
  const status = /^SIP\/(\d+\.\d+) (\d+)(?: ([^\r]*))?$/i.exec(line);
  if (status !== null) {
    const statusCode = status[2]!.length === 3 ? parseDecimal(status[2]!, 699) : undefined;
    if (statusCode === undefined || statusCode < 100) return { message: undefined, fault: 'bad-status-line' };
    const fault = status[1] === '2.0' ? undefined : 'unsupported-version';
    const reasonPhrase = status[3] ?? '';
    return { message: { kind: 'response', statusCode, reasonPhrase, headers, body: NO_BODY }, fault };
  }
  const methodEnd = line.indexOf(' ');
  const versionStart = line.trimEnd().lastIndexOf(' ') + 1;
  const version = line.slice(versionStart).toUpperCase();
  if (methodEnd <= 0 || versionStart <= methodEnd || !version.startsWith('SIP/')) {
    return { message: undefined, fault: /^SIP\//i.test(line) ? 'bad-status-line' : 'not-sip' };
  }
  const method = line.slice(0, methodEnd);
  const requestUri = line.slice(methodEnd + 1, versionStart - 1);
  return {
    message: { kind: 'request', method, requestUri, headers, body: NO_BODY },
    fault: requestLineFault(method, requestUri, version),
  };
}

/** "No LWS is allowed in any of the elements", and one SP between them (RFC 3261 section 7.1). */
function requestLineFault(method: string, requestUri: string, version: string): MessageRefusal | undefined {
  if (!isToken(method) || requestUri === '' || /\s/.test(requestUri)) return 'bad-request-line';
  if (version === 'SIP/2.0') return undefined;
  return /^SIP\/\d+\.\d+$/.test(version) ? 'unsupported-version' : 'bad-request-line';
}

function parseHeaderLines(text: string, start: number, headers: HeaderField[]): MessageRefusal | undefined {
  let fault: MessageRefusal | undefined;
  let at = start;
  while (at < text.length) {
    const lineEnd = endOfField(text, at);
    if (trimLineEnd(text, at, lineEnd) === at) break;
    const field = parseField(text, at, lineEnd);
    if (typeof field === 'string') fault ??= field;
    else if (headers.length === MAX_HEADERS) return fault ?? 'too-many-headers';
    else headers.push(field);
    at = lineEnd + 1;
  }
  return fault;
}

/** The end of the line that starts at `at` and of those that continue it (RFC 3261 section 7.3.1). */
function endOfField(text: string, at: number): number {
  let end = endOfLine(text, at);
  while (end + 1 < text.length && isWhitespace(text.charCodeAt(end + 1))) end = endOfLine(text, end + 1);
  return end;
}

function parseField(text: string, start: number, lineEnd: number): HeaderField | MessageRefusal {
  const end = trimLineEnd(text, start, lineEnd);
  let colon = start;
  while (colon < end && text.charCodeAt(colon) !== 0x3a) colon++;
  if (colon === end) return 'bad-header-line';
  let nameEnd = colon;
  while (nameEnd > start && isWhitespace(text.charCodeAt(nameEnd - 1))) nameEnd--;
  const name = text.slice(start, nameEnd);
  if (!isToken(name)) return 'bad-header-name';
  const written = text.slice(colon + 1, end);
  const value = written.includes('\n') ? unfold(written) : written.trim();
  return value.includes('\r') ? 'stray-carriage-return' : { name, value };
}

/** "Any LWS may be replaced with a single SP" without changing what a header means. */
function unfold(value: string): string {
  return value
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

function trimLineEnd(text: string, start: number, lineEnd: number): number {
  return lineEnd > start && text.charCodeAt(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd;
}

const CR = 0x0d;
const LF = 0x0a;
const NO_BODY: Uint8Array = new Uint8Array(0);

/** Ours: three times what the longest call flows of carriers carry. */
const MAX_HEADERS = 128;
