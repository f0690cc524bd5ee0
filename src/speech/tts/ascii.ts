/**
 * The nearest printable ASCII, all that an engine of the nineties reads: accents go, typographic marks become plain
 * ones, a few signs become English words, and what has no likeness (emoji, other scripts) is left out.
 */
export function toAscii(text: string): string {
  return text
    .replace(/[^\x20-\x7e]/gu, (character) => replacements[character] ?? character)
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/ {2,}/g, ' ')
    .trim();
}

const replacements: Readonly<Record<string, string>> = {
  '\u2018': "'",
  '\u2019': "'",
  '\u201a': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u201e': '"',
  '\u00ab': '"',
  '\u00bb': '"',
  '\u2010': '-',
  '\u2011': '-',
  '\u2013': ', ',
  '\u2014': ', ',
  '\u2026': '... ',
  '\u00df': 'ss',
  '\u00e6': 'ae',
  '\u00c6': 'Ae',
  '\u0153': 'oe',
  '\u0152': 'Oe',
  '\u00f8': 'o',
  '\u00d8': 'O',
  '\u0142': 'l',
  '\u0141': 'L',
  '\u20ac': ' euros ',
  '\u00a3': ' pounds ',
  '\u00a5': ' yen ',
  '\u00b0': ' degrees ',
  '\u00a7': ' section ',
  '\u00d7': ' times ',
  '\n': ' ',
  '\r': ' ',
  '\t': ' ',
};
