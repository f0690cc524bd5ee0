/** Writes captures and the frames in them, octet by octet, for the reader to be tested with. */

export interface BuiltFrame {
  timeMs: number;
  octets: Uint8Array;
}

export function pcapFile(
  frames: readonly BuiltFrame[],
  options: { linkType?: number; littleEndian?: boolean; nanoseconds?: boolean } = {},
): Uint8Array {
  const { linkType = 1, littleEndian = true, nanoseconds = false } = options;
  const u32 = (...values: number[]) => integers(values, 4, littleEndian);
  const header = [
    u32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4),
    integers([2, 4], 2, littleEndian),
    u32(0, 0, 65_535, linkType),
  ];
  const records = frames.map(({ timeMs, octets }) => {
    const seconds = Math.floor(timeMs / 1000);
    const fraction = Math.round((timeMs - seconds * 1000) * (nanoseconds ? 1e6 : 1e3));
    return concat(u32(seconds, fraction, octets.length, octets.length), octets);
  });
  return concat(...header, ...records);
}

/** One section, one interface whose clock counts nanoseconds. */
export function pcapngFile(
  frames: readonly BuiltFrame[],
  options: { linkType?: number; littleEndian?: boolean } = {},
): Uint8Array {
  const { linkType = 1, littleEndian = true } = options;
  const u16 = (...values: number[]) => integers(values, 2, littleEndian);
  const u32 = (...values: number[]) => integers(values, 4, littleEndian);
  const block = (type: number, body: Uint8Array) => {
    const padded = concat(body, new Uint8Array((4 - (body.length % 4)) % 4));
    const length = padded.length + 12;
    return concat(u32(type, length), padded, u32(length));
  };
  const resolution = concat(u16(9, 1), Uint8Array.from([9, 0, 0, 0]), u16(0, 0));
  return concat(
    block(0x0a0d0d0a, concat(u32(0x1a2b3c4d), u16(1, 0), new Uint8Array(8).fill(255))),
    block(1, concat(u16(linkType, 0), u32(0), resolution)),
    block(0x0bad, Uint8Array.from([1, 2, 3])),
    ...frames.map(({ timeMs, octets }) => {
      const ticks = BigInt(Math.round(timeMs * 1000)) * 1000n;
      const time = u32(Number(ticks >> 32n), Number(ticks & 0xffffffffn));
      return block(6, concat(u32(0), time, u32(octets.length, octets.length), octets));
    }),
  );
}

export function udp(sourcePort: number, destinationPort: number, payload: Uint8Array): Uint8Array {
  return concat(integers([sourcePort, destinationPort, 8 + payload.length, 0], 2), payload);
}

export function tcp(
  sourcePort: number,
  destinationPort: number,
  sequenceNumber: number,
  payload: Uint8Array,
  flags = 0x10,
): Uint8Array {
  return concat(
    integers([sourcePort, destinationPort], 2),
    integers([sequenceNumber, 0], 4),
    Uint8Array.from([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]),
    payload,
  );
}

export function ipv4(
  payload: Uint8Array,
  options: {
    protocol?: number;
    id?: number;
    offset?: number;
    more?: boolean;
    from?: string;
    to?: string;
  } = {},
): Uint8Array {
  const { protocol = 17, id = 1, offset = 0, more = false, from = '10.0.0.1', to = '10.0.0.2' } = options;
  const address = (text: string) => Uint8Array.from(text.split('.').map(Number));
  return concat(
    Uint8Array.from([0x45, 0]),
    integers([20 + payload.length, id, (more ? 0x2000 : 0) | (offset / 8)], 2),
    Uint8Array.from([64, protocol, 0, 0]),
    address(from),
    address(to),
    payload,
  );
}

/** From 2001:db8::1 to 2001:db8::2. `headers` go before the payload and begin with `firstHeader`. */
export function ipv6(
  payload: Uint8Array,
  firstHeader = 17,
  headers: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const address = (last: number) =>
    Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
  return concat(
    Uint8Array.from([0x60, 0, 0, 0]),
    integers([headers.length + payload.length], 2),
    Uint8Array.from([firstHeader, 64]),
    address(1),
    address(2),
    headers,
    payload,
  );
}

export function ethernet(payload: Uint8Array, ...etherTypes: number[]): Uint8Array {
  const types = etherTypes.length > 0 ? etherTypes : [payload[0]! >> 4 === 6 ? 0x86dd : 0x0800];
  const tags = types.slice(0, -1).map((type) => integers([type, 7], 2));
  return concat(new Uint8Array(12), ...tags, integers([types.at(-1)!], 2), payload);
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function integers(values: readonly number[], octets: 2 | 4, littleEndian = false): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * octets));
  for (const [index, value] of values.entries()) {
    if (octets === 2) view.setUint16(index * 2, value, littleEndian);
    else view.setUint32(index * 4, value, littleEndian);
  }
  return new Uint8Array(view.buffer);
}
