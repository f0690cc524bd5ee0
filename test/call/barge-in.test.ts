import { describe, expect, it } from 'vitest';
import type { BargeInRule } from '../../src/agent/agent.ts';
import { BargeIn } from '../../src/call/barge-in.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** An utterance under a rule, and how often the caller's voice stopped it. */
function playing(rule: Partial<BargeInRule>) {
  const clock = new VirtualClock();
  let stops = 0;
  const bargeIn = new BargeIn({
    clock,
    timers: clock,
    onBargeIn: () => {
      stops += 1;
    },
  });
  bargeIn.playbackStarted({
    strategy: 'minimum-characters',
    minimumCharacters: 3,
    allowAfterMs: 0,
    ...rule,
  });
  return {
    clock,
    bargeIn,
    get stops() {
      return stops;
    },
  };
}

describe('an utterance that is playing', () => {
  it.each(['none', 'manual'] as const)('is never stopped by a voice under the rule %s', (strategy) => {
    const heard = playing({ strategy });
    heard.bargeIn.speechStarted();
    heard.bargeIn.understood('stop it, please');
    expect(heard.stops).toBe(0);
  });

  it('is stopped at the onset of speech under the rule immediate', () => {
    const heard = playing({ strategy: 'immediate' });
    heard.bargeIn.speechStarted();
    expect(heard.stops).toBe(1);
  });

  it('is stopped by the first transcript under the rule immediate, where nobody told of an onset', () => {
    const heard = playing({ strategy: 'immediate' });
    heard.bargeIn.understood('s');
    expect(heard.stops).toBe(1);
  });

  it('is stopped once by one turn', () => {
    const heard = playing({ strategy: 'immediate' });
    heard.bargeIn.speechStarted();
    heard.bargeIn.understood('stop');
    expect(heard.stops).toBe(1);
  });

  it.each([
    ['ja', 0],
    ['  ja  ', 0],
    ['nö!', 1],
    ['no,', 1],
    // Each of these is one character to a reader and two units to JavaScript.
    ['😀😀', 0],
    ['😀😀😀', 1],
  ])('needs three characters without the blanks around them: %j stops it %i times', (text, times) => {
    const heard = playing({ minimumCharacters: 3 });
    heard.bargeIn.speechStarted();
    heard.bargeIn.understood(text);
    expect(heard.stops).toBe(times);
  });

  it('is stopped when the transcript has grown long enough', () => {
    const heard = playing({ minimumCharacters: 10 });
    heard.bargeIn.speechStarted();
    heard.bargeIn.understood('I would');
    expect(heard.stops).toBe(0);
    heard.bargeIn.understood('I would like');
    expect(heard.stops).toBe(1);
  });

  it('does not add up the characters of two turns', () => {
    const heard = playing({ minimumCharacters: 4 });
    heard.bargeIn.understood('mhm');
    heard.bargeIn.speechEnded('');
    heard.bargeIn.speechStarted();
    expect(heard.stops).toBe(0);
  });

  it('is stopped at the end of its protected time by whoever still speaks', async () => {
    const heard = playing({ strategy: 'immediate', allowAfterMs: 500 });
    await heard.clock.advance(100);
    heard.bargeIn.speechStarted();
    await heard.clock.advance(399);
    expect(heard.stops).toBe(0);
    await heard.clock.advance(1);
    expect(heard.stops).toBe(1);
  });

  it('is not stopped by what was said and done within its protected time', async () => {
    const heard = playing({ strategy: 'immediate', allowAfterMs: 500 });
    heard.bargeIn.speechStarted();
    await heard.clock.advance(300);
    heard.bargeIn.speechEnded('');
    await heard.clock.advance(1000);
    expect(heard.stops).toBe(0);
  });

  it('protects its beginning under minimum characters too', async () => {
    const heard = playing({ allowAfterMs: 500 });
    heard.bargeIn.speechStarted();
    heard.bargeIn.understood('stop it');
    await heard.clock.advance(499);
    expect(heard.stops).toBe(0);
    await heard.clock.advance(1);
    expect(heard.stops).toBe(1);
  });

  it('that begins while the caller speaks is stopped by what the caller says from then on', () => {
    const heard = playing({ strategy: 'none' });
    heard.bargeIn.speechStarted();
    heard.bargeIn.understood('but I');
    heard.bargeIn.playbackStarted({ strategy: 'minimum-characters', minimumCharacters: 3, allowAfterMs: 0 });
    expect(heard.stops).toBe(0);
    heard.bargeIn.understood('but I only wanted');
    expect(heard.stops).toBe(1);
  });

  it('is stopped by a turn that was understood only at its end', () => {
    const heard = playing({});
    heard.bargeIn.speechStarted();
    heard.bargeIn.speechEnded('stop');
    expect(heard.stops).toBe(1);
  });

  it('that began after the words is not stopped by their final transcript', () => {
    const heard = playing({ strategy: 'none' });
    heard.bargeIn.speechStarted();
    heard.bargeIn.understood('hello there');
    heard.bargeIn.playbackStarted({ strategy: 'minimum-characters', minimumCharacters: 3, allowAfterMs: 0 });
    heard.bargeIn.speechEnded('hello there');
    expect(heard.stops).toBe(0);
    heard.bargeIn.speechStarted();
    heard.bargeIn.speechEnded('and now');
    expect(heard.stops).toBe(1);
  });

  it('that is over is stopped no more', async () => {
    const heard = playing({ strategy: 'immediate', allowAfterMs: 500 });
    heard.bargeIn.speechStarted();
    heard.bargeIn.playbackEnded();
    await heard.clock.advance(1000);
    expect(heard.stops).toBe(0);
  });
});
