/** `gather`: keys and words of the caller, during and after a prompt, until there are enough of them or none come. */
import type { AgentEvent } from '../../agent.ts';
import type { AppData } from '../link/app-link.ts';
import type { GatherVerb } from '../vocabulary/verbs.ts';
import { LONGEST_SILENCE_MS } from './ears.ts';
import { Prompt } from './prompt.ts';
import type { Performance, Stage } from './stage.ts';

export class Gathering implements Performance {
  readonly #stage: Stage;
  readonly #verb: GatherVerb;
  readonly #onResult: (results: AppData) => void;
  #prompt: Prompt | undefined;
  #digits = '';
  /** What was said so far, in turns that a longer silence than the listener knows joins. */
  #said: string[] = [];
  #spokeAtMs: number | undefined;
  #isOver = false;
  #cancelTimeout: () => void = () => undefined;
  #cancelPause: () => void = () => undefined;

  constructor(stage: Stage, verb: GatherVerb, onResult: (results: AppData) => void) {
    this.#stage = stage;
    this.#verb = verb;
    this.#onResult = onResult;
  }

  start(): void {
    const { prompt, listenDuringPrompt } = this.#verb;
    if (prompt === undefined) {
      this.#listen();
      this.#awaitInput();
      return;
    }
    if (listenDuringPrompt) this.#listen();
    this.#prompt = new Prompt(this.#stage, prompt, () => this.#promptEnded());
    this.#prompt.start();
  }

  handle(event: AgentEvent): void {
    if (this.#isOver) return;
    this.#prompt?.handle(event);
    if (this.#isOver) return;
    switch (event.kind) {
      case 'digit':
        this.#pressed(event.digit);
        return;
      case 'speech-onset':
        this.#spokeAtMs = this.#stage.clock.nowMs();
        this.#cancelPause();
        return;
      case 'understood':
        this.#understood(event.text);
        return;
      case 'heard':
        this.#heard(event.text);
        return;
      default:
        return;
    }
  }

  stop(): void {
    if (this.#isOver) return;
    this.#finish();
  }

  #listen(): void {
    const { speech, recognizer, speechTimeoutMs } = this.#verb;
    if (speech) this.#stage.ears.want(this, recognizer, speechTimeoutMs);
  }

  #promptEnded(): void {
    this.#prompt = undefined;
    if (!this.#verb.listenDuringPrompt) this.#listen();
    this.#awaitInput();
  }

  #stopPrompt(): void {
    if (this.#prompt === undefined) return;
    this.#prompt.stop();
    this.#promptEnded();
  }

  #awaitInput(): void {
    const { timeoutMs } = this.#verb;
    if (timeoutMs > 0) this.#cancelTimeout = this.#stage.after(timeoutMs, () => this.#timedOut());
  }

  #timedOut(): void {
    const { minDigits, digits } = this.#verb;
    const { clock } = this.#stage;
    const sinceMs = this.#spokeAtMs === undefined ? undefined : clock.nowMs() - this.#spokeAtMs;
    // Whoever is speaking is let finish.
    if (sinceMs !== undefined && sinceMs < SPEECH_GRACE_MS)
      this.#cancelTimeout = this.#stage.after(SPEECH_GRACE_MS - sinceMs, () => this.#timedOut());
    else if (digits && this.#digits.length > 0 && this.#digits.length >= minDigits) this.#tellDigits();
    else this.#end({ reason: 'timeout' });
  }

  #pressed(digit: string): void {
    const { digits, finishOnKey, dtmfBargein, minDigits, maxDigits, interDigitTimeoutMs } = this.#verb;
    if (dtmfBargein && this.#prompt !== undefined) {
      this.#stage.status(this.#verb, 'dtmf-bargein-detected');
      this.#stopPrompt();
    }
    if (!digits) return;
    if (finishOnKey?.includes(digit)) {
      this.#tellDigits();
      return;
    }
    // Keys come before words: who begins to press is not listened to any more.
    if (this.#digits === '') this.#stage.ears.release(this);
    this.#spokeAtMs = undefined;
    this.#digits += digit;
    this.#cancelPause();
    if (this.#digits.length >= maxDigits) this.#tellDigits();
    else if (interDigitTimeoutMs !== undefined && this.#digits.length >= minDigits)
      this.#cancelPause = this.#stage.after(interDigitTimeoutMs, () => this.#tellDigits());
  }

  #understood(text: string): void {
    const { speech, partialResultHook } = this.#verb;
    if (!this.#isForUs(speech)) return;
    this.#spokeAtMs = this.#stage.clock.nowMs();
    if (partialResultHook !== undefined)
      this.#stage.tell(partialResultHook, { speech: this.#speechOf(text, false) });
    this.#bargeIn(text);
  }

  #heard(text: string): void {
    const { speech, bargein, minBargeinWordCount, speechTimeoutMs = 0 } = this.#verb;
    this.#spokeAtMs = undefined;
    if (!this.#isForUs(speech)) return;
    if (this.#prompt !== undefined && bargein && wordsIn(text) < minBargeinWordCount) return;
    this.#bargeIn(text);
    this.#said.push(text);
    const furtherMs = speechTimeoutMs - LONGEST_SILENCE_MS;
    if (furtherMs <= 0) this.#tellSpeech();
    else {
      this.#cancelTimeout();
      this.#cancelPause();
      this.#cancelPause = this.#stage.after(furtherMs, () => this.#tellSpeech());
    }
  }

  #isForUs(speech: boolean): boolean {
    return speech && this.#digits === '' && (this.#prompt === undefined || this.#verb.listenDuringPrompt);
  }

  #bargeIn(text: string): void {
    const { bargein, minBargeinWordCount } = this.#verb;
    if (this.#prompt === undefined || !bargein || wordsIn(text) < minBargeinWordCount) return;
    this.#stage.status(this.#verb, 'speech-bargein-detected');
    this.#stopPrompt();
  }

  #tellDigits(): void {
    this.#end({ reason: 'dtmfDetected', digits: this.#digits });
  }

  #tellSpeech(): void {
    this.#end({ reason: 'speechDetected', speech: this.#speechOf(this.#said.join(' '), true) });
  }

  #speechOf(transcript: string, is_final: boolean): AppData {
    const { recognizer, settings } = { recognizer: this.#verb.recognizer, settings: this.#stage.settings };
    const { provider = 'default', languages } = settings.recognizerFor(recognizer);
    return {
      language_code: languages[0] ?? 'en-US',
      channel_tag: 1,
      is_final,
      alternatives: [{ transcript }],
      vendor: { name: provider, evt: { transcript, is_final } },
    };
  }

  #end(results: AppData): void {
    this.#finish();
    this.#onResult(results);
  }

  #finish(): void {
    this.#isOver = true;
    this.#cancelTimeout();
    this.#cancelPause();
    this.#stage.ears.release(this);
    this.#prompt?.stop();
    this.#prompt = undefined;
  }
}

function wordsIn(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length;
}

/** How long after a sign of speech its words may take. */
const SPEECH_GRACE_MS = 3_000;
