/** A caller on a telephone line, and what the turn detector makes of it in virtual time. */
import { pcmuDecoder, pcmuEncoder } from '../../codecs/pcmu.ts';
import { createResampler } from '../../src/audio/resampler.ts';
import { SampleRing } from '../../src/audio/sample-ring.ts';
import type { HearingEvent } from '../../src/speech/listener.ts';
import type { Recognizer } from '../../src/speech/stt/recognizer.ts';
import { FliteProgram } from '../../src/speech/tts/flite-program.ts';
import type { FliteVoice } from '../../src/speech/tts/flite-voices.ts';
import { trimSilence } from '../../src/speech/tts/level.ts';
import { Ear, type EarRules } from '../../src/speech/turns/ear.ts';
import type { VoiceActivityModel } from '../../src/speech/vad/voice-activity.ts';
import { windowLevelDb } from '../../src/speech/vad/window-level.ts';

/** The defaults of the configuration. */
const RULES: EarRules = {
  onsetMs: 32,
  onsetOverSpeechMs: 64,
  minimumSpeechMs: 96,
  maximumTurnMs: 25_000,
  endOfTurn: 'silence',
};

/** A sentence, at 8 kHz unless told, without silence around it. */
export async function sentence(text: string, voice: FliteVoice = 'rms', atHz = 8000): Promise<Int16Array> {
  program ??= FliteProgram.load();
  const { samples, rateHz } = (await program).speak(text, voice);
  const spoken = trimSilence(samples, rateHz);
  const resampled = new Int16Array(Math.ceil((spoken.length * atHz) / rateHz) + 1);
  const length = createResampler(rateHz, atHz).process(spoken, 0, spoken.length, resampled, 0);
  return resampled.slice(0, length);
}

let program: Promise<FliteProgram> | undefined;

/** There and back through G.711. */
export function throughMuLaw(samples: Int16Array): Int16Array {
  const octets = new Uint8Array(samples.length);
  pcmuEncoder.encode(samples, 0, samples.length, octets, 0);
  const decoded = new Int16Array(samples.length);
  pcmuDecoder.decode(octets, 0, octets.length, decoded, 0);
  return decoded;
}

export function silence(durationMs: number): Int16Array {
  return new Int16Array(durationMs * 8);
}

export function inARow(...parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** As long as the longer one; what overflows clips. */
export function together(one: Int16Array, other: Int16Array): Int16Array {
  const [long, short] = one.length >= other.length ? [one, other] : [other, one];
  return long.map((sample, i) => Math.max(-32_768, Math.min(32_767, sample + (short[i] ?? 0))));
}

export function louder(samples: Int16Array, gainDb: number): Int16Array {
  const gain = 10 ** (gainDb / 20);
  return samples.map((sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * gain))));
}

/** RMS in dBFS. */
export function rmsDb(samples: Int16Array): number {
  return windowLevelDb(Float32Array.from(samples, (sample) => sample / 32_768));
}

/** White noise of that RMS, the same on every run. */
export function hiss(durationMs: number, levelDb: number, seed = 1): Int16Array {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const scale = 32_768 * 10 ** (levelDb / 20) * Math.sqrt(3);
  return Int16Array.from({ length: durationMs * 8 }, () => Math.round((2 * random() - 1) * scale));
}

/** A burst of noise that dies away: what a cough looks like to a level meter. */
export function cough(durationMs = 250, levelDb = -12): Int16Array {
  const noise = hiss(durationMs, levelDb, 7);
  return noise.map((sample, i) => Math.round(sample * Math.exp(-i / (durationMs * 2.5))));
}

export interface HeardEvent {
  readonly kind: HearingEvent['kind'];
  readonly text: string | undefined;
  /** Milliseconds of the caller's sound that had come in. */
  readonly atMs: number;
}

export interface HearOptions {
  /** What we sent meanwhile; silence unless told. */
  readonly sent?: Int16Array;
  readonly rules?: Partial<EarRules>;
  readonly endOfTurnSilenceMs?: number;
  /** Of both sounds; 8000 unless told. */
  readonly rateHz?: number;
  /** Understands `words` in every turn unless told. */
  readonly recognizer?: Recognizer;
}

/** What an ear makes of a caller's sound, frame by frame as a leg writes it. */
export async function hear(
  model: VoiceActivityModel,
  caller: Int16Array,
  options: HearOptions = {},
): Promise<HeardEvent[]> {
  const { sent = new Int16Array(0), rules, endOfTurnSilenceMs = 700, recognizer = wordsRecognizer } = options;
  const { rateHz = 8000 } = options;
  const frameSamples = rateHz / 50;
  const ring = SampleRing.create(2048, rateHz);
  const events: HeardEvent[] = [];
  let nowMs = 0;
  const ear = new Ear({
    ring: ring.buffer,
    settings: { provider: undefined, languages: [], vocabulary: [], endOfTurnSilenceMs },
    rules: { ...RULES, ...rules },
    recognizerFor: () => recognizer,
    onEvent: (event) =>
      events.push({ kind: event.kind, text: 'text' in event ? event.text : undefined, atMs: nowMs }),
  });
  for (let at = 0; at + frameSamples <= caller.length; at += frameSamples) {
    const frame = at + frameSamples;
    ring.write(caller.subarray(at, frame), frame > sent.length ? -120 : rmsDb(sent.subarray(at, frame)));
    nowMs = (frame * 1000) / rateHz;
    for (let next = ear.take(); next !== 'nothing'; next = ear.take()) {
      if (next === 'model') await model.process([ear.lane], 1);
      ear.judge(nowMs);
    }
    ear.handleTimeout(nowMs);
  }
  return events;
}

/** `onset` and what each turn held, in order. */
export function storyOf(events: readonly HeardEvent[]): string[] {
  return events.map(({ kind, text }) => (kind === 'speech-onset' ? 'onset' : `${kind}:${text}`));
}

const wordsRecognizer: Recognizer = {
  open: ({ onTranscript }) => ({
    write() {},
    startTurn() {},
    endTurn: () => onTranscript({ text: 'words', isFinal: true }),
    close() {},
  }),
};
