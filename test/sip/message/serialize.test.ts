import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../../src/invariant.ts';
import type { SipMessage, SipRequest } from '../../../src/sip/message/message.ts';
import { parseMessage } from '../../../src/sip/message/parse.ts';
import { serializeMessage } from '../../../src/sip/message/serialize.ts';
import { inviteText, octetsOf, responseText } from '../../support/sip-text.ts';

describe('serializeMessage', () => {
  it('gives back what parseMessage read, octet for octet', () => {
    for (const text of [inviteText({ Subject: 'Grüße' }, 'v=0\r\n'), responseText('SIP/2.0 200 Schön')]) {
      expect(Buffer.from(serializeMessage(parsed(octetsOf(text)))).toString()).toBe(text);
    }
  });

  it('adds Content-Length where it is missing and corrects it where it is wrong', () => {
    const body = octetsOf('äö');
    expect(written({ ...request(), headers: [{ name: 'Subject', value: 'x' }], body })).toBe(
      'BYE sip:a@b SIP/2.0\r\nSubject: x\r\nContent-Length: 4\r\n\r\näö',
    );
    const headers = [
      { name: 'l', value: '99' },
      { name: 'Subject', value: 'x' },
      { name: 'content-length', value: '1' },
    ];
    expect(written({ ...request(), headers })).toBe(
      'BYE sip:a@b SIP/2.0\r\nContent-Length: 0\r\nSubject: x\r\n\r\n',
    );
  });

  it.each<readonly [string, SipMessage]>([
    ['a header value', { ...request(), headers: [{ name: 'A', value: 'b\r\nX: y' }] }],
    ['a lone CR in a header value', { ...request(), headers: [{ name: 'A', value: 'b\rX: y' }] }],
    ['a header name', { ...request(), headers: [{ name: 'A: b\r\nX', value: 'y' }] }],
    ['a header name with a colon', { ...request(), headers: [{ name: 'A:', value: 'y' }] }],
    ['the Request-URI', { ...request(), requestUri: 'sip:a SIP/2.0\r\nX: y' }],
    ['the method', { ...request(), method: 'BYE sip:x' }],
    ['the reason phrase', response(200, 'OK\r\nX: y')],
    ['the status code', response(1000, 'OK')],
  ])('lets nothing be smuggled in by %s', (_, message) => {
    expect(() => serializeMessage(message)).toThrow(InvariantError);
  });

  it('writes what parses to the same message', () => {
    const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{1,12}$/);
    const value = fc
      .string({ unit: 'grapheme' })
      .map((text) => text.replace(/[\r\n]/g, '').trim())
      .filter((text) => text.isWellFormed());
    const extra = fc.array(fc.record({ name: token.map((name) => `X-${name}`), value }), { maxLength: 20 });
    fc.assert(
      fc.property(extra, fc.uint8Array({ maxLength: 200 }), (fields, body) => {
        const base = parsed(octetsOf(inviteText()));
        const headers = [...base.headers.filter(({ name }) => name !== 'Content-Length'), ...fields];
        const message: SipMessage = {
          ...base,
          headers: [...headers, { name: 'Content-Length', value: String(body.length) }],
          body,
        };
        const back = parsed(serializeMessage(message));
        expect(back).toEqual({ ...message, body: back.body });
        expect(Buffer.compare(back.body, body)).toBe(0);
      }),
    );
  });
});

function request(): SipRequest {
  return { kind: 'request', method: 'BYE', requestUri: 'sip:a@b', headers: [], body: new Uint8Array(0) };
}

function response(statusCode: number, reasonPhrase: string): SipMessage {
  return { kind: 'response', statusCode, reasonPhrase, headers: [], body: new Uint8Array(0) };
}

function parsed(octets: Uint8Array): SipMessage {
  const outcome = parseMessage(octets);
  if (!outcome.ok) expect.fail(outcome.reason);
  return outcome.value;
}

function written(message: SipMessage): string {
  return Buffer.from(serializeMessage(message)).toString();
}
