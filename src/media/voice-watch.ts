import { FRAME_MS } from './frame.ts';

/** Tells when the voice towards the phone begins, and when it has been silent for longer than between words. */
export class VoiceWatch {
  #isSpeaking = false;
  #silentMs = 0;

  /** Takes the level of a frame, as RMS in dBFS. Gives back what has changed with it. */
  push(levelDb: number): 'began' | 'ended' | undefined {
    if (levelDb > SPEECH_DB) {
      this.#silentMs = 0;
      if (this.#isSpeaking) return undefined;
      this.#isSpeaking = true;
      return 'began';
    }
    if (!this.#isSpeaking) return undefined;
    this.#silentMs += FRAME_MS;
    if (this.#silentMs < LONGEST_GAP_MS) return undefined;
    this.#isSpeaking = false;
    return 'ended';
  }
}

/** An agent that streams its pauses too is quieter than this in them. */
const SPEECH_DB = -50;
/** A breath between two sentences, and what an agent takes to send the next. */
const LONGEST_GAP_MS = 600;
