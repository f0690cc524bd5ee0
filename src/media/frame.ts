/** A leg's audio comes and goes in frames of so long. */
export const FRAME_MS = 20;

/**
 * RTP counts every codec we speak at 8 kHz, G.722 by an old mistake (RFC 3551 section 4.5.2), an octet to a tick. What
 * phones without RTP say is counted so too, in two octets or four.
 */
export const RTP_CLOCK_HZ = 8000;
export const FRAME_TICKS: number = (RTP_CLOCK_HZ * FRAME_MS) / 1000;

/**
 * The 20 ms of the leg that is being ticked: working memory of the thread, used by every leg of one rate in turn. One
 * that stays in the nearest cache is worth more than one for each leg.
 */
export interface Frames {
  readonly rateHz: number;
  readonly samples: number;
  /** The caller's. */
  readonly inbound: Int16Array;
  /** The phone's. */
  readonly outbound: Int16Array;
  /** A live agent's. */
  readonly agent: Int16Array;
}

export function framesAt(rateHz: number): Frames {
  let frames = framesByRate.get(rateHz);
  if (frames === undefined) {
    const samples = (rateHz * FRAME_MS) / 1000;
    frames = {
      rateHz,
      samples,
      inbound: new Int16Array(samples),
      outbound: new Int16Array(samples),
      agent: new Int16Array(samples),
    };
    framesByRate.set(rateHz, frames);
  }
  return frames;
}

const framesByRate = new Map<number, Frames>();
