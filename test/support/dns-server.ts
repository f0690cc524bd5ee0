/** A DNS server on loopback that knows one zone, and counts what it is asked. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { DnsRecord } from '../../src/sip/location/dns-record.ts';

/** Records by question, `A pbx.example.com`; a question without records is answered with none. */
export type Zone = Readonly<Record<string, readonly DnsRecord[]>>;

export class DnsServer {
  readonly asked: string[] = [];
  /** Says nothing any more. */
  isSilent = false;
  readonly #socket: Socket;
  readonly #zone: Zone;

  static async listen(zone: Zone): Promise<DnsServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket, zone);
  }

  private constructor(socket: Socket, zone: Zone) {
    this.#socket = socket;
    this.#zone = zone;
    socket.on('message', (query, from) => {
      if (!this.isSilent) socket.send(this.#answer(query), from.port, from.address);
    });
  }

  /** As resolvers take it. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  close(): void {
    this.#socket.close();
  }

  /** RFC 1035 section 4.1: the header, the question as it came, and the answers. */
  #answer(query: Buffer): Buffer {
    const { name, end } = readName(query, HEADER_OCTETS);
    const type = types.get(query.readUInt16BE(end)) ?? '?';
    this.asked.push(`${type} ${name}`);
    const records = this.#zone[`${type} ${name}`] ?? [];
    const header = Buffer.from(query.subarray(0, HEADER_OCTETS));
    // A response, recursion available; no such name where there is nothing.
    header.writeUInt16BE(records.length > 0 ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    const question = query.subarray(HEADER_OCTETS, end + 4);
    return Buffer.concat([header, question, ...records.map((record) => encodeRecord(record))]);
  }
}

function encodeRecord(record: DnsRecord): Buffer {
  const data = encodeData(record);
  const head = Buffer.alloc(12);
  // The name: a pointer to the one in the question.
  head.writeUInt16BE(0xc000 | HEADER_OCTETS, 0);
  head.writeUInt16BE(typeNumbers[record.type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(TTL_S, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function encodeData(record: DnsRecord): Buffer {
  switch (record.type) {
    case 'A':
      return Buffer.from(record.address.split('.').map(Number));
    case 'AAAA':
      throw new Error('this server speaks of IPv4 only');
    case 'SRV':
      return Buffer.concat([
        encodeNumbers(record.priority, record.weight, record.port),
        encodeName(record.target),
      ]);
    case 'NAPTR':
      return Buffer.concat([
        encodeNumbers(record.order, record.preference),
        ...[record.flags, record.service, ''].map(encodeText),
        encodeName(record.replacement),
      ]);
  }
}

function encodeNumbers(...numbers: number[]): Buffer {
  return Buffer.from(numbers.flatMap((number) => [number >> 8, number & 255]));
}

function encodeText(text: string): Buffer {
  return Buffer.from(`${String.fromCharCode(text.length)}${text}`, 'latin1');
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([...labels.map(encodeText), Buffer.from([0])]);
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message[at]!; length > 0; length = message[at]!) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

const typeNumbers = { A: 1, AAAA: 28, SRV: 33, NAPTR: 35 } as const;
const types: ReadonlyMap<number, string> = new Map(
  Object.entries(typeNumbers).map(([name, type]) => [type, name]),
);
const HEADER_OCTETS = 12;
const TTL_S = 60;
