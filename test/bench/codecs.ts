/** What a 20 ms frame costs to encode and decode: `node test/bench/codecs.ts`. */
import alawmulaw from 'alawmulaw';
import { decodeL16, encodeL16 } from '../../codecs/l16.ts';
import { pcmaDecoder, pcmaEncoder } from '../../codecs/pcma.ts';
import { pcmuDecoder, pcmuEncoder } from '../../codecs/pcmu.ts';
import { noise } from '../support/audio.ts';
import { CALLS, microsecondsPerFrame, reportLine } from './measure.ts';

const FRAME = 160;

const calls = Array.from({ length: CALLS }, (_, seed) => {
  const samples = noise({ lengthSamples: FRAME, seed });
  const octets = new Uint8Array(FRAME * 2);
  pcmuEncoder.encode(samples, 0, FRAME, octets, 0);
  return { samples, octets, payload: octets.slice(0, FRAME), decoded: new Int16Array(FRAME) };
});

for (const { name, decoder, encoder, other } of [
  { name: 'PCMU', decoder: pcmuDecoder, encoder: pcmuEncoder, other: alawmulaw.mulaw },
  { name: 'PCMA', decoder: pcmaDecoder, encoder: pcmaEncoder, other: alawmulaw.alaw },
]) {
  const decoding = microsecondsPerFrame((call) => {
    const { payload, decoded } = calls[call]!;
    decoder.decode(payload, 0, FRAME, decoded, 0);
  });
  const encoding = microsecondsPerFrame((call) => {
    const { samples, octets } = calls[call]!;
    encoder.encode(samples, 0, FRAME, octets, 0);
  });
  reportLine(`${name} decode`, decoding, {
    alawmulaw: microsecondsPerFrame((call) => void other.decode(calls[call]!.payload)),
  });
  reportLine(`${name} encode`, encoding, {
    alawmulaw: microsecondsPerFrame((call) => void other.encode(calls[call]!.samples)),
  });
}

reportLine(
  'L16 decode',
  microsecondsPerFrame((call) => {
    const { octets, decoded } = calls[call]!;
    decodeL16(octets, 0, FRAME * 2, decoded, 0);
  }),
);
reportLine(
  'L16 encode',
  microsecondsPerFrame((call) => {
    const { octets, samples } = calls[call]!;
    encodeL16(samples, 0, FRAME, octets, 0);
  }),
);
