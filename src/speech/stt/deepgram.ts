/** Deepgram's live transcription: `/v1/listen`. @see https://developers.deepgram.com/reference/speech-to-text/listen-streaming */
import { z } from 'zod';
import type { DeepgramSettings } from '../provider-settings.ts';
import { samplesToOctets } from './pcm-octets.ts';
import type { ProtocolEvent, ProtocolOptions, StreamingProtocol, WireMessage } from './streaming-protocol.ts';
import { appendWords, parseJson, webSocketUrl } from './wire.ts';

export class DeepgramProtocol implements StreamingProtocol {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The connection is closed after ten seconds without audio (NET-0001); three to five are advised. */
  readonly keepAlive: { readonly everyMs: number; readonly message: string } = {
    everyMs: 4000,
    message: JSON.stringify({ type: 'KeepAlive' }),
  };
  /** "You may receive a response with from_finalize": not when little audio waited to be understood. */
  readonly mayLeaveUnanswered = true;
  readonly #rateHz: number;
  readonly #turns: Turn[] = [];
  #sentSamples = 0;

  constructor(settings: DeepgramSettings, options: ProtocolOptions) {
    this.url = listenUrl(settings, options);
    this.headers = { Authorization: `Token ${settings.key}` };
    this.#rateHz = options.rateHz;
  }

  startTurn(turn: number): readonly WireMessage[] {
    this.#turns.push({ number: turn, startS: this.#sentS, endS: undefined });
    if (this.#turns.length > MOST_TURNS) this.#turns.shift();
    return [];
  }

  audio(samples: Int16Array): readonly WireMessage[] {
    this.#sentSamples += samples.length;
    return [samplesToOctets(samples)];
  }

  endTurn(): readonly WireMessage[] {
    const last = this.#turns.at(-1);
    if (last !== undefined) last.endS = this.#sentS;
    return [JSON.stringify({ type: 'Finalize' })];
  }

  farewell(): readonly WireMessage[] {
    return [JSON.stringify({ type: 'CloseStream' })];
  }

  receive(message: WireMessage): readonly ProtocolEvent[] {
    const parsed = parseJson(message, serverMessage);
    if (parsed === undefined) return [{ kind: 'failed', reason: 'bad-response', lasting: false }];
    if (parsed.type === 'Error') return [{ kind: 'failed', reason: 'refused', lasting: false }];
    if (parsed.type !== 'Results' || parsed.channel === undefined) return [];
    const untilS = (parsed.start ?? 0) + (parsed.duration ?? 0);
    const turn = this.#turnAt(untilS);
    if (turn === undefined) return [];
    const text = parsed.channel.alternatives[0]?.transcript ?? '';
    if (!parsed.is_final) return [{ kind: 'interim', turn: turn.number, text }];
    const segment: ProtocolEvent = { kind: 'segment', turn: turn.number, text };
    const isLast = turn.endS !== undefined && (parsed.from_finalize || untilS > turn.endS - TOLERANCE_S);
    return isLast ? [segment, { kind: 'complete', turn: turn.number }] : [segment];
  }

  get #sentS(): number {
    return this.#sentSamples / this.#rateHz;
  }

  /** Results are placed by the audio sent, silence between turns not counted: what ends where a turn begins is older. */
  #turnAt(untilS: number): Turn | undefined {
    return this.#turns.findLast(({ startS }) => startS < untilS - TOLERANCE_S) ?? this.#turns[0];
  }
}

interface Turn {
  readonly number: number;
  readonly startS: number;
  endS: number | undefined;
}

function listenUrl({ baseUrl, sttModel }: DeepgramSettings, options: ProtocolOptions): string {
  const url = webSocketUrl(baseUrl, '/v1/listen');
  const parameters: Record<string, string> = {
    model: sttModel,
    language: languageOf(options.languages),
    encoding: 'linear16',
    sample_rate: String(options.rateHz),
    channels: '1',
    interim_results: 'true',
    punctuate: 'true',
    smart_format: 'true',
    endpointing: '300',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const parameter = /^nova-[12]\b/.test(sttModel) ? 'keywords' : 'keyterm';
  appendWords(url, parameter, options.vocabulary, WORD_LIMITS);
  return url.href;
}

/** Several are the multilingual model; a region stays only where Deepgram knows it, and German is `de` alone. */
function languageOf(languages: readonly string[]): string {
  const [language, second] = languages;
  if (language === undefined) return 'en';
  if (second !== undefined) return 'multi';
  const [primary = '', ...rest] = language.split('-');
  const tag = [primary.toLowerCase(), ...rest].join('-');
  if (regional.has(tag)) return tag;
  return primary.toLowerCase() === 'nb' ? 'no' : primary.toLowerCase();
}

const regional: ReadonlySet<string> = new Set(
  'da-DK de-CH en-AU en-GB en-IN en-NZ en-US es-419 fr-CA ko-KR nl-BE pt-BR pt-PT sv-SE th-TH zh-CN zh-HK zh-TW'.split(
    ' ',
  ),
);

const serverMessage = z.object({
  type: z.string(),
  start: z.number().optional(),
  duration: z.number().optional(),
  is_final: z.boolean().optional(),
  from_finalize: z.boolean().optional(),
  channel: z
    .object({ alternatives: z.array(z.object({ transcript: z.string() })) })
    .optional()
    .catch(undefined),
});

/** 100 words, and 500 tokens in all: some four characters each. */
const WORD_LIMITS = { most: 100, longest: 200, total: 2000 };
/** Positions are told in seconds, rounded to a few digits. */
const TOLERANCE_S = 0.02;
/** Answers come within seconds: far fewer turns are ever open. */
const MOST_TURNS = 32;
