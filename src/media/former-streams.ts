/**
 * Streams that calls which are over have heard on a media port. A telephone or PBX that goes on sending after its BYE
 * would else be heard in the next call that gets the port: it often has the address which that call's SDP names.
 */
export class FormerStreams {
  #streams: FormerStream[] = [];

  /** Whether a packet is of one of them, which is remembered for longer then. */
  includes(ssrc: number, address: string, port: number, nowMs: number): boolean {
    for (let index = 0; index < this.#streams.length; index++) {
      const stream = this.#streams[index]!;
      if (stream.ssrc !== ssrc || stream.port !== port || stream.address !== address) continue;
      stream.heardAtMs = nowMs;
      return true;
    }
    return false;
  }

  /** The call that heard it is over. */
  add(ssrc: number, address: string, port: number, nowMs: number): void {
    const others = this.#streams.filter((it) => {
      const isSame = it.ssrc === ssrc && it.port === port && it.address === address;
      return !isSame && nowMs - it.heardAtMs < REMEMBERED_MS;
    });
    this.#streams = [{ ssrc, address, port, heardAtMs: nowMs }, ...others].slice(0, MAX_STREAMS);
  }
}

interface FormerStream {
  readonly ssrc: number;
  readonly address: string;
  readonly port: number;
  heardAtMs: number;
}

/** Ours: who sends on for longer than ten minutes has lost more than one BYE. */
const REMEMBERED_MS = 600_000;
/** Of one port. */
const MAX_STREAMS = 4;
