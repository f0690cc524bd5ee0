import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HearingEvent } from '../../../src/speech/listener.ts';
import { TurnTranscripts } from '../../../src/speech/turns/turn-transcripts.ts';

function started(): { transcripts: TurnTranscripts; told: string[] } {
  const told: string[] = [];
  const transcripts = new TurnTranscripts((event: HearingEvent) =>
    told.push('text' in event ? `${event.kind}:${event.text}` : event.kind),
  );
  return { transcripts, told };
}

describe('transcripts of turns', () => {
  it('are told as interims while the turn is open, and as the turn when it is over', () => {
    const { transcripts, told } = started();
    transcripts.begin();
    transcripts.receive({ text: 'I ', isFinal: false });
    transcripts.end(false, 0);
    transcripts.receive({ text: ' I see', isFinal: true });
    expect(told).toEqual(['speech-onset', 'interim:I', 'turn:I see']);
  });

  it('belong to the earlier turn as long as its final one is missing', () => {
    const { transcripts, told } = started();
    transcripts.begin();
    transcripts.end(false, 0);
    transcripts.begin();
    transcripts.receive({ text: 'one', isFinal: true });
    transcripts.receive({ text: 'tw', isFinal: false });
    transcripts.end(false, 0);
    transcripts.receive({ text: 'two', isFinal: true });
    expect(told).toEqual(['speech-onset', 'speech-onset', 'turn:one', 'interim:tw', 'turn:two']);
  });

  it('are left out where no turn is, and where it was noise', () => {
    const { transcripts, told } = started();
    transcripts.receive({ text: 'stray', isFinal: false });
    transcripts.receive({ text: 'stray', isFinal: true });
    transcripts.begin();
    transcripts.end(true, 0);
    transcripts.receive({ text: 'uh', isFinal: false });
    transcripts.receive({ text: 'uh', isFinal: true });
    expect(told).toEqual(['speech-onset', 'turn:']);
  });

  it('are given up after five seconds, the latest interim standing for the final', () => {
    const { transcripts, told } = started();
    transcripts.begin();
    transcripts.receive({ text: 'hello', isFinal: false });
    transcripts.end(false, 1000);
    transcripts.expire(5999);
    expect(told).toEqual(['speech-onset', 'interim:hello']);
    expect(transcripts.deadlineMs).toBe(6000);
    transcripts.expire(6000);
    expect(told.at(-1)).toBe('turn:hello');
    expect(transcripts.deadlineMs).toBeUndefined();
  });

  it('that come too late are not taken for those of the next turn', () => {
    const { transcripts, told } = started();
    transcripts.begin();
    transcripts.end(false, 0);
    transcripts.expire(5000);
    transcripts.begin();
    transcripts.end(false, 6000);
    transcripts.receive({ text: 'late', isFinal: true });
    transcripts.receive({ text: 'in time', isFinal: true });
    expect(told).toEqual(['speech-onset', 'turn:', 'speech-onset', 'turn:in time']);
  });

  it('close each turn exactly once, whatever comes in which order', () => {
    const step = fc.constantFrom('begin', 'end', 'noise', 'interim', 'final', 'give up', 'expire');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { transcripts, told } = started();
        let open = false;
        for (const name of steps) {
          if (name === 'begin' && !open) transcripts.begin();
          if (name === 'end' || name === 'noise') transcripts.end(name === 'noise', 0);
          if (name === 'interim' || name === 'final') {
            transcripts.receive({ text: name, isFinal: name === 'final' });
          }
          if (name === 'give up') transcripts.giveUp();
          if (name === 'expire') transcripts.expire(10_000);
          open = name === 'begin' || (open && name !== 'end' && name !== 'noise');
        }
        if (open) transcripts.end(false, 0);
        transcripts.giveUp();
        const count = (kind: string) => told.filter((event) => event.startsWith(kind)).length;
        expect(count('turn')).toBe(count('speech-onset'));
      }),
    );
  });
});
