import { expect, it } from 'vitest';
import { toAscii } from '../../../src/speech/tts/ascii.ts';

it.each([
  ['Café Müller', 'Cafe Muller'],
  ['“It’s fine” – she said…', '"It\'s fine" , she said...'],
  ['Straße, Ærø', 'Strasse, Aero'],
  ['21° and 5€', '21 degrees and 5 euros'],
  ['Great 🎉 news', 'Great news'],
  ['Привет', ''],
])('%s becomes %s for a voice that reads ASCII alone', (text, expected) => {
  expect(toAscii(text)).toBe(expected);
});
