/**
 * Splits text into sentences, so that the next one is synthesised while one is heard. Text that goes on without an
 * end is split at commas, and at words at last.
 */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let open = '';
  for (const { segment } of sentenceSegmenter.segment(text)) {
    open += segment;
    if (endsInside(open, segment)) continue;
    push(sentences, open);
    open = '';
  }
  push(sentences, open);
  return sentences;
}

/** Whether the full stop at the end belongs to a word and not to a sentence; Unicode's rules alone cannot tell. */
function endsInside(open: string, segment: string): boolean {
  if (/[\n\r\u2029]\s*$/.test(segment)) return false;
  const word = /(?:^|[\s("'\u201c\u201e])([\p{L}\p{N}.]+)\.\s*$/u.exec(open)?.[1]?.toLowerCase();
  if (word === undefined) return false;
  return abbreviations.has(word) || /^\p{L}$/u.test(word) || ORDINAL.test(word);
}

function push(sentences: string[], text: string): void {
  let rest = text.replace(/\s+/g, ' ').trim();
  while (rest.length > LONGEST) {
    const at = splitPoint(rest);
    sentences.push(rest.slice(0, at).trim());
    rest = rest.slice(at).trim();
  }
  if (/[\p{L}\p{N}\p{S}]/u.test(rest)) sentences.push(rest);
}

/** After the last comma or the like that fits, else before the last word that does, as the script has words. */
function splitPoint(text: string): number {
  const head = text.slice(0, LONGEST);
  const pauses = [...head.matchAll(/[,;:\u3001\u060c\uff0c](?=\s|[\u3000-\uffff])/gu)];
  const pause = pauses.at(-1);
  if (pause !== undefined && pause.index > LONGEST / 2) return pause.index + 1;
  let at = LONGEST;
  for (const { index } of wordSegmenter.segment(head)) if (index > LONGEST / 2) at = index;
  return at;
}

const sentenceSegmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
const wordSegmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** Characters: about 20 s of speech. */
const LONGEST = 300;

/** "am 3. Oktober": an ordinal in German and its neighbours; in English a sentence seldom ends in so short a number. */
const ORDINAL = /^\d{1,2}$/;

const abbreviations: ReadonlySet<string> = new Set(
  [
    'mr mrs ms dr prof st sr jr gen col capt lt sgt rev hon no nos vs etc approx dept est inc ltd co corp',
    'jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun a.m p.m e.g i.e u.s u.k',
    'hr fr nr tel str bzw ca usw z.b d.h u.a evtl ggf inkl zzgl mio mrd art abs',
    'sra srta ud uds mme mlle m env p.ex dott sig sig.ra dhr mevr bijv',
  ]
    .join(' ')
    .split(' '),
);
