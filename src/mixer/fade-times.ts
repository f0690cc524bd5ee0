/** The least time for any change that would otherwise be a step. Shorter is heard as a click. */
export const LEAST_FADE_MS = 5;
/** From one sound of a track to the next. */
export const CROSS_FADE_MS = 20;
/** A change of volume for which no time is given. */
export const GAIN_RAMP_MS = 10;
