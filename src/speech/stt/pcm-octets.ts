import { encodeL16 } from '../../../codecs/l16.ts';

/** Little-endian 16-bit octets, as every provider takes them; a copy. */
export function samplesToOctets(samples: Int16Array): Uint8Array {
  const octets = new Uint8Array(samples.length * 2);
  encodeL16(samples, 0, samples.length, octets, 0);
  return octets;
}
