/** Words that were put in, left out or changed: the edit distance, with numbers as words and marks left aside. */
export function wordErrors(reference: string, hypothesis: string): number {
  const [expected, found] = [wordsOf(reference), wordsOf(hypothesis)];
  let previous = Array.from({ length: found.length + 1 }, (_, i) => i);
  for (const [row, word] of expected.entries()) {
    const current = [row + 1];
    for (const [column, other] of found.entries()) {
      const changed = previous[column]! + (word === other ? 0 : 1);
      current.push(Math.min(changed, previous[column + 1]! + 1, current[column]! + 1));
    }
    previous = current;
  }
  return previous.at(-1)!;
}

/** Lower case; digits one by one, as they are dictated. */
export function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/\d/g, (digit) => ` ${DIGITS[Number(digit)]} `)
    .replace(/[^a-z' ]/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '');
}

const DIGITS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
