import { describe, expect, it } from 'vitest';
import { parseStep, scriptLines } from '../../../src/cli/rehearse/steps.ts';

describe('a step of a script', () => {
  it.each([
    ['say  I would like a table', { kind: 'say', text: 'I would like a table', over: false }],
    ['Over say no, stop', { kind: 'say', text: 'no, stop', over: true }],
    ['play my question.wav', { kind: 'play', file: 'my question.wav', over: false }],
    ['over press 9', { kind: 'press', digits: '9', over: true }],
    ['press 12#a', { kind: 'press', digits: '12#A', over: false }],
    ['wait 2.5', { kind: 'wait', seconds: 2.5, over: false }],
    ['cough', { kind: 'cough', over: false }],
    ['hang-up', { kind: 'hang-up', over: false }],
    ['hangup', { kind: 'hang-up', over: false }],
  ])('%j is understood', (text, step) => {
    expect(parseStep(text)).toEqual(step);
  });

  it.each([
    ['say', 'says nothing'],
    ['play', 'plays nothing'],
    ['press', 'keys are'],
    ['press 1x', 'keys are'],
    ['wait', 'seconds'],
    ['wait long', 'seconds'],
    ['wait 0', 'seconds'],
    ['sing a song', 'a step is'],
    ['', 'a step is'],
    ['over', 'a step is'],
  ])('%j is refused, and it is said why', (text, reason) => {
    expect(parseStep(text)).toContain(reason);
  });
});

it('a script file has one step a line, and room for remarks', () => {
  expect(scriptLines('# greet\n\n  say Hello \r\nhang-up\n')).toEqual(['say Hello', 'hang-up']);
});
