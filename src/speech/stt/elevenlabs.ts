/**
 * ElevenLabs' realtime Scribe, committed by hand.
 * @see https://elevenlabs.io/docs/api-reference/speech-to-text/v-1-speech-to-text-realtime
 */
import { z } from 'zod';
import type { ElevenLabsSettings } from '../provider-settings.ts';
import { samplesToOctets } from './pcm-octets.ts';
import type { RecognitionFailure } from './recognizer.ts';
import type { ProtocolEvent, ProtocolOptions, StreamingProtocol, WireMessage } from './streaming-protocol.ts';
import { appendWords, parseJson, webSocketUrl } from './wire.ts';

/** Answers carry nothing that tells turns apart: they belong to the oldest one that is not complete. */
export class ElevenLabsProtocol implements StreamingProtocol {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly keepAlive = undefined;
  readonly mayLeaveUnanswered = false;
  readonly #rateHz: number;
  readonly #turns: { readonly number: number; committed: boolean }[] = [];

  constructor(settings: ElevenLabsSettings, options: ProtocolOptions) {
    this.url = realtimeUrl(settings, options);
    this.headers = { 'xi-api-key': settings.key };
    this.#rateHz = options.rateHz;
  }

  startTurn(turn: number): readonly WireMessage[] {
    this.#turns.push({ number: turn, committed: false });
    return [];
  }

  audio(samples: Int16Array): readonly WireMessage[] {
    return [this.#chunk(Buffer.from(samplesToOctets(samples)).toString('base64'), false)];
  }

  endTurn(): readonly WireMessage[] {
    const last = this.#turns.at(-1);
    if (last !== undefined) last.committed = true;
    return [this.#chunk('', true)];
  }

  farewell(): readonly WireMessage[] {
    return [];
  }

  receive(message: WireMessage): readonly ProtocolEvent[] {
    const parsed = parseJson(message, serverMessage);
    if (parsed === undefined) return [{ kind: 'failed', reason: 'bad-response', lasting: false }];
    const turn = this.#turns[0];
    switch (parsed.message_type) {
      case 'partial_transcript':
        return turn === undefined ? [] : [{ kind: 'interim', turn: turn.number, text: parsed.text ?? '' }];
      case 'committed_transcript':
        return turn === undefined ? [] : this.#committed(turn, parsed.text ?? '');
      case 'commit_throttled':
        return turn?.committed === true ? this.#committed(turn, '') : [];
      default:
        return failures.get(parsed.message_type) ?? [];
    }
  }

  /** A transcript that nobody asked for is the commit that comes by itself after 90 seconds. */
  #committed(turn: { readonly number: number; readonly committed: boolean }, text: string): ProtocolEvent[] {
    const segment: ProtocolEvent = { kind: 'segment', turn: turn.number, text };
    if (!turn.committed) return [segment];
    this.#turns.shift();
    return [segment, { kind: 'complete', turn: turn.number }];
  }

  #chunk(audio: string, commit: boolean): string {
    return JSON.stringify({
      message_type: 'input_audio_chunk',
      audio_base_64: audio,
      commit,
      sample_rate: this.#rateHz,
    });
  }
}

function realtimeUrl({ baseUrl, sttModel }: ElevenLabsSettings, options: ProtocolOptions): string {
  const url = webSocketUrl(baseUrl, '/v1/speech-to-text/realtime');
  url.searchParams.set('model_id', sttModel);
  url.searchParams.set('audio_format', `pcm_${options.rateHz}`);
  url.searchParams.set('commit_strategy', 'manual');
  const [language] = options.languages;
  if (language !== undefined) url.searchParams.set('language_code', language.split('-')[0]!.toLowerCase());
  appendWords(url, 'keyterms', options.vocabulary, WORD_LIMITS);
  return url.href;
}

/** As the realtime service has them. */
const WORD_LIMITS = { most: 50, longest: 20, total: 1000 };

const serverMessage = z.object({ message_type: z.string(), text: z.string().optional() });

function failed(reason: RecognitionFailure, lasting: boolean): readonly ProtocolEvent[] {
  return [{ kind: 'failed', reason, lasting }];
}

/** The session's end for lack of audio, or for its length, is told by the connection's. */
const failures: ReadonlyMap<string, readonly ProtocolEvent[]> = new Map([
  ['auth_error', failed('unauthorized', true)],
  ['quota_exceeded', failed('refused', true)],
  ['unaccepted_terms', failed('refused', true)],
  ['invalid_request', failed('refused', true)],
  ['input_error', failed('refused', false)],
  ['chunk_size_exceeded', failed('refused', false)],
  ['rate_limited', failed('overloaded', false)],
  ['queue_overflow', failed('overloaded', false)],
  ['resource_exhausted', failed('overloaded', false)],
  ['transcriber_error', failed('bad-response', false)],
  ['error', failed('bad-response', false)],
]);
