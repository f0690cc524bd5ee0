/** WAV files put together chunk by chunk, so that tests can make them as wrong as real ones are. */

export interface WavParts {
  tag?: number;
  channels?: number;
  rateHz?: number;
  bits?: number;
  blockOctets?: number;
  /** Writes the long form, with `tag` in the sub-format. */
  extensible?: boolean;
  data?: Uint8Array;
  /** What the header claims, when that is not the truth. */
  claimedDataOctets?: number;
  claimedRiffOctets?: number;
  before?: Uint8Array[];
  after?: Uint8Array[];
  bigEndian?: boolean;
}

export function wavFile(parts: WavParts = {}): Uint8Array {
  const littleEndian = !parts.bigEndian;
  const data = parts.data ?? new Uint8Array(0);
  const body = concat([
    ascii('WAVE'),
    ...(parts.before ?? []),
    chunk('fmt ', formatBody(parts, littleEndian), undefined, littleEndian),
    chunk('data', data, parts.claimedDataOctets, littleEndian),
    ...(parts.after ?? []),
  ]);
  return concat([
    ascii(littleEndian ? 'RIFF' : 'RIFX'),
    uint32(parts.claimedRiffOctets ?? body.length, littleEndian),
    body,
  ]);
}

export function chunk(
  id: string,
  body: Uint8Array,
  claimed?: number,
  littleEndian: boolean = true,
): Uint8Array {
  const padding = new Uint8Array(body.length % 2);
  return concat([ascii(id), uint32(claimed ?? body.length, littleEndian), body, padding]);
}

/** Octets of numbers, each written by a method of DataView. */
export function octetsOf(
  values: readonly number[],
  width: number,
  write: (view: DataView, at: number, value: number) => void,
): Uint8Array {
  const octets = new Uint8Array(values.length * width);
  const view = new DataView(octets.buffer);
  values.forEach((value, i) => {
    write(view, i * width, value);
  });
  return octets;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function formatBody(parts: WavParts, littleEndian: boolean): Uint8Array {
  const { tag = 1, channels = 1, rateHz = 16_000, bits = 16 } = parts;
  const blockOctets = parts.blockOctets ?? channels * Math.ceil(bits / 8);
  const body = new Uint8Array(parts.extensible ? 40 : 16);
  const view = new DataView(body.buffer);
  view.setUint16(0, parts.extensible ? 0xfffe : tag, littleEndian);
  view.setUint16(2, channels, littleEndian);
  view.setUint32(4, rateHz, littleEndian);
  view.setUint32(8, rateHz * blockOctets, littleEndian);
  view.setUint16(12, blockOctets, littleEndian);
  view.setUint16(14, bits, littleEndian);
  if (parts.extensible) {
    view.setUint16(16, 22, littleEndian);
    view.setUint16(18, bits, littleEndian);
    view.setUint16(24, tag, littleEndian);
  }
  return body;
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function uint32(value: number, littleEndian: boolean): Uint8Array {
  return octetsOf([value], 4, (view, at) => view.setUint32(at, value, littleEndian));
}
