import { isSameProsody, PLAIN, type Prosody } from './prosody.ts';
import type { ProsodyRun, SpeechSegment } from './segment.ts';

/** Text that is put together piece by piece, its white space collapsed and the prosody of each piece kept. */
export class ProsodyText {
  #text = '';
  #runs: ProsodyRun[] = [];

  add(piece: string, prosody: Prosody): void {
    const collapsed = piece.replace(/\s+/g, ' ');
    this.#text += this.#text === '' || this.#text.endsWith(' ') ? collapsed.trimStart() : collapsed;
    const last = this.#runs.at(-1);
    if (last !== undefined && isSameProsody(last.prosody, prosody)) this.#runs.pop();
    this.#runs.push({ end: this.#text.length, prosody });
  }

  /** What was added since the last time, or nothing where that was blank. */
  take(): SpeechSegment | undefined {
    const text = this.#text.trimEnd();
    const runs = runsBetweenWords(text, this.#runs);
    this.#text = '';
    this.#runs = [];
    if (text === '') return undefined;
    const isPlain = runs.every(({ prosody }) => isSameProsody(prosody, PLAIN));
    return isPlain ? { kind: 'text', text } : { kind: 'text', text, runs };
  }
}

/** An engine that is given half a word, or a question mark alone, says something else. */
function runsBetweenWords(text: string, runs: readonly ProsodyRun[]): ProsodyRun[] {
  const moved: ProsodyRun[] = [];
  for (const { end, prosody } of runs) {
    const wordEnd = endOfWord(text, Math.min(end, text.length));
    if (wordEnd > (moved.at(-1)?.end ?? 0)) moved.push({ end: wordEnd, prosody });
  }
  return moved;
}

function endOfWord(text: string, at: number): number {
  if (!/[\p{L}\p{N}\p{M}]$/u.test(text.slice(Math.max(0, at - 2), at))) return at;
  REST_OF_WORD.lastIndex = at;
  REST_OF_WORD.test(text);
  return REST_OF_WORD.lastIndex;
}

/** Scripts without spaces between words may be cut anywhere but before punctuation. */
const REST_OF_WORD: RegExp = /[^\s\p{Ideographic}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]*/uy;
