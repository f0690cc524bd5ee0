import { describe, expect, it } from 'vitest';
import { looksComplete } from '../../../src/speech/turns/complete-sentence.ts';

describe('whether a transcript reads like a whole sentence', () => {
  it.each([
    ['Yes.', true],
    ['What time is it?', true],
    ['I live in Düsseldorf!', true],
    ['I would like to book a table and.', false],
    ['I would like to', false],
    ['Because, um.', false],
    ['', false],
  ])('%j: %s', (text, expected) => {
    expect(looksComplete(text)).toBe(expected);
  });
});
