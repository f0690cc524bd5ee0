/**
 * The packets waiting to be played: a fixed number of fixed slots, indexed by extended sequence number, so that
 * nothing is allocated per packet and nothing a sender does makes it grow.
 */
import type { RtpPacket } from '../rtp/packet.ts';

/** What a sequence number turned out to carry. `other` is anything that is not audio, such as telephone-event. */
export type SlotContent = 'audio' | 'comfort-noise' | 'other';

export class PacketRing {
  readonly payloadTypes: Uint8Array = new Uint8Array(SLOTS + 1);
  readonly payloadLengths: Uint16Array = new Uint16Array(SLOTS + 1);
  /** Payload of slot `s` starts at `s * slotOctets`. */
  readonly octets: Uint8Array;
  readonly slotOctets: number;
  readonly #timestamps: Float64Array = new Float64Array(SLOTS);
  readonly #sequences: Float64Array = new Float64Array(SLOTS).fill(-1);
  readonly #contents: (SlotContent | undefined)[] = new Array(SLOTS + 1).fill(undefined);

  constructor(slotOctets: number) {
    this.slotOctets = slotOctets;
    this.octets = new Uint8Array((SLOTS + 1) * slotOctets);
  }

  slotOf(sequence: number): number {
    return sequence % SLOTS;
  }

  /** What waits under this extended sequence number, or undefined. */
  contentAt(sequence: number): SlotContent | undefined {
    const slot = sequence % SLOTS;
    return this.#sequences[slot] === sequence ? this.#contents[slot] : undefined;
  }

  /** Extended timestamp of what waits under this extended sequence number. */
  timestampAt(sequence: number): number {
    return this.#timestamps[sequence % SLOTS]!;
  }

  /** How many sequence numbers of [from, to) never came. */
  countMissing(from: number, to: number): number {
    let count = 0;
    for (let sequence = from; sequence < to; sequence++) if (!this.hasSeen(sequence)) count++;
    return count;
  }

  /** Whether this sequence number was put here, waiting still or taken already. */
  hasSeen(sequence: number): boolean {
    return this.#sequences[sequence % SLOTS] === sequence;
  }

  /** Copies the payload, which must not be longer than `slotOctets` unless the content is `other`. */
  put(packet: RtpPacket, content: SlotContent, sequence: number, timestamp: number): void {
    const slot = sequence % SLOTS;
    this.#sequences[slot] = sequence;
    this.#timestamps[slot] = timestamp;
    this.#fill(slot, packet, content);
  }

  /** Marks a slot as taken; its sequence number stays known, to tell a duplicate from a late packet. */
  take(sequence: number): void {
    if (this.hasSeen(sequence)) this.#contents[sequence % SLOTS] = undefined;
  }

  /** Keeps one packet aside: the first of what may be a new stream. */
  putAside(packet: RtpPacket, content: SlotContent): void {
    this.#fill(SLOTS, packet, content);
  }

  /** Empties the ring and puts the packet kept aside into it. */
  restartWithAside(sequence: number, timestamp: number): void {
    this.#sequences.fill(-1);
    this.#contents.fill(undefined, 0, SLOTS);
    const slot = sequence % SLOTS;
    const from = SLOTS * this.slotOctets;
    this.#sequences[slot] = sequence;
    this.#contents[slot] = this.#contents[SLOTS];
    this.#timestamps[slot] = timestamp;
    this.payloadTypes[slot] = this.payloadTypes[SLOTS]!;
    this.payloadLengths[slot] = this.payloadLengths[SLOTS]!;
    this.octets.copyWithin(slot * this.slotOctets, from, from + this.payloadLengths[SLOTS]!);
  }

  #fill(slot: number, packet: RtpPacket, content: SlotContent): void {
    this.#contents[slot] = content;
    if (content === 'other') return;
    this.payloadTypes[slot] = packet.payloadType;
    const { octets, payloadOffset, payloadLength } = packet;
    this.payloadLengths[slot] = payloadLength;
    const to = slot * this.slotOctets;
    for (let i = 0; i < payloadLength; i++) this.octets[to + i] = octets[payloadOffset + i]!;
  }
}

/** 640 ms of the shortest packets (10 ms): more than any delay the playout keeps. */
export const SLOTS = 64;
