import { parseContentType } from '../message/content-type.ts';
import { unquote } from '../message/grammar.ts';
import { headerValue } from '../message/headers.ts';
import type { SipMessage } from '../message/message.ts';
import { parameterValue } from '../message/parameters.ts';
import { contentTypeOf } from '../message/views.ts';

export type SessionBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'sdp'; readonly sdp: string }
  /** A body that must be understood and is not: 415. */
  | { readonly kind: 'unsupported' }
  /** 413. */
  | { readonly kind: 'too-large' };

/** The session description a message carries, alone or as a part of multipart/mixed (RFC 5621 section 3). */
export function readSessionBody(message: SipMessage): SessionBody {
  const { body } = message;
  if (body.length === 0) return { kind: 'none' };
  if (body.length > MAX_SDP_OCTETS) return { kind: 'too-large' };
  const encoding = headerValue(message, 'Content-Encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return unlessOptional(message);
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8');
  const contentType = contentTypeOf(message);
  if (contentType?.mediaType === 'application/sdp') return { kind: 'sdp', sdp: text };
  // Content-Type is mandatory with a body; peers that forget it send nothing but SDP.
  if (contentType === undefined && text.startsWith('v=0')) return { kind: 'sdp', sdp: text };
  const boundary =
    contentType?.mediaType.startsWith('multipart/') && parameterValue(contentType.parameters, 'boundary');
  const sdp = boundary ? sdpPart(text, unquote(boundary)) : undefined;
  return sdp === undefined ? unlessOptional(message) : { kind: 'sdp', sdp };
}

function sdpPart(text: string, boundary: string): string | undefined {
  for (const part of text.split(new RegExp(`(?:^|\\r?\\n)--${escapePattern(boundary)}`)).slice(1)) {
    const blank = /\r?\n\r?\n/.exec(part);
    if (blank === null) continue;
    const type = /^content-type[ \t]*:[ \t]*(.*?)\r?$/im.exec(part.slice(0, blank.index))?.[1];
    if (type !== undefined && parseContentType(type)?.mediaType === 'application/sdp')
      return `${part.slice(blank.index + blank[0].length)}\r\n`;
  }
  return undefined;
}

/** RFC 3261 section 20.11: what the sender marks as optional may be ignored. */
function unlessOptional(message: SipMessage): SessionBody {
  const disposition = headerValue(message, 'Content-Disposition') ?? '';
  return /;\s*handling\s*=\s*optional/i.test(disposition) ? { kind: 'none' } : { kind: 'unsupported' };
}

function escapePattern(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, '\\$&');
}

/** Ours: ten times what the largest offers of WebRTC gateways take. */
const MAX_SDP_OCTETS = 16_384;
