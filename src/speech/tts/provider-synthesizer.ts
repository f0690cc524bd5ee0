/** Text to speech by the cloud providers that are configured, with the built-in voices for everything else. */
import type { Clock, Timers } from '../../clock.ts';
import { SwitchError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { ProviderError } from '../provider-failure.ts';
import { ProviderHttp } from '../provider-http.ts';
import type { ProviderName, ProviderSettings } from '../provider-settings.ts';
import type { RecognitionFailure } from '../stt/recognizer.ts';
import { azureSpeech } from './azure.ts';
import { deepgramSpeech } from './deepgram.ts';
import { elevenLabsSpeech } from './elevenlabs.ts';
import { openAiSpeech } from './openai.ts';
import { streamPiece } from './piece-stream.ts';
import { piecesOf } from './pieces.ts';
import type { SubstituteVoice } from './select.ts';
import { type ProviderSelection, selectProvider } from './select-provider.ts';
import type { SpeechProvider } from './speech-provider.ts';
import { parseSsml } from './ssml.ts';
import type { SpeechChunk, SpeechRequest, Synthesizer } from './synthesizer.ts';

export interface ProviderSynthesizerOptions {
  /** Speaks where no provider is meant, and where one fails before its first sound. */
  readonly builtIn: Synthesizer;
  readonly providers: ProviderSettings;
  readonly log: Logger;
  readonly clock: Clock & Timers;
  /** BCP 47. */
  readonly defaultLanguage: string;
  /** Voices that stand in for what apps name, by `provider/voice`, `provider/language` or `provider`. */
  readonly voices: Readonly<Record<string, SubstituteVoice>>;
  /** An utterance for which the provider failed; the built-in voice speaks it, or the rest of it is lost. */
  readonly onFailure?: (provider: ProviderName, reason: RecognitionFailure) => void;
}

export interface ProviderSynthesizer extends Synthesizer {
  /** Drops the connections. The built-in voices are the caller's own to close. */
  close(): Promise<void>;
}

export function createProviderSynthesizer(options: ProviderSynthesizerOptions): ProviderSynthesizer {
  const { builtIn, providers, log, clock } = options;
  const rules = { providers, defaultLanguage: options.defaultLanguage, substitutes: options.voices };
  const speakers = speakersOf(providers);
  const http = new ProviderHttp(clock);
  const remarked = new Set<string>();
  const troubles = new Map<ProviderName, Trouble>();

  /** Each remark once for the process: apps say the same thing in every utterance. */
  function remark(text: string | undefined): void {
    if (text === undefined || remarked.has(text) || remarked.size >= MOST_REMARKS) return;
    remarked.add(text);
    log.warn({ warning: text }, 'an utterance is spoken differently from what it asks for');
  }

  /** Once for each kind of failure, until the provider speaks again. */
  function noteFailure(provider: ProviderName, { reason, message }: ProviderError): void {
    options.onFailure?.(provider, reason);
    const restUntilMs = unwell.has(reason) ? clock.nowMs() + REST_MS : 0;
    if (troubles.get(provider)?.reason !== reason)
      log.warn({ provider, reason, detail: message }, 'a provider of speech failed');
    troubles.set(provider, { reason, restUntilMs });
  }

  async function* synthesize(request: SpeechRequest, signal: AbortSignal): AsyncGenerator<SpeechChunk> {
    const { script, voice } = request;
    const language =
      script.format === 'ssml' ? parseSsml(script.text, rules.defaultLanguage).language : undefined;
    const selection = selectProvider(voice, language, rules);
    if (selection === undefined) {
      yield* builtIn.synthesize(request, signal);
      return;
    }
    remark(selection.remark);
    let hasBegun = false;
    if ((troubles.get(selection.provider)?.restUntilMs ?? 0) <= clock.nowMs()) {
      try {
        for await (const chunk of speak(request, selection, signal)) {
          hasBegun = true;
          yield chunk;
        }
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ProviderError)) throw error;
        noteFailure(selection.provider, error);
        if (hasBegun)
          throw new SwitchError('speech-failed', `${selection.provider}: ${error.message}`, { cause: error });
      }
    }
    const standIn = { provider: undefined, voice: undefined, language: selection.language };
    yield* builtIn.synthesize({ script, voice: standIn }, signal);
  }

  /** Silence rides on what follows it, so that the first thing given is the provider's own sound. */
  async function* speak(
    { script }: SpeechRequest,
    { provider, voice, language }: ProviderSelection,
    signal: AbortSignal,
  ): AsyncGenerator<SpeechChunk> {
    const speaker = speakers.get(provider)!;
    let silence = 0;
    for (const piece of piecesOf(script, language, speaker.takesSsml)) {
      if (piece.kind === 'silence') {
        silence += Math.round((piece.durationMs * speaker.rateHz) / 1000);
        continue;
      }
      const request = speaker.request({ script: piece.script, voice, language });
      for await (const samples of streamPiece(http, request, speaker.rateHz, signal)) {
        if (silence > 0) yield { samples: new Int16Array(silence), rateHz: speaker.rateHz };
        silence = 0;
        yield { samples, rateHz: speaker.rateHz };
        if (signal.aborted) return;
      }
      troubles.delete(provider);
    }
    if (silence > 0) yield { samples: new Int16Array(silence), rateHz: speaker.rateHz };
  }

  return { synthesize, close: () => http.close() };
}

interface Trouble {
  readonly reason: RecognitionFailure;
  readonly restUntilMs: number;
}

function speakersOf({
  azure,
  deepgram,
  elevenLabs,
  openai,
}: ProviderSettings): ReadonlyMap<ProviderName, SpeechProvider> {
  const speakers = new Map<ProviderName, SpeechProvider>();
  if (azure !== undefined) speakers.set('azure', azureSpeech(azure));
  if (deepgram !== undefined) speakers.set('deepgram', deepgramSpeech(deepgram));
  if (elevenLabs !== undefined) speakers.set('elevenLabs', elevenLabsSpeech(elevenLabs));
  if (openai !== undefined) speakers.set('openai', openAiSpeech(openai));
  return speakers;
}

/** Failures of the provider itself and not of one utterance: it is not asked again at once, so that callers need not wait. */
const unwell: ReadonlySet<RecognitionFailure> = new Set(['unreachable', 'timed-out', 'unauthorized']);
const REST_MS = 30_000;
const MOST_REMARKS = 1_000;
