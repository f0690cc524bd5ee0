import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitSentences } from '../../../src/speech/tts/sentences.ts';

const table: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'ends at full stops, questions and exclamations',
    'Hi! How are you? Fine.',
    ['Hi!', 'How are you?', 'Fine.'],
  ],
  [
    'keeps a title with its name',
    'Dr. Smith is in. Mrs. Jones is not.',
    ['Dr. Smith is in.', 'Mrs. Jones is not.'],
  ],
  ['keeps initials together', 'J. R. R. Tolkien wrote it. Yes.', ['J. R. R. Tolkien wrote it.', 'Yes.']],
  ['keeps decimals and prices whole', 'It costs 3.50 euros. Pay now.', ['It costs 3.50 euros.', 'Pay now.']],
  ['keeps times of day whole', 'Come at 5 p.m. on Monday. Bye.', ['Come at 5 p.m. on Monday.', 'Bye.']],
  ['goes on after an ellipsis in mid-sentence', 'Well... let me see. Yes.', ['Well... let me see.', 'Yes.']],
  ['keeps a German ordinal with its month', 'Am 3. Oktober. Danke.', ['Am 3. Oktober.', 'Danke.']],
  [
    'keeps German abbreviations',
    'Das ist z.B. Herr Dr. Maier. Gut.',
    ['Das ist z.B. Herr Dr. Maier.', 'Gut.'],
  ],
  [
    'takes a closing quotation mark along',
    'He said "Stop." Then he left.',
    ['He said "Stop."', 'Then he left.'],
  ],
  ['ends at line breaks, as lists do', 'One\nTwo\nThree', ['One', 'Two', 'Three']],
  [
    'ends at a line break even after an abbreviation',
    'Apples, pears etc.\nNext item',
    ['Apples, pears etc.', 'Next item'],
  ],
  ['knows the full stops of Chinese', '你好。今天怎么样？', ['你好。', '今天怎么样？']],
  ['knows the full stop of Hindi', 'नमस्ते। आप कैसे हैं?', ['नमस्ते।', 'आप कैसे हैं?']],
  ['knows the question mark of Arabic', 'كيف حالك؟ أنا بخير.', ['كيف حالك؟', 'أنا بخير.']],
  ['makes one sentence of text without an end', 'no full stop here', ['no full stop here']],
  ['collapses white space', '  A   b \t c.  ', ['A b c.']],
  ['has nothing to say where there are only marks', ' ... !? -- ', []],
  ['has nothing to say of nothing', '', []],
];

describe('splitting into sentences', () => {
  it.each(table)('%s', (_rule, text, expected) => {
    expect(splitSentences(text)).toEqual(expected);
  });

  it('splits an endless sentence at a comma', () => {
    const clause = `${'word '.repeat(50).trim()}, `;
    const sentences = splitSentences(`${clause}${clause}${clause}`);
    expect(sentences.length).toBe(3);
    for (const sentence of sentences) expect(sentence.endsWith(',')).toBe(true);
  });

  it('splits at words where there is no comma', () => {
    const sentences = splitSentences('word '.repeat(200));
    expect(sentences.length).toBeGreaterThan(3);
    for (const sentence of sentences) expect(sentence).toMatch(/^(word ?)+$/);
  });

  it('splits even what has no words', () => {
    expect(splitSentences('x'.repeat(1000)).join('')).toBe('x'.repeat(1000));
  });

  it('loses and invents no letter, and gives no sentence longer than 300 characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 800 }), (text) => {
        const sentences = splitSentences(text);
        const letters = (from: string) => from.replace(/[^\p{L}\p{N}]/gu, '');
        expect(letters(sentences.join(' '))).toBe(letters(text));
        for (const sentence of sentences) expect(sentence.length).toBeLessThanOrEqual(300);
      }),
    );
  });
});
