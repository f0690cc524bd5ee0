import { describe, expect, it } from 'vitest';
import {
  addHeader,
  type Headed,
  hasHeader,
  headerFields,
  headerList,
  headerValue,
  headerValues,
  prependHeader,
  removeHeader,
  replaceTopElement,
  setHeader,
} from '../../../src/sip/message/headers.ts';

describe('header fields', () => {
  it('are found in any case, under long and compact names', () => {
    const message = headed('v: 1', 'VIA: 2', 'Via: 3', 'Vias: 4');
    expect(headerValue(message, 'Via')).toBe('1');
    expect(headerValues(message, 'v')).toEqual(['1', '2', '3']);
    expect(headerFields(message, 'vIA')).toEqual(message.headers.slice(0, 3));
    expect(hasHeader(message, 'Call-ID')).toBe(false);
  });

  it.each([
    ['a', 'Accept-Contact'],
    ['b', 'Referred-By'],
    ['c', 'Content-Type'],
    ['d', 'Request-Disposition'],
    ['e', 'Content-Encoding'],
    ['f', 'From'],
    ['i', 'Call-ID'],
    ['j', 'Reject-Contact'],
    ['k', 'Supported'],
    ['l', 'Content-Length'],
    ['m', 'Contact'],
    ['n', 'Identity-Info'],
    ['o', 'Event'],
    ['r', 'Refer-To'],
    ['s', 'Subject'],
    ['t', 'To'],
    ['u', 'Allow-Events'],
    ['v', 'Via'],
    ['x', 'Session-Expires'],
    ['y', 'Identity'],
  ])('%s is %s', (compact, long) => {
    expect(headerValue(headed(`${compact}: here`), long)).toBe('here');
    expect(headerValue(headed(`${compact.toUpperCase()}: here`), long.toLowerCase())).toBe('here');
    expect(headerValue(headed(`${long}: here`), compact)).toBe('here');
  });

  it('are split at commas outside quotes and angle brackets, over all fields of the name', () => {
    const message = headed('Contact: "a, b" <sip:c,d@e>, , <sip:f>;x="g,h"', 'm: <sip:i>', 'Contact: ');
    expect(headerList(message, 'Contact')).toEqual(['"a, b" <sip:c,d@e>', '<sip:f>;x="g,h"', '<sip:i>']);
  });

  it('are added first or last', () => {
    const message = headed('B: 2');
    addHeader(message, 'C', '3');
    prependHeader(message, 'A', '1');
    expect(written(message)).toEqual(['A: 1', 'B: 2', 'C: 3']);
  });

  it('are set in the place of the first, the others going', () => {
    const message = headed('A: 1', 't: 2', 'B: 3', 'To: 4');
    setHeader(message, 'To', 'x');
    setHeader(message, 'C', 'y');
    expect(written(message)).toEqual(['A: 1', 'To: x', 'B: 3', 'C: y']);
  });

  it('are removed under all their names', () => {
    const message = headed('k: 1', 'A: 2', 'SUPPORTED: 3');
    removeHeader(message, 'Supported');
    expect(written(message)).toEqual(['A: 2']);
  });

  it('have their top element replaced and no other', () => {
    const message = headed('A: 1', 'Via: one, two', 'Via: three');
    replaceTopElement(message, 'Via', 'ONE');
    expect(written(message)).toEqual(['A: 1', 'Via: ONE, two', 'Via: three']);
  });
});

function headed(...lines: string[]): Headed {
  return {
    headers: lines.map((line) => {
      const [name, value] = line.split(/: ?(.*)/);
      return { name: name!, value: value! };
    }),
  };
}

function written(message: Headed): string[] {
  return message.headers.map(({ name, value }) => `${name}: ${value}`);
}
