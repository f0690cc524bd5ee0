/** Small recognisers sometimes say the same words again and again: such a tail is cut after its first saying. */
export function withoutLoops(text: string): string {
  const words = text.split(/\s+/);
  for (let length = 1; length <= LONGEST_LOOP_WORDS; length++) {
    const times = repetitions(words, length);
    if (times >= (length === 1 ? LEAST_WORD_TIMES : LEAST_PHRASE_TIMES)) {
      return words.slice(0, words.length - (times - 1) * length).join(' ');
    }
  }
  return text;
}

/** How often the last `length` words stand at the end, one behind the other. */
function repetitions(words: readonly string[], length: number): number {
  const plain = (index: number) => words[index]!.toLowerCase().replace(/[^\p{Letter}\p{Number}]/gu, '');
  let times = 1;
  for (let end = words.length - length; end >= length; end -= length) {
    for (let i = 1; i <= length; i++) {
      if (plain(end - i) !== plain(words.length - i)) return times;
    }
    times += 1;
  }
  return times;
}

const LONGEST_LOOP_WORDS = 8;
/** People say "no, no, no", and digits three times. */
const LEAST_WORD_TIMES = 6;
const LEAST_PHRASE_TIMES = 4;
