/**
 * Azure's speech to text over the Universal Speech Protocol, as Microsoft's own SDK 1.52 speaks it. Each turn is a
 * request of its own on one connection, ended by an audio message without audio: its phrases follow at once.
 */
import { z } from 'zod';
import { serializeWav } from '../../audio/wav.ts';
import { azureLocale } from '../azure-locale.ts';
import type { AzureSettings } from '../provider-settings.ts';
import { type AzureHead, parseTextFrame, serializeBinaryFrame, serializeTextFrame } from './azure-frames.ts';
import { samplesToOctets } from './pcm-octets.ts';
import type { ProtocolEvent, ProtocolOptions, StreamingProtocol, WireMessage } from './streaming-protocol.ts';
import { parseJson, webSocketUrl } from './wire.ts';

/** Where identifiers and wall time come from. */
export interface AzureOrigin {
  wallMs(): number;
  /** 32 hexadecimal digits in upper case. */
  newId(): string;
}

export class AzureProtocol implements StreamingProtocol {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly keepAlive = undefined;
  readonly mayLeaveUnanswered = false;
  readonly #options: ProtocolOptions;
  readonly #locales: readonly string[];
  readonly #origin: AzureOrigin;
  readonly #turnOfRequest = new Map<string, number>();
  #turn = 0;
  /** Of the request that takes audio now; the service may end it by itself. */
  #requestId: string | undefined;

  constructor(settings: AzureSettings, options: ProtocolOptions, origin: AzureOrigin) {
    this.#options = options;
    this.#origin = origin;
    this.#locales = localesOf(options.languages);
    const connectionId = origin.newId();
    this.url = recognitionUrl(settings, this.#locales, options);
    this.headers = { 'Ocp-Apim-Subscription-Key': settings.key, 'X-ConnectionId': connectionId };
  }

  startTurn(turn: number): readonly WireMessage[] {
    this.#turn = turn;
    this.#requestId = undefined;
    return this.#openRequest();
  }

  audio(samples: Int16Array): readonly WireMessage[] {
    const opening = this.#openRequest();
    return [...opening, serializeBinaryFrame(this.#head('audio'), samplesToOctets(samples))];
  }

  endTurn(): readonly WireMessage[] {
    const opening = this.#openRequest();
    const end = serializeBinaryFrame(this.#head('audio'), new Uint8Array());
    this.#requestId = undefined;
    return [...opening, end];
  }

  farewell(): readonly WireMessage[] {
    return [];
  }

  receive(message: WireMessage): readonly ProtocolEvent[] {
    const frame = parseTextFrame(message);
    if (frame === undefined) return [{ kind: 'failed', reason: 'bad-response', lasting: false }];
    const turn = this.#turnOfRequest.get(frame.requestId);
    if (turn === undefined) return [];
    switch (frame.path) {
      case 'speech.hypothesis':
      case 'speech.fragment':
        return this.#hypothesis(frame.body, turn);
      case 'speech.phrase':
        return this.#phrase(frame.body, turn);
      case 'turn.end':
        return this.#turnEnd(frame.requestId, turn);
      default:
        return [];
    }
  }

  #hypothesis(body: string, turn: number): ProtocolEvent[] {
    const parsed = parseJson(body, hypothesis);
    if (parsed === undefined) return [{ kind: 'failed', reason: 'bad-response', lasting: false }];
    return [{ kind: 'interim', turn, text: parsed.Text }];
  }

  #phrase(body: string, turn: number): ProtocolEvent[] {
    const parsed = parseJson(body, phrase);
    if (parsed === undefined) return [{ kind: 'failed', reason: 'bad-response', lasting: false }];
    switch (parsed.RecognitionStatus) {
      case 'Success':
        return [{ kind: 'segment', turn, text: parsed.DisplayText ?? '' }];
      case 'Error':
        return [{ kind: 'failed', reason: 'bad-response', lasting: false }];
      case 'TooManyRequests':
        return [{ kind: 'failed', reason: 'overloaded', lasting: false }];
      case 'BadRequest':
        return [{ kind: 'failed', reason: 'refused', lasting: true }];
      case 'Forbidden':
        return [{ kind: 'failed', reason: 'unauthorized', lasting: true }];
      default:
        return [];
    }
  }

  /** A request that the service ended while the caller still speaks goes on as another one. */
  #turnEnd(requestId: string, turn: number): ProtocolEvent[] {
    this.#turnOfRequest.delete(requestId);
    if (this.#requestId === requestId) {
      this.#requestId = undefined;
      return [];
    }
    return [{ kind: 'complete', turn }];
  }

  #openRequest(): WireMessage[] {
    if (this.#requestId !== undefined) return [];
    this.#requestId = this.#origin.newId();
    this.#turnOfRequest.set(this.#requestId, this.#turn);
    return [
      serializeTextFrame(this.#head('speech.config', JSON_TYPE), configOf(this.#options)),
      serializeTextFrame(this.#head('speech.context', JSON_TYPE), contextOf(this.#locales, this.#options)),
      serializeBinaryFrame(this.#head('audio', 'audio/x-wav'), streamHeader(this.#options.rateHz)),
    ];
  }

  #head(path: string, contentType?: string): AzureHead {
    const timestamp = new Date(this.#origin.wallMs()).toISOString();
    const head = { path, requestId: this.#requestId!, timestamp };
    return contentType === undefined ? head : { ...head, contentType };
  }
}

function recognitionUrl(
  { region, baseUrl }: AzureSettings,
  locales: readonly string[],
  options: ProtocolOptions,
): string {
  const host = baseUrl ?? `https://${region}.stt.speech.microsoft.com`;
  const url = webSocketUrl(host, '/stt/speech/universal/v2');
  url.searchParams.set('language', locales[0]!);
  url.searchParams.set('format', 'simple');
  if (locales.length > 1) url.searchParams.set('lidEnabled', 'true');
  url.searchParams.set('segmentationSilenceTimeoutMs', String(segmentationMs(options)));
  return url.href;
}

function configOf({ rateHz }: ProtocolOptions): unknown {
  const source = { bitspersample: 16, channelcount: 1, samplerate: rateHz, type: 'Stream' };
  return {
    context: {
      system: { name: 'Patchbay', version: '1', build: 'JavaScript', lang: 'JavaScript' },
      os: { platform: 'Node', name: 'unknown', version: 'unknown' },
      audio: { source: { ...source, connectivity: 'Unknown', manufacturer: 'Patchbay', model: 'Telephone' } },
    },
    recognition: 'conversation',
  };
}

function contextOf(locales: readonly string[], options: ProtocolOptions): unknown {
  const conversation = {
    segmentation: { mode: 'Custom', segmentationSilenceTimeoutMs: segmentationMs(options) },
  };
  const detection = { mode: 'Conversation', conversation, enrichment: {} };
  const items = options.vocabulary.map((text) => ({ text }));
  const vocabulary = items.length === 0 ? {} : { dgi: { groups: [{ type: 'Generic', items }], bias: 1 } };
  if (locales.length === 1)
    return { phraseDetection: { ...detection, language: locales[0] }, phraseOutput: {}, ...vocabulary };
  return {
    phraseDetection: detection,
    languageId: {
      languages: locales,
      mode: 'DetectContinuous',
      onSuccess: { action: 'Recognize' },
      onUnknown: { action: 'None' },
      priority: 'PrioritizeLatency',
    },
    phraseOutput: { interimResults: { resultType: 'Auto' }, phraseResults: { resultType: 'Always' } },
    ...vocabulary,
  };
}

function localesOf(languages: readonly string[]): readonly string[] {
  const locales = languages.slice(0, MOST_LANGUAGES).flatMap((language) => azureLocale(language) ?? []);
  return locales.length === 0 ? ['en-US'] : [...new Set(locales)];
}

/** What the service accepts; our own turn detector comes first, this only has phrases ready when it speaks up. */
function segmentationMs({ endOfTurnSilenceMs }: ProtocolOptions): number {
  return Math.min(5000, Math.max(100, Math.round(endOfTurnSilenceMs)));
}

/** A WAV header of no length: a stream follows. */
function streamHeader(rateHz: number): Uint8Array {
  const header = serializeWav(new Int16Array(), rateHz);
  new DataView(header.buffer).setUint32(4, 0, true);
  return header;
}

const hypothesis = z.object({ Text: z.string() });
const phrase = z.object({ RecognitionStatus: z.string(), DisplayText: z.string().optional() });
const JSON_TYPE = 'application/json';
/** As AI Flow has it. */
const MOST_LANGUAGES = 4;
