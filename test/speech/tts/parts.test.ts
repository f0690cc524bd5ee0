import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partsOf } from '../../../src/speech/tts/parts.ts';
import { parseSsml } from '../../../src/speech/tts/ssml.ts';

/** Texts with the silence after them. */
const said = (document: string) =>
  partsOf(parseSsml(document, 'en').segments).map(({ text, afterMs }) => [text, afterMs]);

describe('the parts of a script', () => {
  it('are sentences with a pause between', () => {
    expect(said('One. Two.')).toEqual([
      ['One.', 250],
      ['Two.', 0],
    ]);
  });

  it('have no pause within a sentence, however it is said', () => {
    expect(said('I <emphasis>really</emphasis> mean it. Yes.')).toEqual([
      ['I', 0],
      ['really', 0],
      ['mean it.', 250],
      ['Yes.', 0],
    ]);
  });

  it('have the usual pause where a manner ends with its sentence', () => {
    expect(said('<prosody rate="slow">One.</prosody> Two. <emphasis>Three</emphasis>! Four.')).toEqual([
      ['One.', 250],
      ['Two.', 250],
      ['Three!', 250],
      ['Four.', 0],
    ]);
  });

  it('have breaks instead of pauses', () => {
    expect(said('<prosody rate="slow">One<break time="100ms"/>two</prosody>')).toEqual([
      ['One', 100],
      ['two', 0],
    ]);
  });

  it('keep punctuation with the words before it', () => {
    expect(said('- <emphasis>Stop</emphasis> ... <prosody rate="slow">-</prosody> now')).toEqual([
      ['- Stop ... -', 0],
      ['now', 0],
    ]);
  });

  it('have the same words and the same pauses as without prosody', () => {
    const piece = fc.constantFrom('One', ' two', '. ', 'Three', '! ', ', ', '(four) ', ' Dr. ', '你好。');
    const open = fc.constantFrom('<prosody rate="slow">', '<emphasis>', '<prosody volume="+3dB">');
    const words = (document: string) =>
      partsOf(parseSsml(document, 'en').segments)
        .map(({ text, afterMs }) => `${text}${afterMs > 0 ? `[${afterMs}]` : ''}`)
        .join('')
        .replace(/\s/g, '');
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, open, piece), { maxLength: 12 }), (pieces) => {
        const close = (element: string) => (element.startsWith('<e') ? '</emphasis>' : '</prosody>');
        const plain = pieces.map(([one, , other]) => one + other).join('');
        const marked = pieces
          .map(([one, element, other]) => `${one}${element}${other}${close(element)}`)
          .join('');
        expect(words(marked)).toBe(words(plain));
      }),
    );
  });
});
