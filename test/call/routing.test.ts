import { describe, expect, it } from 'vitest';
import { routeCall } from '../../src/call/routing.ts';

const flows = new Set(['sales', 'support', 'night', 'demo']);

describe('routing a dialled number to a flow', () => {
  const cases: [string, string, string, string | undefined][] = [
    ['takes an exact number', '4921155660', '4921155660', 'sales'],
    ['does not compare a leading plus', '+4921155660', '4921155660', 'sales'],
    ['reads a number as people write it', '4921155660', '+49 211 (55) 66-0', 'sales'],
    ['takes a prefix', '49211777123', '49211777*', 'sales'],
    ['does not take a longer number for an exact one', '49211556601', '4921155660', undefined],
    ['takes a regular expression on the number as dialled', '+4930123', '/^\\+4930\\d{3}$/', 'sales'],
    ['takes every number for a star', 'anything', '*', 'sales'],
    ['compares names letter by letter', 'Reception', 'reception', undefined],
  ];
  it.each(cases)('%s', (_, dialled, number, expected) => {
    expect(routeCall(dialled, [{ number, flow: 'sales' }], flows)).toBe(expected);
  });

  it('lets the first route that matches win', () => {
    const routes = [
      { number: '49211*', flow: 'night' },
      { number: '4921155660', flow: 'sales' },
    ];
    expect(routeCall('4921155660', routes, flows)).toBe('night');
  });

  it('reaches a flow by its own name', () => {
    expect(routeCall('support', [], flows)).toBe('support');
    expect(routeCall('nobody', [], flows)).toBeUndefined();
  });
});
