/** What `say` and `play` make heard: texts or sounds in their order, as often as they are to be repeated. */
import type { AgentCommand, AgentEvent } from '../../agent.ts';
import type { PlayVerb, SayVerb } from '../vocabulary/verbs.ts';
import type { Performance, Stage } from './stage.ts';

export interface PromptOutcome {
  readonly playedMs: number;
  /** Nothing of it could be heard. */
  readonly failed: boolean;
}

export class Prompt implements Performance {
  readonly #stage: Stage;
  readonly #verb: SayVerb | PlayVerb;
  readonly #onEnd: (outcome: PromptOutcome) => void;
  /** Queued and not heard yet, by their numbers. */
  readonly #queued = new Map<number, Queued>();
  readonly #total: number;
  #next = 0;
  #playedMs = 0;
  /** In a row. */
  #refusals = 0;
  #hasPlayed = false;
  #isOver = false;
  #usesFallback = false;
  #cancelTimer: () => void = () => undefined;

  constructor(stage: Stage, verb: SayVerb | PlayVerb, onEnd: (outcome: PromptOutcome) => void) {
    this.#stage = stage;
    this.#verb = verb;
    this.#onEnd = onEnd;
    this.#total = this.#sources.length * (this.#sources.length === 0 ? 0 : verb.loop);
  }

  start(): void {
    if (this.#verb.verb === 'play' && this.#verb.timeoutMs !== undefined)
      this.#cancelTimer = this.#stage.after(this.#verb.timeoutMs, () => this.#cutShort());
    if (this.#total === 0) this.#end();
    else this.#queueAhead();
  }

  handle(event: AgentEvent): void {
    if (event.kind === 'utterance-started') this.#started(event.utteranceId);
    else if (event.kind === 'spoken') this.#spoken(event);
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelTimer();
    this.#stage.submit({ kind: 'interrupt' });
    if (this.#hasPlayed) this.#stage.status(this.#verb, 'kill-playback');
  }

  get #sources(): readonly string[] {
    return this.#verb.verb === 'say' ? this.#verb.texts : this.#verb.urls;
  }

  /** The next is made ready while one is heard, so that there is no gap between them. */
  #queueAhead(): void {
    while (this.#queued.size < AHEAD && this.#next < this.#total) {
      this.#queue(this.#sources[this.#next % this.#sources.length]!);
      this.#next += 1;
    }
    if (this.#queued.size === 0) this.#end();
  }

  #queue(source: string): void {
    const utteranceId = this.#stage.nextNumber();
    this.#queued.set(utteranceId, {
      source,
      isFirst: this.#queued.size === 0,
      askedMs: this.#stage.clock.nowMs(),
    });
    this.#stage.submit(this.#commandFor(source, utteranceId));
  }

  #commandFor(source: string, utteranceId: number): AgentCommand {
    const verb = this.#verb;
    if (verb.verb === 'play') {
      const audio = { kind: 'url', url: source } as const;
      return { kind: 'play', audio, bargeIn: uninterrupted, utteranceId, fromMs: verb.seekOffsetMs };
    }
    const { fallback } = verb.synthesizer;
    return {
      kind: 'say',
      script: { text: source, format: /^\s*<speak/.test(source) ? 'ssml' : 'text' },
      voice: this.#stage.settings.voiceFor(
        this.#usesFallback && fallback !== undefined ? fallback : verb.synthesizer,
      ),
      bargeIn: uninterrupted,
      inputTimeoutMs: undefined,
      endOfTurnSilenceMs: undefined,
      utteranceId,
    };
  }

  #started(utteranceId: number): void {
    const item = this.#queued.get(utteranceId);
    if (item === undefined || this.#isOver) return;
    this.#hasPlayed = true;
    this.#refusals = 0;
    if (this.#verb.verb === 'say') this.#tellSynthesized(this.#verb, item);
    this.#stage.status(this.#verb, 'start-playback');
  }

  #tellSynthesized(verb: SayVerb, { source, isFirst, askedMs }: Queued): void {
    const { provider, language } = this.#stage.settings.voiceFor(verb.synthesizer);
    const elapsed = isFirst ? { elapsed_time: Math.round(this.#stage.clock.nowMs() - askedMs) } : {};
    this.#stage.status(verb, 'synthesized-audio', {
      vendor: provider ?? 'default',
      language: language ?? 'default',
      characters: source.length,
      ...elapsed,
      served_from_cache: false,
    });
  }

  #spoken(event: Extract<AgentEvent, { kind: 'spoken' }>): void {
    const item = this.#queued.get(event.utteranceId ?? Number.NaN);
    if (item === undefined || this.#isOver) return;
    this.#queued.delete(event.utteranceId!);
    if (event.refusal === undefined) {
      this.#playedMs += event.playedMs ?? 0;
      this.#stage.status(this.#verb, 'stop-playback');
    } else if (this.#isRefused(event.refusal, item)) return;
    this.#queueAhead();
  }

  /** Whether that is the end of it. */
  #isRefused(refusal: string, { source }: Queued): boolean {
    const verb = this.#verb;
    this.#refusals += 1;
    if (verb.verb === 'say') {
      const failover = verb.synthesizer.fallback !== undefined && !this.#usesFallback;
      this.#stage.error('TTS error', refusal, { failover, verb: 'say', id: verb.id });
      if (failover) {
        this.#usesFallback = true;
        this.#refusals = 0;
        this.#queue(source);
        return false;
      }
    }
    // A loop of what cannot be had would go on for ever.
    if (this.#refusals < this.#sources.length) return false;
    this.#end();
    return true;
  }

  #cutShort(): void {
    this.#stage.submit({ kind: 'interrupt' });
    this.#stage.status(this.#verb, 'stop-playback');
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelTimer();
    this.#onEnd({ playedMs: this.#playedMs, failed: this.#refusals > 0 && !this.#hasPlayed });
  }
}

interface Queued {
  readonly source: string;
  /** Nothing was before it, so that it was heard as soon as it was made. */
  readonly isFirst: boolean;
  readonly askedMs: number;
}

/** Verbs decide themselves who may interrupt what: they count words, and keys. */
const uninterrupted = { strategy: 'none', minimumCharacters: 1, allowAfterMs: 0 } as const;
const AHEAD = 2;
