import type { SpokenPart } from '../agent/agent.ts';
import type { Script } from '../speech/script.ts';
import { parseSsml } from '../speech/tts/ssml.ts';

/**
 * What was heard of an utterance that was cut after `playedMs`: the words that fit into that share of its time, `totalMs`
 * being its whole length where it is known. An estimate: voices tell no word boundaries.
 */
export function spokenPart(script: Script, playedMs: number, totalMs: number | undefined): SpokenPart {
  const pieces =
    script.format === 'ssml'
      ? parseSsml(script.text, 'en').segments
      : [{ kind: 'text' as const, text: script.text }];
  const characters = pieces.reduce((sum, piece) => sum + (piece.kind === 'text' ? piece.text.length : 0), 0);
  const silenceMs = pieces.reduce((sum, piece) => sum + (piece.kind === 'silence' ? piece.durationMs : 0), 0);
  const characterMs =
    totalMs === undefined ? USUAL_CHARACTER_MS : Math.max(0, totalMs - silenceMs) / Math.max(1, characters);

  const heard: string[] = [];
  let leftMs = playedMs;
  for (const piece of pieces) {
    if (piece.kind === 'silence') {
      leftMs -= piece.durationMs;
    } else {
      heard.push(wholeWords(piece.text, leftMs / characterMs));
      leftMs -= piece.text.length * characterMs;
    }
    if (leftMs <= 0) break;
  }
  return { playedMs: Math.round(playedMs), text: heard.filter((text) => text !== '').join(' ') };
}

/** The words of which more than half is within the first so many characters. */
function wholeWords(text: string, characters: number): string {
  let end = 0;
  for (const { index, 0: word } of text.matchAll(/\S+/g)) {
    if (index + word.length / 2 > characters) break;
    end = index + word.length;
  }
  return text.slice(0, end).trimStart();
}

/** English read aloud has some 15 characters a second. */
const USUAL_CHARACTER_MS = 67;
