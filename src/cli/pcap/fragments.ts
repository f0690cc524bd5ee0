import type { IpPacket } from './ip.ts';

/** Puts fragmented IP packets together again (RFC 791 section 3.2, RFC 8200 section 4.5). */
export class FragmentReassembler {
  readonly #pending: Map<string, Pending> = new Map();

  /** The whole packet once its last missing fragment comes; undefined until then. */
  push(packet: IpPacket, timeMs: number): IpPacket | undefined {
    const { fragment, payload } = packet;
    if (fragment === undefined) return packet;
    if (fragment.offset + payload.length > MAX_OCTETS) return undefined;
    const key = `${packet.source} ${packet.destination} ${packet.protocol} ${fragment.id}`;
    let pending = this.#pending.get(key);
    if (pending === undefined || timeMs - pending.startedMs > EXPIRY_MS) {
      this.#pending.delete(key);
      pending = { startedMs: timeMs, pieces: [], totalOctets: undefined };
      this.#pending.set(key, pending);
      this.#forgetOldest();
    }
    pending.pieces.push({ offset: fragment.offset, octets: payload });
    if (!fragment.more) pending.totalOctets = fragment.offset + payload.length;
    const whole = assemble(pending);
    if (whole === undefined) return undefined;
    this.#pending.delete(key);
    return { ...packet, payload: whole, fragment: undefined };
  }

  #forgetOldest(): void {
    if (this.#pending.size <= MAX_PENDING) return;
    for (const key of this.#pending.keys()) {
      this.#pending.delete(key);
      return;
    }
  }
}

interface Pending {
  readonly startedMs: number;
  readonly pieces: { readonly offset: number; readonly octets: Uint8Array }[];
  totalOctets: number | undefined;
}

function assemble({ pieces, totalOctets }: Pending): Uint8Array | undefined {
  if (totalOctets === undefined) return undefined;
  const whole = new Uint8Array(totalOctets);
  let covered = 0;
  for (const { offset, octets } of [...pieces].sort((a, b) => a.offset - b.offset)) {
    if (offset > covered) return undefined;
    const end = Math.min(offset + octets.length, totalOctets);
    if (end <= covered) continue;
    whole.set(octets.subarray(0, end - offset), offset);
    covered = end;
  }
  return covered === totalOctets ? whole : undefined;
}

const MAX_OCTETS = 65_535;
const MAX_PENDING = 256;
const EXPIRY_MS = 30_000;
