import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TurnDecision, TurnDetector } from '../../../src/speech/turns/turn-detector.ts';

const RULES = { onsetMs: 32, onsetOverSpeechMs: 64, minimumSpeechMs: 96, maximumTurnMs: 10_000 };

type Window = readonly [probability: number, levelDb: number, sentDb?: number];

/** The decisions, and the windows (counted from 1) at which they were made. */
function decide(windows: readonly Window[], endOfTurnSilenceMs = 320): [TurnDecision, number][] {
  const detector = new TurnDetector(RULES, endOfTurnSilenceMs);
  const decisions: [TurnDecision, number][] = [];
  for (const [index, [probability, levelDb, sentDb = -120]] of windows.entries()) {
    const decision = detector.push(probability, levelDb, sentDb);
    if (decision !== 'none') decisions.push([decision, index + 1]);
  }
  return decisions;
}

const times = (count: number, ...window: Window): Window[] => Array.from({ length: count }, () => window);
const quiet = (count: number) => times(count, 0, -70);
const speech = (count: number) => times(count, 0.95, -20);

describe('the turn detector', () => {
  it('goes through onset, pause, resumption, pause and end', () => {
    expect(decide([...quiet(5), ...speech(10), ...quiet(7), ...speech(5), ...quiet(12)])).toEqual([
      ['onset', 6],
      ['pause', 21],
      ['resumption', 23],
      ['pause', 33],
      ['end', 37],
    ]);
  });

  it('wants more speech for an onset while we speak', () => {
    const windows = [...times(5, 0, -70, -20), ...times(10, 0.95, -15, -20)];
    expect(decide(windows)).toEqual([['onset', 7]]);
  });

  it('keeps a turn open while the model is in doubt', () => {
    expect(decide([...quiet(2), ...speech(5), ...times(30, 0.4, -30), ...quiet(10)])).toEqual([
      ['onset', 3],
      ['pause', 43],
      ['end', 47],
    ]);
  });

  it('takes what is far quieter than the voice just was for the room', () => {
    expect(decide([...speech(5), ...times(10, 0.9, -60)]).at(-1)).toEqual(['end', 15]);
  });

  it('calls a turn noise that had too little speech in it', () => {
    expect(decide([...quiet(2), ...speech(2), ...quiet(10)]).at(-1)).toEqual(['noise', 14]);
  });

  it('hears nobody below the noise of the line', () => {
    const noise = times(100, 0.1, -30);
    expect(decide([...noise, ...times(5, 0.9, -29)])).toEqual([]);
    expect(decide([...noise, ...times(5, 0.9, -24)])).toEqual([['onset', 101]]);
  });

  it('splits endless speech without losing a window', () => {
    const syllables = Array.from({ length: 125 }, () => [...speech(7), ...times(1, 0.9, -50)]).flat();
    const splits = decide(syllables).filter(([decision]) => decision === 'split');
    expect(splits.length).toBe(3);
    for (const [index, [, at]] of splits.entries()) expect(at).toBe(313 + index * 312);
  });

  it('alternates between onset and end, whatever it hears', () => {
    const window = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: -120, max: 0 }),
      fc.integer({ min: -120, max: 0 }),
    );
    fc.assert(
      fc.property(
        fc.array(window, { maxLength: 400 }),
        fc.integer({ min: 150, max: 2000 }),
        (windows, endMs) => {
          let open = false;
          for (const [decision] of decide(windows, endMs)) {
            expect(decision === 'onset').toBe(!open);
            if (decision === 'onset') open = true;
            if (decision === 'end' || decision === 'noise') open = false;
          }
        },
      ),
    );
  });
});
