/**
 * Reads SSML as far as an engine without SSML can honour it: breaks become real silence, `say-as` and `sub` become
 * words, paragraphs and sentences become pauses, `prosody` and `emphasis` become speed and level, and everything else is
 * stripped to its text. Nothing is refused.
 */
import { emphasisWithin, PLAIN, type Prosody, prosodyWithin } from './prosody.ts';
import { ProsodyText } from './prosody-text.ts';
import { expandSayAs } from './say-as.ts';
import type { SpeechSegment } from './segment.ts';
import { type SsmlToken, ssmlTokens } from './ssml-tokens.ts';

export interface SsmlScript {
  readonly segments: readonly SpeechSegment[];
  /** Of `xml:lang` or a `voice` element, where the document names one. */
  readonly language: string | undefined;
  /** Of the first `voice` element. */
  readonly voice: string | undefined;
  /** One line for each kind of mistake. */
  readonly warnings: readonly string[];
}

/** `language` is what words are expanded in when the document does not say. */
export function parseSsml(document: string, language: string): SsmlScript {
  const reader = new SsmlReader(language);
  for (const token of ssmlTokens(document)) reader.take(token);
  return reader.finish();
}

class SsmlReader {
  readonly #defaultLanguage: string;
  readonly #segments: SpeechSegment[] = [];
  readonly #warnings = new Set<string>();
  readonly #text = new ProsodyText();
  /** Each with the prosody of what is inside. */
  readonly #open: { readonly name: string; readonly prosody: Prosody }[] = [];
  /** An element whose text is collected to be replaced as a whole. */
  #collecting:
    | { readonly name: string; readonly replace: (text: string) => string; text: string }
    | undefined;
  /** How many elements deep we are in something that is not to be spoken. */
  #silentDepth = 0;
  #language: string | undefined;
  #voice: string | undefined;

  constructor(defaultLanguage: string) {
    this.#defaultLanguage = defaultLanguage;
  }

  take(token: SsmlToken): void {
    switch (token.kind) {
      case 'text':
        this.#addText(token.text);
        return;
      case 'malformed':
        this.#warnings.add('ssml: found a tag that cannot be read, expected well-formed XML; it is left out');
        this.#addText(token.text);
        return;
      case 'open':
        this.#handleOpen(token);
        return;
      case 'close':
        this.#handleClose(token.name);
        return;
    }
  }

  finish(): SsmlScript {
    const open = this.#open.at(-1);
    if (open !== undefined)
      this.#warnings.add(`ssml: found no end of <${open.name}>, expected </${open.name}>`);
    this.#endCollection();
    this.#endText();
    return {
      segments: this.#segments,
      language: this.#language,
      voice: this.#voice,
      warnings: [...this.#warnings],
    };
  }

  #handleOpen({ name, attributes, selfClosing }: Extract<SsmlToken, { kind: 'open' }>): void {
    if (!selfClosing) this.#open.push({ name, prosody: this.#prosodyInside(name, attributes) });
    if (this.#silentDepth > 0 || silent.has(name)) {
      if (!selfClosing) this.#silentDepth += 1;
      return;
    }
    this.#language ??= attributes.get('lang');
    if (name === 'break') this.#addSilence(this.#breakMs(attributes));
    else if (name === 'voice') this.#noteVoice(attributes.get('name'));
    else if (name === 'p') this.#addSilence(0);
    else if (name === 's') this.#endText();
    else if (name === 'sub' || name === 'say-as') this.#collect(name, attributes, selfClosing);
  }

  #handleClose(name: string): void {
    const depth = this.#open.findLastIndex((open) => open.name === name);
    if (depth < 0) {
      this.#warnings.add(`ssml: found </${name}> without its beginning; it is left out`);
      return;
    }
    const closed = this.#open.length - depth;
    if (closed > 1)
      this.#warnings.add(`ssml: found </${name}>, expected </${this.#open.at(-1)?.name}> first`);
    this.#open.length = depth;
    if (this.#silentDepth > 0) {
      this.#silentDepth = Math.max(0, this.#silentDepth - closed);
      return;
    }
    if (this.#collecting?.name === name || closed > 1) this.#endCollection();
    if (name === 'p') this.#addSilence(PARAGRAPH_MS);
    else if (name === 's') this.#endText();
  }

  #collect(name: string, attributes: ReadonlyMap<string, string>, selfClosing: boolean): void {
    if (this.#collecting !== undefined) return;
    const language = this.#language ?? this.#defaultLanguage;
    const alias = attributes.get('alias');
    const replace =
      name === 'sub'
        ? (text: string) => alias ?? text
        : (text: string) =>
            expandSayAs(text, attributes.get('interpret-as') ?? '', attributes.get('format'), language);
    this.#collecting = { name, replace, text: '' };
    if (selfClosing) this.#endCollection();
  }

  #endCollection(): void {
    const collected = this.#collecting;
    if (collected === undefined) return;
    this.#collecting = undefined;
    this.#text.add(collected.replace(collected.text.replace(/\s+/g, ' ').trim()), this.#prosody);
  }

  #addText(text: string): void {
    if (this.#silentDepth > 0) return;
    if (this.#collecting !== undefined) this.#collecting.text += text;
    else this.#text.add(text, this.#prosody);
  }

  #endText(): void {
    const segment = this.#text.take();
    if (segment !== undefined) this.#segments.push(segment);
  }

  #addSilence(durationMs: number): void {
    this.#endText();
    if (durationMs > 0) this.#segments.push({ kind: 'silence', durationMs });
  }

  get #prosody(): Prosody {
    return this.#open.at(-1)?.prosody ?? PLAIN;
  }

  #prosodyInside(name: string, attributes: ReadonlyMap<string, string>): Prosody {
    if (name === 'emphasis') return emphasisWithin(this.#prosody, attributes.get('level'));
    if (name !== 'prosody') return this.#prosody;
    return prosodyWithin(this.#prosody, attributes, (warning) => this.#warnings.add(warning));
  }

  #noteVoice(name: string | undefined): void {
    this.#voice ??= name;
  }

  #breakMs(attributes: ReadonlyMap<string, string>): number {
    const strength = strengthMs.get(attributes.get('strength') ?? '') ?? MEDIUM_BREAK_MS;
    const time = attributes.get('time');
    if (time === undefined) return strength;
    const match = /^\s*\+?(\d{1,6}(?:\.\d+)?|\.\d+)\s*(ms|s)?\s*$/i.exec(time);
    if (match === null) {
      this.#warnings.add(
        `ssml: found break time "${time.slice(0, 20)}", expected a time such as 500ms or 1.5s`,
      );
      return strength;
    }
    return Math.min(LONGEST_BREAK_MS, Number(match[1]) * (match[2]?.toLowerCase() === 's' ? 1000 : 1));
  }
}

/** Elements whose text is not for the ear. */
const silent: ReadonlySet<string> = new Set(['desc', 'metadata', 'meta', 'lexicon', 'lookup']);

/** The lengths that Azure documents for its voices, as those are what apps are tuned to. */
const MEDIUM_BREAK_MS = 750;
const strengthMs: ReadonlyMap<string, number> = new Map([
  ['none', 0],
  ['x-weak', 250],
  ['weak', 500],
  ['medium', MEDIUM_BREAK_MS],
  ['strong', 1000],
  ['x-strong', 1250],
]);
/** Azure's limit. */
const LONGEST_BREAK_MS = 20_000;
const PARAGRAPH_MS = 500;
