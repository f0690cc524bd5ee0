/**
 * What the network has brought one leg since its last tick. It is worked off by the tick itself, when the leg's
 * data are at hand anyway: taken up one by one, each packet would fetch them into the caches for itself.
 */
export class Arrivals {
  readonly #datagrams: (Uint8Array | undefined)[] = new Array(DATAGRAMS).fill(undefined);
  readonly #addresses: string[] = new Array(DATAGRAMS).fill('');
  readonly #ports = new Uint16Array(DATAGRAMS);
  readonly #atMs = new Float64Array(DATAGRAMS);
  #datagramCount = 0;

  /** No room for another datagram: work off what is here first. */
  get full(): boolean {
    return this.#datagramCount === DATAGRAMS;
  }

  /** Keeps the datagram itself, not a copy. There must be room. */
  addDatagram(datagram: Uint8Array, address: string, port: number, nowMs: number): void {
    const index = this.#datagramCount++;
    this.#datagrams[index] = datagram;
    this.#addresses[index] = address;
    this.#ports[index] = port;
    this.#atMs[index] = nowMs;
  }

  /** Hands over everything in the order of arrival, and is empty then. */
  drainInto(receiver: ArrivalReceiver): void {
    for (let index = 0; index < this.#datagramCount; index++) {
      const datagram = this.#datagrams[index]!;
      const address = this.#addresses[index]!;
      this.#datagrams[index] = undefined;
      receiver.receiveRtp(datagram, datagram.length, address, this.#ports[index]!, this.#atMs[index]!);
    }
    this.#datagramCount = 0;
  }
}

interface ArrivalReceiver {
  receiveRtp(datagram: Uint8Array, length: number, address: string, port: number, nowMs: number): void;
}

/** A quarter of a second of one stream: only a flood brings more between two ticks. */
const DATAGRAMS = 12;
