import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spokenPart } from '../../src/call/spoken-part.ts';

const text = (words: string) => ({ text: words, format: 'text' as const });
const ssml = (document: string) => ({ text: document, format: 'ssml' as const });

describe('what was heard of an utterance that was cut', () => {
  it.each([
    [0, ''],
    [500, 'one'],
    [1000, 'one two'],
    [1900, 'one two three four'],
    [2000, 'one two three four'],
  ])('after %i of 2000 ms is %j', (playedMs, heard) => {
    expect(spokenPart(text('one two three four'), playedMs, 2000)).toEqual({ playedMs, text: heard });
  });

  it('leaves out a word of which less than half was heard', () => {
    expect(spokenPart(text('aa extraordinarily'), 900, 1800).text).toBe('aa');
    expect(spokenPart(text('aa extraordinarily'), 1200, 1800).text).toBe('aa extraordinarily');
  });

  it('is guessed from how fast people read, while the whole length is not known', () => {
    const story = text('It was a dark and stormy night, and nobody picked up the telephone.');
    expect(spokenPart(story, 2000, undefined).text).toBe('It was a dark and stormy night,');
  });

  it('knows that the breaks of SSML have no words in them', () => {
    const script = ssml('<speak>one two<break time="2s"/>three four</speak>');
    expect(spokenPart(script, 900, 4000).text).toBe('one two');
    expect(spokenPart(script, 2900, 4000).text).toBe('one two');
    expect(spokenPart(script, 3900, 4000).text).toBe('one two three four');
  });

  it('is always a beginning of the text in whole words, and grows with the time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^\w{1,12}$/), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 0, max: 10_000 }),
        fc.integer({ min: 0, max: 10_000 }),
        (words, one, other) => {
          const [shorter, longer] = [Math.min(one, other), Math.max(one, other)];
          const script = text(words.join(' '));
          const early = spokenPart(script, shorter, 10_000).text;
          const late = spokenPart(script, longer, 10_000).text;
          expect(`${words.join(' ')} `.startsWith(early === '' ? '' : `${early} `)).toBe(true);
          expect(late.startsWith(early)).toBe(true);
        },
      ),
    );
  });
});
