/** Turns payload octets into 16-bit linear samples. Stateless for G.711; owns its state otherwise. */
export interface PayloadDecoder {
  /** Of the samples. RTP counts with a clock of its own. */
  readonly rateHz: number;
  /** Writes at `outputOffset` and returns the number of samples written. */
  decode(
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
    output: Int16Array,
    outputOffset: number,
  ): number;
  /** What comes next is of another stream; absent where nothing is kept. */
  reset?(): void;
}

/** Turns 16-bit linear samples into payload octets. */
export interface PayloadEncoder {
  readonly rateHz: number;
  /** Writes at `outputOffset` and returns the number of octets written. */
  encode(
    samples: Int16Array,
    samplesOffset: number,
    samplesLength: number,
    output: Uint8Array,
    outputOffset: number,
  ): number;
}
