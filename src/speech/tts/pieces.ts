import type { Script } from '../script.ts';
import { splitSentences } from './sentences.ts';
import { parseSsml } from './ssml.ts';

/** What a provider is asked to say in one request, or silence of our own between. */
export type Piece =
  | { readonly kind: 'spoken'; readonly script: Script }
  | { readonly kind: 'silence'; readonly durationMs: number };

/**
 * A script in the pieces that a provider can take: sentences in groups, so that what is made ahead stays little. SSML
 * stays whole for those who take it; for others its breaks become silence, and the rest its words.
 */
export function piecesOf(script: Script, language: string, takesSsml: boolean): Piece[] {
  if (script.format === 'text') return spoken(script.text);
  const { segments } = parseSsml(script.text, language);
  if (takesSsml) return segments.length === 0 ? [] : [{ kind: 'spoken', script }];
  return segments.flatMap((segment) => (segment.kind === 'text' ? spoken(segment.text) : segment));
}

function spoken(text: string): Piece[] {
  const groups: string[] = [];
  for (const sentence of splitSentences(text)) {
    const last = groups.at(-1);
    if (last === undefined || last.length + sentence.length > LONGEST) groups.push(sentence);
    else groups[groups.length - 1] = `${last} ${sentence}`;
  }
  return groups
    .filter((group) => AUDIBLE.test(group))
    .map((group) => ({ kind: 'spoken', script: { text: group, format: 'text' } }));
}

/** Characters: half a minute of speech. */
const LONGEST = 500;
/** Of a picture alone some providers make nothing, and nothing is what a failure looks like. */
const AUDIBLE = /[\p{L}\p{N}\p{Sc}\p{Sm}]/u;
