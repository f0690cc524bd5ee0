/** What payload types mean: as SDP in the capture says, or as RFC 3551 does. */
import { parseSdp } from '../../sdp/parse.ts';
import { StreamFramer } from '../../sip/message/stream-framer.ts';
import { TcpStream } from '../pcap/tcp-stream.ts';
import { type Endpoint, endpointText, type TcpSegment } from '../pcap/transport.ts';

export interface PayloadFormat {
  /** As RFC 3551 and its like write it: `PCMU`, `telephone-event`. */
  readonly name: string;
  readonly clockRateHz: number;
}

/** The formats that the session descriptions of a capture announce, by the endpoint they belong to. */
export class AnnouncedFormats {
  readonly #byEndpoint: Map<string, Map<number, PayloadFormat>> = new Map();
  /** For endpoints behind a NAT, whose description names another address. */
  readonly #anywhere: Map<number, PayloadFormat> = new Map();
  readonly #connections: Map<string, { stream: TcpStream; framer: StreamFramer }> = new Map();

  readDatagram(octets: Uint8Array): void {
    if (isSip(octets)) this.#readMessage(octets);
  }

  readSegment(segment: TcpSegment): void {
    const key = `${endpointText(segment.source)} ${endpointText(segment.destination)}`;
    let connection = this.#connections.get(key);
    if (connection === undefined || segment.syn) {
      connection = { stream: new TcpStream(), framer: new StreamFramer() };
      this.#connections.set(key, connection);
    }
    for (const octets of connection.stream.push(segment)) {
      for (const event of connection.framer.push(octets)) {
        if (event.kind === 'message') this.#readMessage(event.octets);
      }
    }
  }

  isAnnounced(endpoint: Endpoint): boolean {
    return this.#byEndpoint.has(endpointText(endpoint));
  }

  /** A packet's payload type is numbered by its receiver (RFC 3264 section 5.1), and by its sender as a rule. */
  formatOf(source: Endpoint, destination: Endpoint, payloadType: number): PayloadFormat | undefined {
    return (
      this.#byEndpoint.get(endpointText(destination))?.get(payloadType) ??
      this.#byEndpoint.get(endpointText(source))?.get(payloadType) ??
      staticFormats.get(payloadType) ??
      this.#anywhere.get(payloadType)
    );
  }

  /** The message may be damaged, or have several bodies: a description is known by how it begins. */
  #readMessage(octets: Uint8Array): void {
    const text = new TextDecoder('latin1').decode(octets);
    const start = text.search(/(?<=\r?\n\r?\n)v=0\r?\n/);
    if (start === -1) return;
    const boundary = text.indexOf('\r\n--', start);
    const session = parseSdp(text.slice(start, boundary === -1 ? undefined : boundary));
    if (!session.ok) return;
    for (const media of session.value.media) {
      const address = media.connectionAddress ?? session.value.connectionAddress;
      if (address === undefined || media.port === 0) continue;
      const endpoint = endpointText({ address: address.toLowerCase(), port: media.port });
      const formats = this.#byEndpoint.get(endpoint) ?? new Map<number, PayloadFormat>();
      this.#byEndpoint.set(endpoint, formats);
      for (const { name, value } of media.attributes) {
        const mapping = name === 'rtpmap' ? rtpmapPattern.exec(value ?? '') : null;
        if (mapping === null) continue;
        const format = { name: canonicalName(mapping[2]!), clockRateHz: Number(mapping[3]) };
        formats.set(Number(mapping[1]), format);
        if (!this.#anywhere.has(Number(mapping[1]))) this.#anywhere.set(Number(mapping[1]), format);
      }
    }
  }
}

/** Encoding names are compared without regard to case (RFC 8866 section 6.6). */
function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return lower === TELEPHONE_EVENT ? lower : name.toUpperCase();
}

function isSip(octets: Uint8Array): boolean {
  const start = new TextDecoder('latin1').decode(octets.subarray(0, 512));
  return /^(?:SIP\/2\.0 |[A-Z]+ [^\r\n]+ SIP\/2\.0)/.test(start);
}

export const TELEPHONE_EVENT = 'telephone-event';

const rtpmapPattern = /^(\d{1,3})\s+([^\s/]+)\/(\d{1,6})/;

/** RFC 3551 tables 4 and 5, RFC 3389; the clock of G.722 is 8000 Hz by an old mistake (section 4.5.2). */
const staticFormats: ReadonlyMap<number, PayloadFormat> = new Map(
  [
    { payloadType: 0, name: 'PCMU', clockRateHz: 8000 },
    { payloadType: 3, name: 'GSM', clockRateHz: 8000 },
    { payloadType: 4, name: 'G723', clockRateHz: 8000 },
    { payloadType: 8, name: 'PCMA', clockRateHz: 8000 },
    { payloadType: 9, name: 'G722', clockRateHz: 8000 },
    { payloadType: 10, name: 'L16', clockRateHz: 44_100 },
    { payloadType: 11, name: 'L16', clockRateHz: 44_100 },
    { payloadType: 13, name: 'CN', clockRateHz: 8000 },
    { payloadType: 15, name: 'G728', clockRateHz: 8000 },
    { payloadType: 18, name: 'G729', clockRateHz: 8000 },
    { payloadType: 31, name: 'H261', clockRateHz: 90_000 },
    { payloadType: 34, name: 'H263', clockRateHz: 90_000 },
  ].map(({ payloadType, ...format }) => [payloadType, format]),
);
