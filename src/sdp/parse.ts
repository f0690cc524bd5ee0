import { failure, type Result, success } from '../result.ts';
import type { MediaDescription, SdpAttribute, SessionDescription } from './description.ts';

export type SdpRefusal =
  | 'too-long'
  | 'not-sdp'
  | 'bad-character'
  | 'bad-line'
  | 'bad-connection'
  | 'bad-media'
  | 'too-many-media';

/**
 * Reads a session description (RFC 8866 section 9). Lines may end with CRLF, LF or CR; unknown ones, and the missing
 * of those we can do without (`o=`, `s=`, `t=`), are let pass. What `m=` and `c=` say must be right.
 */
export function parseSdp(text: string): Result<SessionDescription, SdpRefusal> {
  if (text.length > MAX_CHARACTERS) return failure('too-long');
  // Programs in C send the terminator along.
  const lines = text.replace(/\0+$/, '').split(/\r\n|\n|\r/);
  if (lines[0]?.trimEnd() !== 'v=0') return failure('not-sdp');

  let timing: string | undefined;
  const session = newSection();
  const media: Section[] = [];
  let section = session;
  for (const line of lines) {
    const value = line.slice(2);
    if (line.includes('\0')) return failure('bad-character');
    if (line.trim() === '') continue;
    if (line[1] !== '=') return failure('bad-line');
    switch (line[0]) {
      case 'm':
        if (media.length === MAX_MEDIA) return failure('too-many-media');
        section = newSection(value);
        media.push(section);
        break;
      case 'c': {
        const address = parseConnection(value);
        if (address === undefined) return failure('bad-connection');
        section.connectionAddress ??= address;
        break;
      }
      case 'a':
        section.attributes.push(parseAttribute(value));
        break;
      case 't':
        timing ??= timingPattern.exec(value)?.[0];
        break;
    }
  }

  const described: MediaDescription[] = [];
  for (const part of media) {
    const description = describeMedia(part);
    if (description === undefined) return failure('bad-media');
    described.push(description);
  }
  return success({
    timing: timing ?? '0 0',
    connectionAddress: session.connectionAddress,
    attributes: session.attributes,
    media: described,
  });
}

interface Section {
  readonly mediaLine: string;
  connectionAddress: string | undefined;
  readonly attributes: SdpAttribute[];
}

function newSection(mediaLine: string = ''): Section {
  return { mediaLine, connectionAddress: undefined, attributes: [] };
}

/** `<media> <port>[/<number of ports>] <proto> <fmt> ...` (RFC 8866 section 5.14). */
function describeMedia({ mediaLine, connectionAddress, attributes }: Section): MediaDescription | undefined {
  const [kind, portText, protocol, ...formats] = mediaLine.trim().split(/\s+/);
  const match = /^(\d{1,5})(?:\/\d{1,5})?$/.exec(portText ?? '');
  const port = Number(match?.[1]);
  if (!kind || match === null || port > MAX_PORT || protocol === undefined || formats.length === 0)
    return undefined;
  return { kind, port, protocol, formats, connectionAddress, attributes };
}

/** `IN IP4 <address>[/<ttl>[/<number>]]` (RFC 8866 section 5.7); whether the address is one is asked when it is used. */
function parseConnection(value: string): string | undefined {
  const [network, type, address, ...rest] = value.trim().split(/\s+/);
  if (network?.toUpperCase() !== 'IN' || !/^IP[46]$/i.test(type ?? '') || rest.length > 0) return undefined;
  return address?.split('/')[0] || undefined;
}

function parseAttribute(value: string): SdpAttribute {
  const colon = value.indexOf(':');
  return colon === -1
    ? { name: value.trim(), value: undefined }
    : { name: value.slice(0, colon).trim(), value: value.slice(colon + 1).trim() };
}

/** Ours: ten times a rich offer of a softphone. */
const MAX_CHARACTERS = 16_384;
const MAX_MEDIA = 8;
const MAX_PORT = 65_535;
const timingPattern = /^\d{1,20} \d{1,20}/;
