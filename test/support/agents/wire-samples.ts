/** Samples as backends take and give them. */
import { pcmaDecoder, pcmaEncoder } from '../../../codecs/pcma.ts';
import { pcmuDecoder, pcmuEncoder } from '../../../codecs/pcmu.ts';

export type WireEncoding = 'pcmu' | 'pcma' | 'l16';

export function toWire(samples: Int16Array, encoding: WireEncoding): Buffer {
  if (encoding === 'l16') return Buffer.from(samples.slice().buffer);
  const octets = Buffer.alloc(samples.length);
  const encoder = encoding === 'pcmu' ? pcmuEncoder : pcmaEncoder;
  encoder.encode(samples, 0, samples.length, octets, 0);
  return octets;
}

export function fromWire(octets: Uint8Array, encoding: WireEncoding): Int16Array {
  if (encoding === 'l16') return new Int16Array(new Uint8Array(octets).buffer);
  const samples = new Int16Array(octets.length);
  const decoder = encoding === 'pcmu' ? pcmuDecoder : pcmaDecoder;
  decoder.decode(octets, 0, octets.length, samples, 0);
  return samples;
}

/** Pieces of so many octets, as they come over a wire faster than anybody speaks. */
export function pieces(octets: Buffer, length: number): Buffer[] {
  return Array.from({ length: Math.ceil(octets.length / length) }, (_, i) =>
    octets.subarray(i * length, (i + 1) * length),
  );
}
