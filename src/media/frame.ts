/** Every leg's audio is G.711: 8 kHz, in frames of 20 ms. */
export const RATE_HZ = 8000;
export const FRAME_MS = 20;
export const FRAME_SAMPLES: number = (RATE_HZ * FRAME_MS) / 1000;
