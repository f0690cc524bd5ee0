import { describe, expect, it } from 'vitest';
import { codecList, digitGroups, targetArgument, wholeNumber } from '../../../src/cli/call/options.ts';

describe('whom to call', () => {
  it.each([
    ['sip:demo@127.0.0.1', 'demo', '127.0.0.1', undefined],
    ['demo@127.0.0.1:5070', 'demo', '127.0.0.1', 5070],
    ['localhost:5070', undefined, 'localhost', 5070],
    ['SIP:+4921155@pbx.example;transport=TCP', '+4921155', 'pbx.example', undefined],
    ['sip:demo@[::1]:5070', 'demo', '[::1]', 5070],
  ])('%s is understood', (text, user, host, port) => {
    expect(targetArgument(text)).toMatchObject({ kind: 'sip', user, host, port });
  });

  it.each([
    ['tel:+4921155', 'Only sip:'],
    ['sips:demo@pbx.example', 'Only sip:'],
    ['sip:demo@pbx.example;transport=tls', 'transport tls is not spoken'],
    ['sip:', 'looks like'],
    ['http://pbx.example/', 'looks like'],
  ])('%s is refused, and it is said why', (text, reason) => {
    expect(() => targetArgument(text)).toThrow(reason);
  });
});

describe('keys to press', () => {
  it('come in groups', () => expect(digitGroups('2,0')).toEqual(['2', '0']));
  it('may be letters of either case', () => expect(digitGroups('12*#ad,1')).toEqual(['12*#AD', '1']));
  it.each(['', '2,', 'e', '2 0'])('are not %j', (text) => {
    expect(() => digitGroups(text)).toThrow('0-9 * # A-D');
  });
});

describe('codecs to offer', () => {
  it('keep their order', () => expect(codecList('pcmu,PCMA')).toEqual(['PCMU', 'PCMA']));
  it('may be wideband', () => expect(codecList('g722,pcma')).toEqual(['G722', 'PCMA']));
  it.each(['', 'opus', 'pcmu,pcmu', 'pcmu,'])('are not %j', (text) => {
    expect(() => codecList(text)).toThrow('pcmu, pcma and g722');
  });
});

it('takes whole numbers within their range only', () => {
  const seconds = wholeNumber(1, 60);
  expect(seconds('60')).toBe(60);
  for (const text of ['0', '61', '1.5', '-1', '1e1', ' 5', ''])
    expect(() => seconds(text)).toThrow('from 1 to 60');
});
