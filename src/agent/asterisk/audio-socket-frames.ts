/**
 * AudioSocket's framing, for either end of the connection.
 *
 *      0               1               2               3
 *     +---------------+---------------+---------------+-----------
 *     |     type      |     length (big-endian)       | payload ...
 *     +---------------+---------------+---------------+-----------
 *
 * @see https://docs.asterisk.org/Configuration/Channel-Drivers/AudioSocket/
 */
import { invariant } from '../../invariant.ts';

export type AudioSocketFrame =
  | KnownFrame
  /** What neither Asterisk nor we know, or what has a length that its type cannot have. */
  | { readonly kind: 'strange'; readonly type: number; readonly length: number };

export type KnownFrame =
  | { readonly kind: 'hang-up' }
  | { readonly kind: 'uuid'; readonly uuid: string }
  | { readonly kind: 'digit'; readonly digit: string }
  /** 16-bit little-endian samples, whole ones; the octets are the receiver's. */
  | { readonly kind: 'audio'; readonly rateHz: number; readonly octets: Uint8Array }
  /** The far end's own code; undefined when it gives none. */
  | { readonly kind: 'error'; readonly code: number | undefined };

/**
 * Puts frames together from a stream that may break anywhere.
 *
 *     reader.push(octets);
 *     for (let frame = reader.take(); frame !== undefined; frame = reader.take()) ...
 */
export class AudioSocketReader {
  readonly #header = new Uint8Array(HEADER_OCTETS);
  #headerFilled = 0;
  #payload: Uint8Array | undefined;
  #payloadFilled = 0;
  /** Octets of a strange frame that are still to come. */
  #skipping = 0;
  #input: Uint8Array = NOTHING;
  #at = 0;

  /** Everything pushed before has been taken. */
  push(octets: Uint8Array): void {
    invariant(this.#at === this.#input.length, 'octets pushed before are taken');
    this.#input = octets;
    this.#at = 0;
  }

  /** Undefined until more is pushed. What is strange is told by its header: the rest may never come. */
  take(): AudioSocketFrame | undefined {
    this.#skip();
    this.#headerFilled = this.#fill(this.#header, this.#headerFilled);
    if (this.#headerFilled < HEADER_OCTETS) return undefined;
    const type = this.#header[0]!;
    const length = (this.#header[1]! << 8) | this.#header[2]!;
    if (!isKnown(type, length)) {
      this.#headerFilled = 0;
      this.#skipping = length;
      return { kind: 'strange', type, length };
    }
    this.#payload ??= new Uint8Array(length);
    const payload = this.#payload;
    this.#payloadFilled = this.#fill(payload, this.#payloadFilled);
    if (this.#payloadFilled < length) return undefined;
    this.#headerFilled = 0;
    this.#payload = undefined;
    this.#payloadFilled = 0;
    return frameOf(type, payload);
  }

  #skip(): void {
    const skipped = Math.min(this.#skipping, this.#input.length - this.#at);
    this.#skipping -= skipped;
    this.#at += skipped;
  }

  /** Returns how much of `target` is filled now. */
  #fill(target: Uint8Array, filled: number): number {
    const input = this.#input;
    let at = this.#at;
    let end = filled;
    while (end < target.length && at < input.length) target[end++] = input[at++]!;
    this.#at = at;
    return end;
  }
}

export function serializeUuid(uuid: string): Uint8Array {
  return frame(UUID, Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}

export function serializeDigit(digit: string): Uint8Array {
  return frame(DIGIT, Buffer.from(digit, 'ascii'));
}

export function serializeHangUp(): Uint8Array {
  return frame(HANG_UP, NOTHING);
}

/** `octets` are 16-bit little-endian samples at `rateHz`, at most 65,535 of them; they are copied. */
export function serializeAudio(octets: Uint8Array, rateHz: number): Uint8Array {
  return frame(audioType(rateHz), octets);
}

/** Begins a frame of audio whose samples are written behind it, at `HEADER_OCTETS`. */
export function writeAudioHeader(into: Uint8Array, length: number, rateHz: number): void {
  into[0] = audioType(rateHz);
  into[1] = length >> 8;
  into[2] = length;
}

function audioType(rateHz: number): number {
  const type = AUDIO_RATES_HZ.indexOf(rateHz);
  invariant(type >= 0, 'AudioSocket has a type for this rate');
  return FIRST_AUDIO + type;
}

function frame(type: number, payload: Uint8Array): Uint8Array {
  const octets = new Uint8Array(HEADER_OCTETS + payload.length);
  octets[0] = type;
  octets[1] = payload.length >> 8;
  octets[2] = payload.length;
  octets.set(payload, HEADER_OCTETS);
  return octets;
}

function isKnown(type: number, length: number): boolean {
  if (type === HANG_UP) return length === 0;
  if (type === UUID) return length === UUID_OCTETS;
  if (type === DIGIT) return length === 1;
  if (type === ERROR) return length <= 1;
  return AUDIO_RATES_HZ[type - FIRST_AUDIO] !== undefined;
}

/** Of what is known. */
function frameOf(type: number, payload: Uint8Array): AudioSocketFrame {
  switch (type) {
    case HANG_UP:
      return { kind: 'hang-up' };
    case UUID:
      return { kind: 'uuid', uuid: uuidOf(payload) };
    case DIGIT:
      return { kind: 'digit', digit: String.fromCharCode(payload[0]!) };
    case ERROR:
      return { kind: 'error', code: payload[0] };
    default:
      return {
        kind: 'audio',
        rateHz: AUDIO_RATES_HZ[type - FIRST_AUDIO]!,
        octets: payload.length % 2 === 0 ? payload : payload.slice(0, -1),
      };
  }
}

function uuidOf(payload: Uint8Array): string {
  return Buffer.from(payload)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const NOTHING: Uint8Array = new Uint8Array(0);
export const HEADER_OCTETS = 3;
const HANG_UP = 0x00;
const UUID = 0x01;
const UUID_OCTETS = 16;
const DIGIT = 0x03;
/** 0x10 to 0x18: signed linear, one type for each rate. */
const FIRST_AUDIO = 0x10;
const AUDIO_RATES_HZ: readonly number[] = [
  8000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000,
];
const ERROR = 0xff;
