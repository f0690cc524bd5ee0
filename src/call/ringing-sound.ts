import { ringingTone, type ToneCountry } from '../audio/ringing-tone.ts';
import type { SoundSource } from '../audio/sound-source.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand } from '../media/command.ts';
import type { ClipStore } from '../sound/clip-store.ts';

export interface RingingSoundOptions {
  readonly send: (command: MediaCommand) => void;
  readonly rateHz: number;
  readonly clips: ClipStore;
  readonly country: ToneCountry;
  /** In place of the tone. */
  readonly sound: SoundSource | undefined;
  readonly log: Logger;
  readonly onBug: (error: unknown) => void;
}

/** What a caller hears while somebody else is rung: a ringing tone, or a sound, over and over. */
export class RingingSound {
  readonly #options: RingingSoundOptions;
  #state: 'new' | 'on' | 'over' = 'new';

  constructor(options: RingingSoundOptions) {
    this.#options = options;
  }

  start(): void {
    const { sound, onBug } = this.#options;
    this.#state = 'on';
    if (sound === undefined) this.#playTone();
    else this.#playSound(sound).catch(onBug);
  }

  stop(): void {
    if (this.#state === 'on') this.#options.send({ kind: 'stop-track', track: TRACK, fadeMs: FADE_MS });
    this.#state = 'over';
  }

  async #playSound(sound: SoundSource): Promise<void> {
    const { clips, rateHz, send, log } = this.#options;
    const loaded = await clips.load(sound, rateHz);
    if (this.#state !== 'on') return;
    if (loaded.ok) {
      send({ kind: 'start-loop', track: TRACK, clip: loaded.value, gain: 1, fadeMs: FADE_MS });
      return;
    }
    log.warn({ reason: loaded.reason, detail: loaded.detail }, 'a sound for ringing cannot be had');
    this.#playTone();
  }

  #playTone(): void {
    const { country, rateHz, send } = this.#options;
    send({ kind: 'start-loop', track: TRACK, clip: ringingTone(country, rateHz), gain: 1, fadeMs: 0 });
  }
}

/** No agent names a track so. */
const TRACK = '\u0000ringing';
const FADE_MS = 20;
