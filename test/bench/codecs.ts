/** What a 20 ms frame costs to encode and decode: `node test/bench/codecs.ts`. */
import alawmulaw from 'alawmulaw';
import { G722Decoder, G722Encoder } from '../../codecs/g722.ts';
import { decodeL16, encodeL16 } from '../../codecs/l16.ts';
import { pcmaDecoder, pcmaEncoder } from '../../codecs/pcma.ts';
import { pcmuDecoder, pcmuEncoder } from '../../codecs/pcmu.ts';
import { createResampler } from '../../src/audio/resampler.ts';
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

const wide = calls.map((_, seed) => {
  const samples = noise({ lengthSamples: 2 * FRAME, seed });
  const octets = new Uint8Array(FRAME);
  new G722Encoder().encode(samples, 0, 2 * FRAME, octets, 0);
  return {
    ...{ samples, octets, decoded: new Int16Array(2 * FRAME), narrow: new Int16Array(FRAME) },
    ...{ encoder: new G722Encoder(), decoder: new G722Decoder() },
    ...{ up: createResampler(8000, 16_000), down: createResampler(16_000, 8000) },
  };
});
const g722Decoding = microsecondsPerFrame((call) => {
  const { decoder, octets, decoded } = wide[call]!;
  decoder.decode(octets, 0, FRAME, decoded, 0);
});
const g722Encoding = microsecondsPerFrame((call) => {
  const { encoder, samples, octets } = wide[call]!;
  encoder.encode(samples, 0, 2 * FRAME, octets, 0);
});
// What an agent at 16 kHz costs in a call of G.711.
const resampledDecoding = microsecondsPerFrame((call) => {
  const { octets, narrow, up, decoded } = wide[call]!;
  pcmuDecoder.decode(octets, 0, FRAME, narrow, 0);
  up.process(narrow, 0, FRAME, decoded, 0);
});
const resampledEncoding = microsecondsPerFrame((call) => {
  const { samples, narrow, down, octets } = wide[call]!;
  down.process(samples, 0, 2 * FRAME, narrow, 0);
  pcmuEncoder.encode(narrow, 0, FRAME, octets, 0);
});
reportLine('G722 decode', g722Decoding, { 'PCMU and a resampler': resampledDecoding });
reportLine('G722 encode', g722Encoding, { 'PCMU and a resampler': resampledEncoding });

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
