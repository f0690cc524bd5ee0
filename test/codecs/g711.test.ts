import { readFileSync } from 'node:fs';
import { alaw, mulaw } from 'alawmulaw';
import { describe, expect, it } from 'vitest';
import type { PayloadDecoder, PayloadEncoder } from '../../codecs/codec.ts';
import { pcmaDecoder, pcmaEncoder } from '../../codecs/pcma.ts';
import { pcmuDecoder, pcmuEncoder, pcmuFaithfulDecoder } from '../../codecs/pcmu.ts';
import { sharedPath } from '../support/shared.ts';

const laws = [
  { name: 'mu-law', decoder: pcmuDecoder, encoder: pcmuEncoder, itu: 'u', silence: 0xff, other: mulaw },
  { name: 'A-law', decoder: pcmaDecoder, encoder: pcmaEncoder, itu: 'a', silence: 0xd5, other: alaw },
];

const everySample = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);
const everyOctet = Uint8Array.from({ length: 256 }, (_, i) => i);

describe.each(laws)('G.711 $name', ({ decoder, encoder, itu, silence, other }) => {
  const sweep = ituWords('sweep.src');

  it.skipIf(sweep === undefined)('encodes every 16-bit sample as the ITU tool does', () => {
    const expected = ituWords(`sweep-r.${itu}`)!;
    expect(new Set(sweep).size).toBe(65536);
    expect(differences(encodeAll(encoder, toInt16(sweep!)), expected)).toBe(0);
  });

  it.skipIf(sweep === undefined)('decodes what the ITU tool encoded as the ITU tool does', () => {
    const octets = Uint8Array.from(ituWords(`sweep-r.${itu}`)!);
    const expected = toInt16(ituWords(`sweep-r.${itu}-${itu}`)!);
    expect(differences(decodeAll(decoder, octets), expected)).toBe(0);
  });

  it.skipIf(sweep === undefined)('gives the ITU samples when every sample goes there and back', () => {
    const there = encodeAll(encoder, toInt16(sweep!));
    const expected = toInt16(ituWords(`sweep-r.re${itu}`)!);
    expect(differences(decodeAll(decoder, there), expected)).toBe(0);
  });

  it('decodes all 256 octets as alawmulaw does', () => {
    expect([...decodeAll(decoder, everyOctet)]).toEqual([...other.decode(everyOctet)]);
  });

  it('encodes as alawmulaw does but for 127 negative samples at the edge of a step', () => {
    const theirs = other.encode(everySample);
    const ours = encodeAll(encoder, everySample);
    const different = [...everySample].filter((_, i) => ours[i] !== (theirs[i]! & 0xff));
    expect(different).toHaveLength(127);
    expect(different.every((sample) => sample < 0)).toBe(true);
  });

  it('gives back every octet that stands for a sample of its own', () => {
    const again = encodeAll(encoder, decodeAll(decoder, everyOctet));
    const changed = [...everyOctet].filter((octet) => again[octet] !== octet);
    expect(changed).toEqual(itu === 'u' ? [NEGATIVE_ZERO] : []);
  });

  it('encodes silence as the octet that phones send for it', () => {
    expect(encodeAll(encoder, Int16Array.of(0))[0]).toBe(silence);
  });

  it('reads and writes at the offsets it is given and nowhere else', () => {
    const output = new Int16Array(6).fill(1234);
    expect(decoder.decode(Uint8Array.of(0, silence, 0, 0), 0, 2, output, 3)).toBe(2);
    const loudest = output[3]!;
    expect(loudest).not.toBe(1234);
    expect([...output]).toEqual([1234, 1234, 1234, loudest, output[4], 1234]);

    const octets = new Uint8Array(6).fill(77);
    expect(encoder.encode(Int16Array.of(9999, 0, 0, 9999), 1, 2, octets, 3)).toBe(2);
    expect([...octets]).toEqual([77, 77, 77, silence, silence, 77]);
  });
});

describe('the faithful decoder of the mu-law', () => {
  it('lets every octet come back, and differs from the other by one step at the negative zero alone', () => {
    const samples = decodeAll(pcmuFaithfulDecoder, everyOctet);
    expect([...encodeAll(pcmuEncoder, samples)]).toEqual([...everyOctet]);
    const others = decodeAll(pcmuDecoder, everyOctet);
    const different = [...everyOctet].filter((octet) => samples[octet] !== others[octet]);
    expect([different, samples[NEGATIVE_ZERO], others[NEGATIVE_ZERO]]).toEqual([[NEGATIVE_ZERO], -1, 0]);
  });
});

/** Mu-law has two zeros; the negative one decodes to 0 and comes back as the positive one. */
const NEGATIVE_ZERO = 0x7f;

function encodeAll(encoder: PayloadEncoder, samples: Int16Array): Uint8Array {
  const octets = new Uint8Array(samples.length);
  expect(encoder.encode(samples, 0, samples.length, octets, 0)).toBe(samples.length);
  return octets;
}

function decodeAll(decoder: PayloadDecoder, octets: Uint8Array): Int16Array {
  const samples = new Int16Array(octets.length);
  expect(decoder.decode(octets, 0, octets.length, samples, 0)).toBe(octets.length);
  return samples;
}

function differences(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let count = 0;
  for (let i = 0; i < actual.length; i++) if (actual[i] !== expected[i]) count++;
  return count;
}

/** The corpus holds 16-bit little-endian words, octets included. */
function ituWords(name: string): Uint16Array | undefined {
  const path = sharedPath('corpora', 'g711-itu', name);
  if (path === undefined) return undefined;
  const file = readFileSync(path);
  return Uint16Array.from({ length: file.length / 2 }, (_, i) => file.readUInt16LE(i * 2));
}

function toInt16(words: Uint16Array): Int16Array {
  return Int16Array.from(words);
}
