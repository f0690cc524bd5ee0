/** What a receiver makes of a stream that the network has had its way with. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeRtpHeader } from '../../../src/rtp/packet.ts';
import { SrtcpReceiver } from '../../../src/rtp/srtp/srtcp-receiver.ts';
import { SrtcpSender } from '../../../src/rtp/srtp/srtcp-sender.ts';
import { SrtpReceiver, type SrtpRefusal } from '../../../src/rtp/srtp/srtp-receiver.ts';
import { SrtpSender } from '../../../src/rtp/srtp/srtp-sender.ts';

const master = Uint8Array.from({ length: 30 }, (_, index) => index * 7);
const otherMaster = Uint8Array.from({ length: 30 }, (_, index) => index * 11);

describe('an SRTP stream', () => {
  it('is heard whole, each packet once, whatever is lost, late or sent twice around the wraps', () => {
    const start = fc.integer({ min: 0, max: 0x7fff });
    const journey = fc.array(fc.record({ step: fc.integer({ min: 1, max: 300 }), late: fc.nat(40) }), {
      minLength: 300,
      maxLength: 600,
    });
    fc.assert(
      fc.property(start, journey, fc.constantFrom(4, 10), (first, steps, tagOctets) => {
        const stream = new Stream({ tagOctets, sequence: first });
        const packets = steps.map(({ step, late }, at) => {
          stream.skip(step - 1);
          return { packet: stream.next(), due: at + late };
        });
        // The first one opens the stream; what comes before it would be older than anything known.
        packets[0]!.due = -1;
        const receiver = new SrtpReceiver({ master, tagOctets, mkiOctets: 0 });
        const within = (late: number, by: number) => late - by < 128;
        let highest = -1;
        for (const { packet } of packets.toSorted((a, b) => a.due - b.due)) {
          const refusal = receiver.unprotect(packet.octets.slice(), packet.octets.length);
          if (within(highest, packet.index)) expect(refusal).toBeUndefined();
          else expect(refusal).toBe('srtp-replayed');
          highest = Math.max(highest, packet.index);
          expect(receiver.unprotect(packet.octets.slice(), packet.octets.length)).toBe('srtp-replayed');
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is decrypted to what was sent, before and after its sequence number wraps', () => {
    const stream = new Stream({ sequence: 65_530 });
    const receiver = new SrtpReceiver({ master, tagOctets: 10, mkiOctets: 0 });
    for (let packet = 0; packet < 12; packet++) {
      const { octets, plain } = stream.next();
      expect(receiver.unprotect(octets, octets.length)).toBeUndefined();
      expect(octets.subarray(0, receiver.length)).toEqual(plain);
    }
  });

  it('is heard when all packets before the first wrap were lost', () => {
    const stream = new Stream({ sequence: 65_530 });
    stream.next();
    stream.skip(9);
    expect(verdictsOf(new SrtpReceiver({ master, tagOctets: 10, mkiOctets: 0 }), stream, 3)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is not heard with an octet changed anywhere, and nothing is learnt from it', () => {
    fc.assert(
      fc.property(fc.nat(181), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const stream = new Stream({ sequence: 500 });
        const receiver = new SrtpReceiver({ master, tagOctets: 10, mkiOctets: 0 });
        const { octets } = stream.next();
        expect(octets.length).toBe(182);
        const forged = octets.slice();
        forged[at]! ^= change;
        const before = forged.slice();
        expect(receiver.unprotect(forged, forged.length)).toBeDefined();
        expect(forged).toEqual(before);
        expect(receiver.unprotect(octets, octets.length)).toBeUndefined();
        // A forged number far ahead would move the roll-over counter, had it been believed.
        const { octets: second } = stream.next();
        const far = second.slice();
        far[2] = 0x70;
        expect(receiver.unprotect(far, far.length)).toBe('srtp-auth-failed');
        expect(receiver.unprotect(second, second.length)).toBeUndefined();
      }),
    );
  });

  it('is any octets to a receiver, and never an exception', () => {
    const receiver = new SrtpReceiver({ master, tagOctets: 10, mkiOctets: 1 });
    const rtcp = new SrtcpReceiver({ master, mkiOctets: 1 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), (octets, isRtp) => {
        if (isRtp && octets.length > 0) octets[0] = (octets[0]! & 0x3f) | 0x80;
        expect(receiver.unprotect(octets, octets.length)).toBeDefined();
        expect(rtcp.unprotect(octets, octets.length)).toBeDefined();
      }),
    );
  });

  it('has a name for each thing that is no packet of it', () => {
    const receiver = new SrtpReceiver({ master, tagOctets: 10, mkiOctets: 0 });
    const { octets, plain } = new Stream({ sequence: 5 }).next();
    const refused = (datagram: Uint8Array) => receiver.unprotect(datagram, datagram.length);
    expect(refused(plain.slice())).toBe('srtp-auth-failed');
    expect(refused(octets.slice(0, 20))).toBe('too-short');
    expect(refused(new Uint8Array(100))).toBe('stun');
    expect(refused(new Uint8Array(3000).fill(0x80))).toBe('srtp-too-long');
  });

  it('may carry a key identifier before its tag', () => {
    const { octets, plain } = new Stream({ sequence: 5 }).next();
    const withIdentifier = new Uint8Array(octets.length + 2);
    withIdentifier.set(octets.subarray(0, plain.length));
    withIdentifier.set([0, 1], plain.length);
    withIdentifier.set(octets.subarray(plain.length), plain.length + 2);
    const receiver = new SrtpReceiver({ master, tagOctets: 10, mkiOctets: 2 });
    expect(receiver.unprotect(withIdentifier, withIdentifier.length)).toBeUndefined();
    expect(withIdentifier.subarray(0, receiver.length)).toEqual(plain);
  });

  it('may change its source and come back', () => {
    const receiver = new SrtpReceiver({ master, tagOctets: 10, mkiOctets: 0 });
    const voice = new Stream({ sequence: 65_000, ssrc: 1 });
    const keys = new Stream({ sequence: 10, ssrc: 2 });
    const all = [600, 3, 300, 3].flatMap((count, turn) =>
      verdictsOf(receiver, turn % 2 === 0 ? voice : keys, count),
    );
    expect(all.filter((verdict) => verdict !== undefined)).toEqual([]);
  });

  it.each(['from where it was', 'anew'])('goes on under another key, its roll-over counter %s', (from) => {
    const before = new Stream({ sequence: 65_000 });
    const first = new SrtpReceiver({ master, tagOctets: 10, mkiOctets: 0 });
    verdictsOf(first, before, 1000);
    const rekeyed = new SrtpReceiver({ master: otherMaster, tagOctets: 10, mkiOctets: 0 }, first);
    const after = new Stream({ sequence: 65_000, master: otherMaster });
    if (from === 'from where it was') after.next();
    after.sequence = before.sequence;
    expect(verdictsOf(rekeyed, after, 3)).toEqual([undefined, undefined, undefined]);
    before.skip(3);
    expect(verdictsOf(rekeyed, before, 1)).toEqual(['srtp-auth-failed']);
  });

  it('is never sent under a number twice, though a packet may go out late', () => {
    const sender = new SrtpSender({ master, tagOctets: 10 });
    const send = (sequence: number) => {
      const octets = new Uint8Array(200);
      writeRtpHeader(octets, 8, false, sequence & 0xffff, 0, 1);
      return sender.protect(octets, 172);
    };
    const lengths = [65_533, 65_536, 65_535, 65_536, 65_533, 65_534, 65_537, 65_300].map(send);
    expect(lengths).toEqual([182, 182, 182, 0, 0, 182, 182, 0]);
    const young = new SrtpSender({ master, tagOctets: 10 });
    const octets = new Uint8Array(200);
    writeRtpHeader(octets, 8, false, 1, 0, 1);
    expect(young.protect(octets, 172)).toBe(182);
    // Before the beginning there is no roll-over counter.
    writeRtpHeader(octets, 8, false, 65_535, 0, 1);
    expect(young.protect(octets, 172)).toBe(0);
  });

  it('is not sent when it is no packet, or longer than any', () => {
    const sender = new SrtpSender({ master, tagOctets: 10 });
    const octets = new Uint8Array(200);
    writeRtpHeader(octets, 8, false, 1, 1, 1);
    expect(sender.protect(octets, 2040)).toBe(0);
    expect(sender.protect(octets, 11)).toBe(0);
    expect(sender.protect(octets, 172)).toBe(182);
  });
});

describe('an SRTCP stream', () => {
  it('is heard once, in any order, and not when forged', () => {
    const sender = new SrtcpSender(master);
    const receiver = new SrtcpReceiver({ master, mkiOctets: 0 });
    const packets = Array.from({ length: 20 }, () => {
      const octets = new Uint8Array(50);
      octets.set([0x80, 201, 0, 1, 0, 0, 0, 9]);
      expect(sender.protect(octets, 36)).toBe(50);
      return octets;
    });
    for (const packet of packets.toReversed()) {
      const forged = packet.slice();
      forged[20]! ^= 1;
      expect(receiver.unprotect(forged, 50)).toBe('srtcp-auth-failed');
      expect(receiver.unprotect(packet.slice(), 50)).toBeUndefined();
      expect(receiver.unprotect(packet, 50)).toBe('srtcp-replayed');
    }
    expect(receiver.unprotect(new Uint8Array(21), 21)).toBe('srtcp-bad-length');
  });
});

interface Sent {
  readonly octets: Uint8Array;
  readonly plain: Uint8Array;
  /** Counted from sequence number 0 of roll-over counter 0. */
  readonly index: number;
}

/** The far end: 20 ms of A-law in each packet. */
class Stream {
  readonly #sender: SrtpSender;
  readonly #ssrc: number;
  readonly #tagOctets: number;
  sequence: number;

  constructor(options: { sequence: number; ssrc?: number; tagOctets?: number; master?: Uint8Array }) {
    this.#tagOctets = options.tagOctets ?? 10;
    this.#sender = new SrtpSender({ master: options.master ?? master, tagOctets: this.#tagOctets });
    this.sequence = options.sequence;
    this.#ssrc = options.ssrc ?? 0x1234;
  }

  next(): Sent {
    const index = this.sequence++;
    const plain = new Uint8Array(172).fill(index);
    writeRtpHeader(plain, 8, false, index & 0xffff, index * 160, this.#ssrc);
    const octets = new Uint8Array(172 + this.#tagOctets);
    octets.set(plain);
    expect(this.#sender.protect(octets, 172)).toBe(octets.length);
    return { octets, plain, index };
  }

  /** Lost on the way. */
  skip(packets: number): void {
    this.sequence += packets;
  }
}

function verdictsOf(receiver: SrtpReceiver, stream: Stream, count: number): (SrtpRefusal | undefined)[] {
  return Array.from({ length: count }, () => {
    const { octets } = stream.next();
    return receiver.unprotect(octets, octets.length);
  });
}
