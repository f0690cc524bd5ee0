import { PLAIN, type Prosody } from './prosody.ts';
import type { ProsodyRun, SpeechSegment } from './segment.ts';
import { splitSentences } from './sentences.ts';

/** What an engine is given in one go: a sentence, or the words of it that are said in one manner. */
export interface Part {
  readonly text: string;
  readonly prosody: Prosody;
  /** The silence that belongs around it. */
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Silence rides on the part before it, or on the first one: an engine's rate is known only with its sound. */
export function partsOf(segments: readonly SpeechSegment[]): Part[] {
  const parts: { text: string; prosody: Prosody; beforeMs: number; afterMs: number }[] = [];
  let leadingMs = 0;
  let explicitPause = true;
  for (const segment of segments) {
    if (segment.kind === 'silence') {
      const last = parts.at(-1);
      if (last === undefined) leadingMs += segment.durationMs;
      else last.afterMs += segment.durationMs;
      explicitPause = true;
      continue;
    }
    for (const sentence of sentencesOf(segment)) {
      const last = parts.at(-1);
      if (last !== undefined && !explicitPause) last.afterMs += SENTENCE_PAUSE_MS;
      for (const words of sentence)
        parts.push({ ...words, beforeMs: parts.length === 0 ? leadingMs : 0, afterMs: 0 });
      explicitPause = false;
    }
  }
  if (parts.length === 0 && leadingMs > 0)
    parts.push({ text: '', prosody: PLAIN, beforeMs: leadingMs, afterMs: 0 });
  return parts;
}

interface Words {
  readonly text: string;
  readonly prosody: Prosody;
}

/** Sentences first and prosody then, so that a change of manner within a sentence makes no pause. */
function sentencesOf({ text, runs }: Extract<SpeechSegment, { kind: 'text' }>): Words[][] {
  const sentences = splitSentences(text);
  if (runs === undefined) return sentences.map((sentence) => [{ text: sentence, prosody: PLAIN }]);
  let end = 0;
  return sentences.map((sentence) => {
    const start = text.indexOf(sentence, end);
    end = start + sentence.length;
    return wordsOf(text, start, end, runs);
  });
}

function wordsOf(text: string, start: number, end: number, runs: readonly ProsodyRun[]): Words[] {
  const found: { start: number; end: number; prosody: Prosody }[] = [];
  let at = start;
  for (const { end: runEnd, prosody } of runs) {
    if (runEnd <= at) continue;
    const stop = Math.min(runEnd, end);
    const last = found.at(-1);
    // Punctuation alone belongs to the words before it, or else to those after it.
    if (/[\p{L}\p{N}\p{S}]/u.test(text.slice(at, stop))) found.push({ start: at, end: stop, prosody });
    else if (last === undefined) continue;
    else last.end = stop;
    at = stop;
    if (at === end) break;
  }
  return found.map((words) => ({ text: text.slice(words.start, words.end).trim(), prosody: words.prosody }));
}

/** Between sentences of a script, which engines are given one by one. */
const SENTENCE_PAUSE_MS = 250;
