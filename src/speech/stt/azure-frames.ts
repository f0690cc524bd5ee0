/** Messages of Azure's Universal Speech Protocol: header lines, then a body; text, or octets behind a 16-bit length. */
import type { WireMessage } from './streaming-protocol.ts';

export interface AzureFrame {
  /** In lower case. */
  readonly path: string;
  readonly requestId: string;
  readonly body: string;
}

export interface AzureHead {
  readonly path: string;
  readonly requestId: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly contentType?: string;
}

export function serializeTextFrame(head: AzureHead, body: unknown): string {
  return `${headerLines(head)}\r\n${JSON.stringify(body)}`;
}

export function serializeBinaryFrame(head: AzureHead, payload: Uint8Array): Uint8Array {
  const lines = Buffer.from(headerLines(head));
  const frame = new Uint8Array(2 + lines.length + payload.length);
  new DataView(frame.buffer).setUint16(0, lines.length);
  frame.set(lines, 2);
  frame.set(payload, 2 + lines.length);
  return frame;
}

/** A text message of the server; undefined when it is none. The server sends no octets while it listens. */
export function parseTextFrame(message: WireMessage): AzureFrame | undefined {
  if (typeof message !== 'string') return undefined;
  const end = message.indexOf('\r\n\r\n');
  if (end < 0 || end > MOST_HEADER_CHARACTERS) return undefined;
  const headers = new Map<string, string>();
  for (const line of message.slice(0, end).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const path = headers.get('path')?.toLowerCase();
  if (path === undefined) return undefined;
  return { path, requestId: headers.get('x-requestid')?.toUpperCase() ?? '', body: message.slice(end + 4) };
}

function headerLines({ path, requestId, timestamp, contentType }: AzureHead): string {
  const type = contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`;
  return `Path: ${path}\r\nX-RequestId: ${requestId}\r\nX-Timestamp: ${timestamp}\r\n${type}`;
}

const MOST_HEADER_CHARACTERS = 4096;
