import { NoiseFloor } from '../turns/noise-floor.ts';
import type { VoiceActivityModel, VoiceLane } from './voice-activity.ts';
import { windowLevelDb } from './window-level.ts';

/**
 * Takes whatever is louder than the line's noise for a voice, music and key tones included: what is left where the
 * model cannot be loaded.
 */
export class EnergyModel implements VoiceActivityModel {
  readonly name = 'energy';
  readonly #floors = new WeakMap<VoiceLane, NoiseFloor>();

  process(lanes: readonly VoiceLane[], count: number): Promise<void> {
    for (let i = 0; i < count; i++) this.#judge(lanes[i]!);
    return Promise.resolve();
  }

  #judge(lane: VoiceLane): void {
    let floor = this.#floors.get(lane);
    if (floor === undefined) {
      floor = new NoiseFloor();
      this.#floors.set(lane, floor);
    }
    const levelDb = windowLevelDb(lane.window);
    floor.push(levelDb);
    const isLoud = levelDb > floor.levelDb + SPEECH_ABOVE_FLOOR_DB;
    const loud = isLoud ? 1 : 0;
    // Not enough from one window alone, where a click is.
    lane.probability = SHARE_OF_WINDOW * (lane.memory[0]! + loud);
    lane.memory[0] = loud;
  }
}

const SPEECH_ABOVE_FLOOR_DB = 12;
const SHARE_OF_WINDOW = 0.45;
