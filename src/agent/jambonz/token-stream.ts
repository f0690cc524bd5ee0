/** Text that an app brings piece by piece (`tts:tokens`), spoken sentence by sentence as it comes. */
import type { AgentEvent } from '../agent.ts';
import type { AppData } from './link/app-link.ts';
import type { Stage } from './perform/stage.ts';

export interface TokenStreamOptions {
  readonly stage: Stage;
  /** `tts:streaming-event`. */
  readonly tell: (eventType: string) => void;
}

export class TokenStream {
  readonly #options: TokenStreamOptions;
  readonly #queued = new Set<number>();
  #text = '';
  #isOpen = false;
  #isPaused = false;
  #isSpeaking = false;
  #onSpoken: (() => void) | undefined;

  constructor(options: TokenStreamOptions) {
    this.#options = options;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#options.tell('stream_open');
  }

  close(): void {
    if (!this.#isOpen) return;
    this.clear();
    this.#isOpen = false;
    this.#options.tell('stream_closed');
  }

  /** Calls back once, when something was flushed and all of it has been heard. */
  whenSpoken(act: () => void): void {
    this.#onSpoken = act;
  }

  /** What `tts:tokens-result` tells. */
  tokens(text: string): AppData {
    if (!this.#isOpen) return { status: 'failed', reason: 'stream is not open' };
    if (this.#queued.size >= MOST_SENTENCES) {
      this.#isPaused = true;
      this.#options.tell('stream_paused');
      return { status: 'failed', reason: 'full' };
    }
    this.#text += text;
    // Without punctuation, too, a sentence ends.
    const end = lastEndIn(this.#text) || (this.#text.length > LONGEST_SENTENCE ? lastWordIn(this.#text) : 0);
    if (end > 0) this.#say(end);
    return { status: 'ok' };
  }

  flush(): void {
    this.#say(this.#text.length);
    if (this.#queued.size === 0) this.#finished();
  }

  clear(): void {
    this.#text = '';
    const wasQueued = this.#queued.size > 0;
    this.#queued.clear();
    this.#isSpeaking = false;
    if (wasQueued) this.#options.stage.submit({ kind: 'interrupt' });
    this.#resume();
  }

  /** The caller has taken the turn; false when nothing of the stream was heard or to be heard. */
  interrupt(): boolean {
    if (!this.#isOpen || (this.#queued.size === 0 && this.#text === '')) return false;
    this.clear();
    this.#options.tell('user_interruption');
    return true;
  }

  handle(event: AgentEvent): void {
    if (event.kind !== 'spoken' || event.utteranceId === undefined) return;
    if (!this.#queued.delete(event.utteranceId)) return;
    if (this.#queued.size < MOST_SENTENCES / 2) this.#resume();
    if (this.#queued.size === 0 && this.#text === '') this.#finished();
  }

  #say(length: number): void {
    const text = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    if (text.trim() === '') return;
    const { stage } = this.#options;
    const utteranceId = stage.nextNumber();
    this.#queued.add(utteranceId);
    this.#isSpeaking = true;
    stage.submit({
      kind: 'say',
      script: { text: text.trim(), format: 'text' },
      voice: stage.settings.voiceFor({}),
      bargeIn: { strategy: 'none', minimumCharacters: 1, allowAfterMs: 0 },
      inputTimeoutMs: undefined,
      endOfTurnSilenceMs: undefined,
      utteranceId,
    });
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#options.tell('stream_resumed');
  }

  #finished(): void {
    if (!this.#isSpeaking) return;
    this.#isSpeaking = false;
    const act = this.#onSpoken;
    this.#onSpoken = undefined;
    act?.();
  }
}

/** Where the last whole sentence ends; 0 when there is none. */
function lastEndIn(text: string): number {
  const ends = [...text.matchAll(/[.!?:;\u3002\uff01\uff1f]["')\]]*\s|\n/g)];
  const last = ends.at(-1);
  return last === undefined ? 0 : last.index + last[0].length;
}

/** Where the last whole word ends; at the end of a text of one. */
function lastWordIn(text: string): number {
  return text.lastIndexOf(' ') + 1 || text.length;
}

/** Characters, of which half a minute is spoken. */
const LONGEST_SENTENCE = 500;
/** Sentences that wait to be heard; the app is told to wait beyond it. */
const MOST_SENTENCES = 20;
