import { describe, expect, it } from 'vitest';
import { piecesOf } from '../../../src/speech/tts/pieces.ts';

const said = (text: string) => ({ kind: 'spoken', script: { text, format: 'text' } });

describe('a script in pieces', () => {
  it('is one piece when it is short', () => {
    expect(piecesOf({ text: ' One. Two.\nThree. ', format: 'text' }, 'en', false)).toEqual([
      said('One. Two. Three.'),
    ]);
  });

  it('is cut between sentences when it is long', () => {
    const sentence = 'This sentence is repeated many times over.';
    const pieces = piecesOf({ text: Array(40).fill(sentence).join(' '), format: 'text' }, 'en', false);
    expect(pieces.length).toBeGreaterThan(2);
    for (const piece of pieces) {
      if (piece.kind !== 'spoken') throw new Error('no silence was asked for');
      expect(piece.script.text.length).toBeLessThanOrEqual(501);
      expect(piece.script.text.endsWith('over.')).toBe(true);
    }
  });

  it('of SSML has words and silence for those who do not take it', () => {
    const script = {
      text: '<speak>One<break time="400ms"/><sub alias="two">2</sub></speak>',
      format: 'ssml',
    } as const;
    expect(piecesOf(script, 'en', false)).toEqual([
      said('One'),
      { kind: 'silence', durationMs: 400 },
      said('two'),
    ]);
    expect(piecesOf(script, 'en', true)).toEqual([{ kind: 'spoken', script }]);
  });

  it.each(['', '  ', '...', '🎉', '<speak/>'])('is nothing when there is nothing to say: %j', (text) => {
    expect(piecesOf({ text, format: text.startsWith('<') ? 'ssml' : 'text' }, 'en', true)).toEqual([]);
  });
});
