import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInfoDigit } from '../../src/call/info-digit.ts';

const parse = (contentType: string, body: string): ReturnType<typeof parseInfoDigit> =>
  parseInfoDigit(contentType, new TextEncoder().encode(body));

describe('a key press in SIP INFO', () => {
  it.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n', '5', 160],
    ['application/dtmf-relay', 'Signal= 5\nDuration= 250', '5', 250],
    ['Application/DTMF-Relay; charset=utf-8', 'signal=#\r\nduration=100', '#', 100],
    ['application/dtmf-relay', 'Duration=90\r\nSignal=d\r\n', 'D', 90],
    ['application/dtmf-relay', 'Signal=11\r\n', '#', undefined],
    ['application/dtmf-relay', 'Signal=10\r\nDuration=soon\r\n', '*', undefined],
    ['application/dtmf', '7', '7', undefined],
    ['application/dtmf', ' *\r\n', '*', undefined],
    ['application/dtmf', 'Signal=0\r\nDuration=160', '0', 160],
  ])('%s %j is %s', (contentType, body, digit, durationMs) => {
    expect(parse(contentType, body)).toEqual({ ok: true, value: { digit, durationMs } });
  });

  it.each([
    ['text/plain', '5', 'not-dtmf'],
    ['', 'Signal=5', 'not-dtmf'],
    ['application/dtmf-relay', 'Signal=5\r\n'.repeat(60), 'body-too-long'],
    ['application/dtmf-relay', '', 'signal-missing'],
    ['application/dtmf-relay', 'Duration=160\r\n', 'signal-missing'],
    ['application/dtmf-relay', 'Signal=\r\nDuration=160', 'signal-missing'],
    ['application/dtmf-relay', 'Signal=!\r\n', 'not-a-key'],
    ['application/dtmf', '55', 'not-a-key'],
    ['application/dtmf', '16', 'not-a-key'],
  ])('is not %s %j: %s', (contentType, body, reason) => {
    expect(parse(contentType, body)).toEqual({ ok: false, reason });
  });

  it('is never an exception', () => {
    const contentType = fc.constantFrom('application/dtmf', 'application/dtmf-relay');
    fc.assert(
      fc.property(
        contentType,
        fc.uint8Array({ maxLength: 300 }),
        (type, body) => void parseInfoDigit(type, body),
      ),
    );
  });
});
