import type { Logger } from '../../logger.ts';
import { EnergyModel } from './energy.ts';
import { SileroModel } from './silero.ts';
import type { VoiceActivityModel } from './voice-activity.ts';

/** Silero where it runs; otherwise, with a warning, loudness alone. */
export async function loadVoiceActivityModel(log: Logger): Promise<VoiceActivityModel> {
  try {
    return await SileroModel.load();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ reason }, 'the voice activity model cannot be used: whatever is loud is taken for speech');
    return new EnergyModel();
  }
}
