/** What encryption adds to a packet: `node test/bench/srtp.ts`. Figures of one run compare with each other. */
import { createCipheriv, createHmac } from 'node:crypto';
import { Leg } from '../../src/media/leg.ts';
import { parseRtpPacket, RtpPacket, writeRtpHeader } from '../../src/rtp/packet.ts';
import { SrtpReceiver } from '../../src/rtp/srtp/srtp-receiver.ts';
import { SrtpSender } from '../../src/rtp/srtp/srtp-sender.ts';
import type { NegotiatedAudio } from '../../src/sdp/negotiated.ts';
import { CALLS, cpuMicrosecondsPerFrame, reportLine } from './measure.ts';

const address = '192.0.2.1';
const port = 4000;
const master = new Uint8Array(30).fill(7);
const key = Buffer.from(master).toString('base64');
const tagOctets = 10;
const sealedOctets = 172 + tagOctets;
const audio: NegotiatedAudio = {
  codec: 'PCMA',
  payloadType: 8,
  telephoneEventPayloadType: 101,
  comfortNoisePayloadType: undefined,
  remoteAddress: address,
  remotePort: port,
  remoteRtcpPort: port + 1,
  rtcpMux: false,
  direction: 'sendrecv',
  remotePtimeMs: 20,
};
const srtp = {
  suite: 'AES_CM_128_HMAC_SHA1_80',
  localKey: key,
  remoteKey: key,
  remoteMkiOctets: 0,
} as const;

const plain = measurePlain();
const both = measureBoth();
const objects = measureObjects();
reportLine('a packet written and parsed', plain);
reportLine('the same, protected and unprotected', both, { 'with objects of the library': objects });
reportLine('a packet that is forged', measureForged());
const phone = measurePhone();
const plainLeg = measureLeg(undefined);
const encryptedLeg = measureLeg(srtp) - phone;
reportLine('a leg that echoes, 20 ms, in the clear', plainLeg);
reportLine('the same, encrypted both ways', encryptedLeg);
process.stdout.write(
  `to ${(both / plain).toFixed(0)} times a plain packet, and ${(encryptedLeg / plainLeg).toFixed(1)} times a plain leg\n`,
);

function measurePlain(): number {
  const packet = new RtpPacket();
  return overCalls(
    () => undefined,
    (_, octets, sequence, call) => {
      writeRtpHeader(octets, 8, false, sequence & 0xffff, sequence * 160, call);
      parseRtpPacket(octets, 172, packet);
    },
  );
}

function measureBoth(): number {
  return overCalls(pairOf, ({ sender, receiver, packet }, octets, sequence, call) => {
    writeRtpHeader(octets, 8, false, sequence & 0xffff, sequence * 160, call);
    if (receiver.unprotect(octets, sender.protect(octets, 172)) !== undefined) throw new Error('not heard');
    parseRtpPacket(octets, receiver.length, packet);
  });
}

/** A cipher and an HMAC made for each packet and way, as the plainest use of the library has it. */
function measureObjects(): number {
  const packet = new RtpPacket();
  const cipherKey = Buffer.alloc(16, 1);
  const authenticationKey = Buffer.alloc(20, 2);
  const iv = Buffer.alloc(16, 3);
  const way = (octets: Uint8Array): void => {
    octets.set(createCipheriv('aes-128-ctr', cipherKey, iv).update(octets.subarray(12, 172)), 12);
    const tag = createHmac('sha1', authenticationKey).update(octets.subarray(0, 172)).digest();
    octets.set(tag.subarray(0, tagOctets), 172);
  };
  return overCalls(
    () => undefined,
    (_, octets, sequence, call) => {
      writeRtpHeader(octets, 8, false, sequence & 0xffff, sequence * 160, call);
      way(octets);
      way(octets);
      parseRtpPacket(octets, 172, packet);
    },
  );
}

function measureForged(): number {
  return overCalls(pairOf, ({ receiver }, octets, sequence, call) => {
    writeRtpHeader(octets, 8, false, sequence & 0xffff, sequence * 160, call);
    if (receiver.unprotect(octets, sealedOctets) === undefined) throw new Error('heard');
  });
}

/** What making the phone's packets costs the measurement of a leg. */
function measurePhone(): number {
  return overCalls(pairOf, ({ sender }, octets, sequence, call) => {
    writeRtpHeader(octets, 8, false, sequence & 0xffff, sequence * 160, call);
    sender.protect(octets, 172);
  });
}

function measureLeg(encryption: NegotiatedAudio['srtp']): number {
  const begin = (call: number) => {
    const options = { symmetricRtp: false, silenceTimeoutMs: 30_000, epochAtZeroMs: 0, random: () => 0.5 };
    const leg = new Leg({ ...options, cname: `leg ${call}` }, 0);
    leg.handle({ kind: 'negotiate', audio: { ...audio, srtp: encryption } }, 0);
    leg.handle({ kind: 'echo', enabled: true }, 0);
    return { leg, sender: new SrtpSender({ master, tagOctets }) };
  };
  return overCalls(begin, ({ leg, sender }, octets, sequence, call) => {
    const nowMs = sequence * 20 + call / 25;
    writeRtpHeader(octets, 8, false, sequence & 0xffff, sequence * 160, call);
    const length = encryption === undefined ? 172 : sender.protect(octets, 172);
    leg.receiveRtp(octets, length, address, port, nowMs);
    leg.tick(nowMs + 7);
    leg.takeEvents();
  });
}

function overCalls<State>(
  begin: (call: number) => State,
  step: (state: State, octets: Uint8Array, sequence: number, call: number) => void,
): number {
  const calls = Array.from({ length: CALLS }, (_, call) => {
    return { state: begin(call), octets: new Uint8Array(sealedOctets).fill(0x55), sequence: 0 };
  });
  return cpuMicrosecondsPerFrame((call) => {
    const at = calls[call]!;
    step(at.state, at.octets, at.sequence, call);
    at.sequence += 1;
  });
}

function pairOf() {
  const sender = new SrtpSender({ master, tagOctets });
  const receiver = new SrtpReceiver({ master, tagOctets, mkiOctets: 0 });
  return { sender, receiver, packet: new RtpPacket() };
}
