/** Which payload types of an audio stream mean what we speak (RFC 3551 section 6, RFC 4733, RFC 3389). */
import { attributeValue, type MediaDescription } from './description.ts';
import type { AudioCodecName } from './negotiated.ts';

export interface AudioFormats {
  /** In the order they are listed: the describing side's preference (RFC 3264 section 5.1). */
  readonly codecs: readonly AudioFormat[];
  readonly telephoneEvent: TelephoneEventFormat | undefined;
  readonly comfortNoisePayloadType: number | undefined;
}

export interface AudioFormat {
  readonly codec: AudioCodecName;
  readonly payloadType: number;
}

export interface TelephoneEventFormat {
  readonly payloadType: number;
  /** Of events 0 to 16 (digits and hook flash) those named, as `a=fmtp` writes them: `0-15` or `0-9,11`. */
  readonly events: string;
}

export function audioFormatsOf(media: MediaDescription): AudioFormats {
  const mappings = attributesByPayloadType(media, 'rtpmap');
  const parameters = attributesByPayloadType(media, 'fmtp');
  const codecs: AudioFormat[] = [];
  let telephoneEvent: TelephoneEventFormat | undefined;
  let comfortNoisePayloadType: number | undefined;
  for (const format of media.formats) {
    const payloadType = parsePayloadType(format);
    if (payloadType === undefined) continue;
    switch (encodingOf(payloadType, mappings.get(payloadType))) {
      case 'pcmu/8000':
        codecs.push({ codec: 'PCMU', payloadType });
        break;
      case 'pcma/8000':
        codecs.push({ codec: 'PCMA', payloadType });
        break;
      case 'g722/8000':
        codecs.push({ codec: 'G722', payloadType });
        break;
      case 'telephone-event/8000':
        telephoneEvent ??= telephoneEventFormat(payloadType, parameters.get(payloadType));
        break;
      case 'cn/8000':
        comfortNoisePayloadType ??= payloadType;
        break;
    }
  }
  return { codecs, telephoneEvent, comfortNoisePayloadType };
}

/** What `a=ptime` asks for, within what makes sense; undefined when it asks nothing. */
export function ptimeOf(media: MediaDescription): number | undefined {
  const milliseconds = Number.parseInt(attributeValue(media.attributes, 'ptime') ?? '', 10);
  return milliseconds >= MIN_PTIME_MS && milliseconds <= MAX_PTIME_MS ? milliseconds : undefined;
}

/** `a=rtpmap:<payload type> <rest>` and `a=fmtp:…`: the first of each payload type counts. */
function attributesByPayloadType(media: MediaDescription, name: string): Map<number, string> {
  const values = new Map<number, string>();
  for (const attribute of media.attributes) {
    const match = attribute.name === name ? /^(\d{1,3})\s+(\S.*)$/.exec(attribute.value ?? '') : null;
    const payloadType = Number(match?.[1]);
    if (match !== null && !values.has(payloadType)) values.set(payloadType, match[2]!);
  }
  return values;
}

function parsePayloadType(format: string): number | undefined {
  const payloadType = /^\d{1,3}$/.test(format) ? Number(format) : Number.NaN;
  return payloadType <= MAX_PAYLOAD_TYPE ? payloadType : undefined;
}

/** `name/clock` in lower case; one channel, said or not, makes no difference. */
function encodingOf(payloadType: number, mapping: string | undefined): string {
  if (mapping === undefined) return staticEncodings.get(payloadType) ?? '';
  return mapping.trim().toLowerCase().replace(/\/1$/, '');
}

function telephoneEventFormat(
  payloadType: number,
  fmtp: string | undefined,
): TelephoneEventFormat | undefined {
  const events = knownEvents(fmtp ?? DEFAULT_EVENTS) ?? DEFAULT_EVENTS;
  return events === '' ? undefined : { payloadType, events };
}

/** The events of the list that we know, or undefined when the list cannot be read (RFC 4733 section 2.4.1). */
function knownEvents(list: string): string | undefined {
  const known = new Set<number>();
  for (const element of list.replace(/^events=/i, '').split(',')) {
    const match = /^\s*(\d{1,3})(?:-(\d{1,3}))?\s*$/.exec(element);
    if (match === null) return undefined;
    const last = Math.min(Number(match[2] ?? match[1]), HOOK_FLASH);
    for (let event = Number(match[1]); event <= last; event++) known.add(event);
  }
  return rangesOf([...known].sort((a, b) => a - b));
}

function rangesOf(events: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const event of events) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last + 1 === event) range.last = event;
    else ranges.push({ first: event, last: event });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

/** RFC 3551 table 4, RFC 3389 section 4. */
const staticEncodings: ReadonlyMap<number, string> = new Map([
  [0, 'pcmu/8000'],
  [8, 'pcma/8000'],
  [9, 'g722/8000'],
  [13, 'cn/8000'],
]);
const MAX_PAYLOAD_TYPE = 127;

/** "If this parameter is not provided, … events 0-15" (RFC 4733 section 2.4.1). */
const DEFAULT_EVENTS = '0-15';
/** RFC 4733 table 7: the last event we know. */
const HOOK_FLASH = 16;

const MIN_PTIME_MS = 10;
const MAX_PTIME_MS = 60;
