/** Whether a transcript reads as if its speaker had said what there was to say. */
export function looksComplete(text: string): boolean {
  const words = text.trim();
  if (!/[.?!]$/.test(words)) return false;
  const last =
    words
      .replace(/[^\p{Letter}]+$/u, '')
      .split(/[^\p{Letter}']+/u)
      .at(-1) ?? '';
  return !unfinished.has(last.toLowerCase());
}

/** Recognisers put full stops behind these too, but speakers do not end with them. */
const unfinished = new Set([
  'and',
  'but',
  'or',
  'the',
  'a',
  'my',
  'because',
  'so',
  'um',
  'uh',
  'with',
  'to',
  'of',
]);
