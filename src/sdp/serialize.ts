/** Writes the descriptions we send (RFC 8866 section 5): one audio stream, and port 0 for every other. */
import type { AudioFormat, TelephoneEventFormat } from './audio-formats.ts';
import { type CryptoAttribute, serializeCryptoAttribute } from './crypto-attribute.ts';
import type { MediaDescription } from './description.ts';
import type { LocalAudio, MediaDirection } from './negotiated.ts';

/** Our audio stream, as it is described. */
export interface LocalStream {
  readonly protocol: string;
  /** In order of preference. */
  readonly codecs: readonly AudioFormat[];
  readonly telephoneEvent: TelephoneEventFormat | undefined;
  readonly comfortNoisePayloadType: number | undefined;
  readonly rtcpMux: boolean;
  readonly direction: MediaDirection;
  /** Ours, in order of preference; none: the stream is plain. */
  readonly cryptos: readonly Omit<CryptoAttribute, 'mkiOctets'>[];
}

/** Media lines in their order: ours, or another side's that we refuse. */
export type MediaSlot = LocalStream | { readonly refused: MediaDescription };

export function serializeSdp(local: LocalAudio, timing: string, slots: readonly MediaSlot[]): string {
  const address = `IN ${local.address.includes(':') ? 'IP6' : 'IP4'} ${local.address}`;
  const lines = [
    'v=0',
    `o=- ${local.sessionId} ${local.sessionVersion} ${address}`,
    's=-',
    `c=${address}`,
    `t=${timing}`,
    ...slots.flatMap((slot) => ('refused' in slot ? refusedLines(slot.refused) : streamLines(local, slot))),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function streamLines(local: LocalAudio, stream: LocalStream): string[] {
  const { telephoneEvent, rtcpMux } = stream;
  const encodings = encodingsOf(stream);
  const lines = [
    `m=audio ${local.port} ${stream.protocol} ${encodings.map(([payloadType]) => payloadType).join(' ')}`,
    ...encodings.map(([payloadType, encoding]) => `a=rtpmap:${payloadType} ${encoding}/8000`),
  ];
  if (telephoneEvent !== undefined)
    lines.push(`a=fmtp:${telephoneEvent.payloadType} ${telephoneEvent.events}`);
  lines.push(...stream.cryptos.map(serializeCryptoAttribute));
  lines.push(`a=ptime:${PTIME_MS}`, `a=${stream.direction}`);
  if (rtcpMux) lines.push('a=rtcp-mux');
  else if (local.rtcpPort !== local.port + 1) lines.push(`a=rtcp:${local.rtcpPort}`);
  return lines;
}

function encodingsOf(stream: LocalStream): [payloadType: number, encoding: string][] {
  const { codecs, telephoneEvent, comfortNoisePayloadType } = stream;
  const encodings: [number, string][] = codecs.map(({ payloadType, codec }) => [payloadType, codec]);
  if (comfortNoisePayloadType !== undefined) encodings.push([comfortNoisePayloadType, 'CN']);
  if (telephoneEvent !== undefined) encodings.push([telephoneEvent.payloadType, 'telephone-event']);
  return encodings;
}

/** "To reject an offered stream, the port number … MUST be set to zero" (RFC 3264 section 6). */
function refusedLines({ kind, protocol, formats }: MediaDescription): string[] {
  return [`m=${kind} 0 ${protocol} ${formats.join(' ')}`];
}

/** The packet time we send. */
const PTIME_MS = 20;
