/** The built-in text to speech: script to sentences to engines, one sentence ahead of what is asked for. */
import type { Timers } from '../../clock.ts';
import type { Logger } from '../../logger.ts';
import { type CacheStats, SpeechCache } from './cache.ts';
import type { EngineStats, SpeechEngine } from './engine.ts';
import { EspeakEngine } from './espeak.ts';
import { FliteEngine } from './flite.ts';
import { amplify } from './level.ts';
import { type Part, partsOf } from './parts.ts';
import { type EngineName, type Selection, type SubstituteVoice, selectVoice } from './select.ts';
import { parseSsml } from './ssml.ts';
import type { SpeechChunk, SpeechRequest, Synthesizer } from './synthesizer.ts';

export interface SynthesizerOptions {
  readonly log: Logger;
  readonly timers: Timers;
  /** BCP 47; `en` unless told. */
  readonly defaultLanguage?: string;
  /** Voices that stand in for what apps name, by `provider/voice`, `provider/language` or `provider`. */
  readonly voices?: Readonly<Record<string, SubstituteVoice>>;
  /** Octets of spoken sentences kept to be heard again. */
  readonly cacheOctets?: number;
  /** Threads of flite; each speaks some 25 sentences a second. */
  readonly threads?: number;
  /** Sentences that may wait for an engine; beyond it they fail with `speech-failed`. */
  readonly queueLimit?: number;
  /** The espeak-ng program, `espeak-ng` on the PATH unless told. */
  readonly espeakCommand?: string;
}

export interface BuiltInSynthesizer extends Synthesizer {
  readonly stats: { readonly cache: CacheStats; readonly engines: Readonly<Record<EngineName, EngineStats>> };
  /** Resolves when the first caller need not wait for the voice to be loaded. */
  prepare(): Promise<void>;
  /** Ends the threads. */
  close(): Promise<void>;
}

export function createSynthesizer(options: SynthesizerOptions): BuiltInSynthesizer {
  const { log, timers, queueLimit = 500 } = options;
  const flite = new FliteEngine({ threads: options.threads ?? 1, queueLimit, timers, log });
  const engines: Readonly<Record<EngineName, SpeechEngine>> = {
    flite,
    espeak: new EspeakEngine({ command: options.espeakCommand ?? 'espeak-ng', processes: 4, queueLimit }),
  };
  const cache = new SpeechCache(options.cacheOctets ?? DEFAULT_CACHE_OCTETS);
  const rules = { defaultLanguage: options.defaultLanguage ?? 'en', substitutes: options.voices ?? {} };
  const remarked = new Set<string>();

  function plan({ script, voice }: SpeechRequest): Plan {
    if (script.format === 'text') {
      const selection = selectVoice(voice, undefined, rules);
      return { selection, parts: partsOf([{ kind: 'text', text: script.text }]), remarks: [] };
    }
    const language = voice.language ?? rules.defaultLanguage;
    const { segments, warnings, ...named } = parseSsml(script.text, language);
    const choice = { ...voice, voice: voice.voice ?? named.voice };
    return {
      selection: selectVoice(choice, named.language, rules),
      parts: partsOf(segments),
      remarks: warnings,
    };
  }

  /** Each remark once for the process: apps say the same thing in every utterance. */
  function remark(text: string | undefined): void {
    if (text === undefined || remarked.has(text) || remarked.size >= MOST_REMARKS) return;
    remarked.add(text);
    log.warn({ warning: text }, 'an utterance is spoken differently from what it asks for');
  }

  async function* synthesize(request: SpeechRequest, signal: AbortSignal): AsyncGenerator<SpeechChunk> {
    const { selection, parts, remarks } = plan(request);
    for (const text of [selection.remark, ...remarks]) remark(text);
    const abandoned = new AbortController();
    const stop = AbortSignal.any([signal, abandoned.signal]);
    const speak = (part: Part | undefined): Promise<Spoken> | undefined =>
      part && settled(sentenceOf(part, selection, stop));
    try {
      let ahead = speak(parts[0]);
      for (let index = 0; index < parts.length; index += 1) {
        const spoken = await ahead;
        if (signal.aborted || spoken === undefined) return;
        if ('error' in spoken) throw spoken.error;
        ahead = speak(parts[index + 1]);
        if (spoken.chunk.samples.length > 0) yield spoken.chunk;
      }
    } finally {
      abandoned.abort();
    }
  }

  async function sentenceOf(part: Part, selection: Selection, signal: AbortSignal): Promise<SpeechChunk> {
    const { engine, voice } = selection;
    const { samples, rateHz } =
      part.text === ''
        ? { samples: new Int16Array(), rateHz: SILENT_RATE_HZ }
        : await cache.fetch(
            `${engine}/${voice}/${part.prosody.rate}/${part.text}`,
            (stop) => engines[engine].speak(part.text, { voice, rate: part.prosody.rate }, stop),
            signal,
          );
    return { samples: withSilence(samples, rateHz, part), rateHz };
  }

  return {
    synthesize,
    get stats() {
      return {
        cache: cache.stats,
        engines: { flite: engines.flite.stats, espeak: engines.espeak.stats },
      };
    },
    prepare: () => flite.prepare(),
    async close() {
      await Promise.all([engines.flite.close(), engines.espeak.close()]);
    },
  };
}

interface Plan {
  readonly selection: Selection;
  readonly parts: readonly Part[];
  readonly remarks: readonly string[];
}

type Spoken = { readonly chunk: SpeechChunk } | { readonly error: unknown };

/** A copy, which the receiver may keep or give away: what is in the cache stays there. */
function withSilence(samples: Int16Array, rateHz: number, { prosody, beforeMs, afterMs }: Part): Int16Array {
  const before = Math.round((beforeMs / 1000) * rateHz);
  const after = Math.round((afterMs / 1000) * rateHz);
  const whole = new Int16Array(before + samples.length + after);
  whole.set(samples, before);
  amplify(whole, prosody.gainDb);
  return whole;
}

/** A promise that may be left alone: what was made ahead and is not wanted any more may fail unheard. */
function settled(chunk: Promise<SpeechChunk>): Promise<Spoken> {
  return chunk.then(
    (value) => ({ chunk: value }),
    (error: unknown) => ({ error }),
  );
}

/** Of a script that is nothing but silence. */
const SILENT_RATE_HZ = 16_000;
/** Half an hour of speech at 16 kHz. */
const DEFAULT_CACHE_OCTETS = 64 * 1024 * 1024;
const MOST_REMARKS = 1_000;
