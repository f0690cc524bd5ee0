import type { PayloadDecoder, PayloadEncoder } from '../../codecs/codec.ts';
import { decodeL16, encodeL16 } from '../../codecs/l16.ts';
import { pcmaDecoder, pcmaEncoder } from '../../codecs/pcma.ts';
import { pcmuEncoder, pcmuFaithfulDecoder } from '../../codecs/pcmu.ts';
import type { WireAudio } from '../audio/agent-line.ts';

/** Between an agent's octets and samples at the same rate. No state: one serves all. */
export interface WireCodec {
  readonly octetsPerSample: 1 | 2;
  readonly decode: PayloadDecoder['decode'];
  readonly encode: PayloadEncoder['encode'];
}

export function wireCodec(encoding: WireAudio['encoding']): WireCodec {
  return codecs[encoding];
}

/** G.711 decoded and encoded again is what it was. */
const codecs: Readonly<Record<WireAudio['encoding'], WireCodec>> = {
  l16: { octetsPerSample: 2, decode: decodeL16, encode: encodeL16 },
  pcmu: { octetsPerSample: 1, decode: pcmuFaithfulDecoder.decode, encode: pcmuEncoder.encode },
  pcma: { octetsPerSample: 1, decode: pcmaDecoder.decode, encode: pcmaEncoder.encode },
};
