/**
 * Recognition by the transcription endpoint that OpenAI has and many servers of one's own speak: one request with a
 * WAV file for each turn. There are no interim transcripts.
 */
import { FormData } from 'undici';
import { z } from 'zod';
import { serializeWav } from '../../audio/wav.ts';
import type { Timers } from '../../clock.ts';
import { ProviderError } from '../provider-failure.ts';
import { ProviderHttp, type ProviderRequest } from '../provider-http.ts';
import type { OpenAiSettings } from '../provider-settings.ts';
import { RecentAudio } from './recent-audio.ts';
import type { Recognition, RecognitionOptions, Recognizer } from './recognizer.ts';
import { parseJson } from './wire.ts';

export class OpenAiRecognizer implements Recognizer {
  readonly #settings: OpenAiSettings;
  readonly #http: ProviderHttp;

  constructor(settings: OpenAiSettings, timers: Timers) {
    this.#settings = settings;
    this.#http = new ProviderHttp(timers);
  }

  open(options: RecognitionOptions): Recognition {
    return new TurnwiseRecognition(options, (samples, signal) => this.#transcribe(samples, options, signal));
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #transcribe(samples: Int16Array, options: RecognitionOptions, signal: AbortSignal): Promise<string> {
    try {
      return await this.#request(samples, options, signal);
    } catch (error) {
      if (!(error instanceof ProviderError) || error.lasting || error.reason === 'timed-out') throw error;
      return this.#request(samples, options, signal);
    }
  }

  async #request(samples: Int16Array, options: RecognitionOptions, signal: AbortSignal): Promise<string> {
    const request = transcriptionRequest(this.#settings, samples, options);
    const octets: Uint8Array[] = [];
    for await (const chunk of this.#http.post(request, WAITS, signal)) octets.push(chunk.octets);
    const text = parseTranscription(Buffer.concat(octets).toString());
    if (text === undefined)
      throw new ProviderError(
        { reason: 'bad-response', lasting: false },
        'found no transcript in the answer',
      );
    return text;
  }
}

/** Collects each turn, has it transcribed when it is over, and tells the transcripts in the turns' order. */
class TurnwiseRecognition implements Recognition {
  readonly #options: RecognitionOptions;
  readonly #transcribe: (samples: Int16Array, signal: AbortSignal) => Promise<string>;
  readonly #recent: RecentAudio;
  readonly #abort = new AbortController();
  readonly #mostSamples: number;
  #chunks: Int16Array[] | undefined;
  #samples = 0;
  #told: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(
    options: RecognitionOptions,
    transcribe: (samples: Int16Array, signal: AbortSignal) => Promise<string>,
  ) {
    this.#options = options;
    this.#transcribe = transcribe;
    this.#recent = new RecentAudio((options.rateHz * LEAD_MS) / 1000);
    this.#mostSamples = options.rateHz * LONGEST_TURN_S;
  }

  write(samples: Int16Array): void {
    if (this.#chunks === undefined) {
      this.#recent.write(samples);
      return;
    }
    if (this.#samples >= this.#mostSamples) return;
    this.#chunks.push(samples.slice());
    this.#samples += samples.length;
    if (this.#samples >= this.#mostSamples) this.#options.onFailure('overloaded');
  }

  startTurn(): void {
    if (this.#chunks !== undefined || this.#abort.signal.aborted) return;
    const lead = this.#recent.take();
    this.#chunks = [lead];
    this.#samples = lead.length;
  }

  endTurn(): void {
    if (this.#chunks === undefined) return;
    const samples = joined(this.#chunks, this.#samples);
    this.#chunks = undefined;
    this.#told = this.#tell(this.#told, this.#answer(samples));
  }

  close(): void {
    this.#chunks = undefined;
    this.#abort.abort();
  }

  async #answer(samples: Int16Array): Promise<string> {
    const { onFailure } = this.#options;
    const { signal } = this.#abort;
    if (this.#waiting >= MOST_WAITING) {
      onFailure('overloaded');
      return '';
    }
    this.#waiting += 1;
    try {
      return await this.#transcribe(samples, signal);
    } catch (error) {
      if (signal.aborted) return '';
      if (!(error instanceof ProviderError)) throw error;
      onFailure(error.reason);
      return '';
    } finally {
      this.#waiting -= 1;
    }
  }

  async #tell(before: Promise<void>, answer: Promise<string>): Promise<void> {
    await before;
    const text = await answer;
    if (!this.#abort.signal.aborted) this.#options.onTranscript({ text, isFinal: true });
  }
}

/** Languages are one, and words to expect stand in the prompt, as if they had been said before. */
export function transcriptionRequest(
  { key, baseUrl, sttModel }: OpenAiSettings,
  samples: Int16Array,
  { rateHz, languages, vocabulary }: Pick<RecognitionOptions, 'rateHz' | 'languages' | 'vocabulary'>,
): ProviderRequest {
  const body = new FormData();
  const wav = serializeWav(samples, rateHz) as Uint8Array<ArrayBuffer>;
  body.set('file', new File([wav], 'turn.wav', { type: 'audio/wav' }));
  body.set('model', sttModel);
  body.set('response_format', 'json');
  const language = languages[0]?.split('-')[0]?.toLowerCase();
  if (language !== undefined) body.set('language', language);
  if (vocabulary.length > 0) body.set('prompt', vocabulary.join(', ').slice(0, MOST_PROMPT_CHARACTERS));
  return {
    url: `${baseUrl.replace(/\/+$/, '')}/audio/transcriptions`,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    body,
  };
}

export function parseTranscription(body: string): string | undefined {
  return parseJson(body, transcription)?.text.trim();
}

function joined(chunks: readonly Int16Array[], length: number): Int16Array {
  const whole = new Int16Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const transcription = z.object({ text: z.string() });
/** From before the turn detector says that speech has begun. */
const LEAD_MS = 600;
/** Two minutes: a caller who says more than that at a time is not in a conversation. */
const LONGEST_TURN_S = 120;
const MOST_WAITING = 3;
/** Whisper reads the last 224 tokens. */
const MOST_PROMPT_CHARACTERS = 800;
const WAITS = { firstMs: 10_000, nextMs: 5000 };
