/** The voices inside flite that speak well enough for a telephone; all English. */
export type FliteVoice = 'rms' | 'slt' | 'awb' | 'kal16';

/**
 * What brings each voice to -19 LUFS, in dB. Measured over ten call sentences with ffmpeg's `ebur128`, they come at:
 * rms -21.7, slt -15.9, awb -20.7, kal16 -28.4 LUFS. kal16 stays 2 dB below the others: its peaks would clip.
 */
export const fliteGainDb: Readonly<Record<FliteVoice, number>> = { rms: 3, slt: -3, awb: 1.5, kal16: 7 };

/** The `duration_stretch` that each voice sets for itself. */
export const fliteStretch: Readonly<Record<FliteVoice, number>> = { rms: 1, slt: 1, awb: 1, kal16: 1.1 };

export function isFliteVoice(name: string | undefined): name is FliteVoice {
  return name !== undefined && Object.hasOwn(fliteGainDb, name);
}
