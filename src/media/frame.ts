/** Every leg's audio is G.711: 8 kHz, in frames of 20 ms. */
export const RATE_HZ = 8000;
export const FRAME_MS = 20;
export const FRAME_SAMPLES: number = (RATE_HZ * FRAME_MS) / 1000;

/**
 * The caller's and the phone's 20 ms of the leg that is being ticked: working memory of the thread, used by every
 * leg in turn. One that stays in the nearest cache is worth more than one for each leg.
 */
export const inboundFrame: Int16Array = new Int16Array(FRAME_SAMPLES);
export const outboundFrame: Int16Array = new Int16Array(FRAME_SAMPLES);
