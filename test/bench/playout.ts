/** What 20 ms of playout costs, a packet in and a frame out, on 500 calls: `node test/bench/playout.ts`. */
import { pcmuDecoder, pcmuEncoder } from '../../codecs/pcmu.ts';
import { Playout } from '../../src/jitter/playout.ts';
import { RtpPacket } from '../../src/rtp/packet.ts';
import { voice } from '../support/listening.ts';
import { CALLS, microsecondsPerFrame, reportLine } from './measure.ts';

const FRAME = 160;
const speech = new Uint8Array(voice({ lengthSamples: 10 * 8000, rateHz: 8000 }).length);
pcmuEncoder.encode(voice({ lengthSamples: speech.length, rateHz: 8000 }), 0, speech.length, speech, 0);

const decoding = measureDecoding();
reportLine('mu-law decoding alone', decoding);
const steady = measure(() => 5);
reportLine('steady network', steady, { decoding });
reportLine(
  'jitter of 30 ms',
  measure((index) => 5 + ((index * 7919) % 30)),
  { steady },
);
reportLine(
  '3 % lost',
  measure((index) => (index % 33 === 0 ? undefined : 5)),
  { steady },
);
reportLine(
  '10 % lost',
  measure((index) => (index % 10 === 0 ? undefined : 5)),
  { steady },
);
reportLine(
  'clock off by 1000 ppm',
  measure((index) => 5 + 0.02 * index),
  { steady },
);

/** `networkMs` gives how long packet `index` takes, or undefined to lose it. */
function measure(networkMs: (index: number) => number | undefined): number {
  const packet = new RtpPacket();
  packet.octets = speech;
  packet.payloadLength = FRAME;
  const frame = new Int16Array(FRAME);
  const calls = Array.from({ length: CALLS }, (_, call) => {
    const playout = new Playout({ rateHz: 8000 });
    playout.setDecoder(0, pcmuDecoder);
    return { playout, index: call };
  });
  return microsecondsPerFrame((call) => {
    const state = calls[call]!;
    const index = state.index++;
    const delayMs = networkMs(index);
    packet.ssrc = call;
    packet.sequenceNumber = index & 0xffff;
    packet.timestamp = (index * FRAME) >>> 0;
    packet.payloadOffset = (index % (speech.length / FRAME)) * FRAME;
    if (delayMs !== undefined) state.playout.push(packet, index * 20 + delayMs);
    state.playout.pull(frame, index * 20 + 19);
  });
}

function measureDecoding(): number {
  const frame = new Int16Array(FRAME);
  let at = 0;
  return microsecondsPerFrame(() => {
    pcmuDecoder.decode(speech, at, FRAME, frame, 0);
    at = (at + FRAME) % speech.length;
  });
}
