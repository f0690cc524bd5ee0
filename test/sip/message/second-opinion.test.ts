/** What we read, sip.js reads too: an implementation that shares no line with ours. */
import fc from 'fast-check';
import { IncomingRequestMessage, LoggerFactory, type NameAddrHeader, Parser } from 'sip.js/lib/core/index.js';
import { describe, expect, it } from 'vitest';
import type { SipMessage } from '../../../src/sip/message/message.ts';
import { type NameAddress, tagOf } from '../../../src/sip/message/name-address.ts';
import { parameterValue } from '../../../src/sip/message/parameters.ts';
import { parseMessage } from '../../../src/sip/message/parse.ts';
import { parseUri, type Uri, unescapeUser } from '../../../src/sip/message/uri.ts';
import {
  callIdOf,
  contactsOf,
  cseqOf,
  fromOf,
  routesOf,
  toOf,
  topViaOf,
} from '../../../src/sip/message/views.ts';
import { sipCorpus } from '../../support/sip-corpora.ts';
import { inviteText, requestText, responseText } from '../../support/sip-text.ts';

describe('our reading of a message', () => {
  it.each([
    inviteText({ Contact: '"A, B" <sip:a@192.0.2.1:5080>;expires=5, <sip:c@d>' }, 'v=0\r\n'),
    inviteText({ 'Record-Route': '<sip:p2.example.com;lr>, <sip:p1.example.com:5062;lr>' }),
    inviteText({ Via: 'SIP/2.0/TLS [2001:db8::1]:5061;branch=z9hG4bK77;received=192.0.2.9;rport=1024' }),
    inviteText({
      From: 'sip:anonymous@anonymous.invalid;tag=x',
      To: 'Bob Roe <sips:b%6Fb@example.com;user=phone>',
    }),
    inviteText({ v: 'SIP/2.0/UDP a.example.com;branch=z9hG4bK1', Via: undefined, CSeq: '0001 INVITE' }),
    requestText('BYE sip:bob@[2001:db8::10]:5070;transport=tcp SIP/2.0', 'BYE'),
    requestText('REGISTER sips:registrar.example.com SIP/2.0', 'REGISTER'),
    responseText('SIP/2.0 183 Session Progress'),
    responseText('SIP/2.0 200 OK', { To: '"B \\"Q\\"" <sip:b@example.com>;tag=77' }),
  ])('is that of sip.js: %#', (text) => {
    expect(ours(text)).toEqual(theirs(text));
  });

  it('is that of sip.js for messages put together at random', () => {
    fc.assert(
      fc.property(fc.record(parts), (drawn) => {
        const text = inviteText({
          Via: `SIP/2.0/${drawn.transport} ${drawn.host}:${drawn.port};branch=z9hG4bK${drawn.token}`,
          From: `"${drawn.name}" <sip:${drawn.user}@${drawn.host}>;tag=${drawn.token}`,
          To: `<sips:${drawn.user}@${drawn.host}:${drawn.port};x=${drawn.word}>`,
          'Call-ID': `${drawn.token}@${drawn.host}`,
          CSeq: `${drawn.sequence} INVITE`,
        });
        expect(ours(text)).toEqual(theirs(text));
      }),
      { numRuns: 60 },
    );
  });

  const torture = sipCorpus('rfc4475');
  it.skipIf(torture === undefined)('is that of sip.js for every torture message that both accept', () => {
    let compared = 0;
    for (const octets of torture!) {
      const text = Buffer.from(octets).toString();
      const reading = parseMessage(octets).ok ? ours(text) : undefined;
      const opinion = reading === undefined ? undefined : theirs(text);
      if (opinion === undefined) continue;
      expect(reading).toEqual(opinion);
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(18);
  });
});

interface Reading {
  readonly start: string;
  readonly via: readonly unknown[];
  readonly from: readonly unknown[];
  readonly to: readonly unknown[];
  readonly callId: string;
  readonly cseq: readonly unknown[];
  readonly contacts: readonly unknown[];
  readonly recordRoute: readonly unknown[];
}

function ours(text: string): Reading {
  const outcome = parseMessage(Buffer.from(text));
  if (!outcome.ok) expect.fail(outcome.reason);
  const message: SipMessage = outcome.value;
  const via = topViaOf(message);
  const cseq = cseqOf(message);
  const contacts = contactsOf(message);
  return {
    start:
      message.kind === 'request'
        ? `${message.method} ${uriText(parseUri(message.requestUri)!)}`
        : `${message.statusCode} ${message.reasonPhrase}`,
    via: [via.transport, via.host, via.port, parameterValue(via.parameters, 'branch')],
    from: addressText(fromOf(message)),
    to: addressText(toOf(message)),
    callId: callIdOf(message),
    cseq: [cseq.sequence, cseq.method],
    contacts: contacts === '*' ? ['*'] : contacts!.map(addressText),
    recordRoute: routesOf(message, 'Record-Route')!.map(addressText),
  };
}

function addressText(address: NameAddress): unknown[] {
  return [address.displayName ?? '', uriText(address.uri), tagOf(address) ?? null];
}

/** sip.js takes user and password for one, and a maddr for the host. */
function uriText(uri: Uri): string {
  if (uri.kind !== 'sip') return uri.kind;
  const user = uri.user === undefined ? '' : unescapeUser(uri.user);
  const password = uri.password === undefined ? '' : `:${uri.password}`;
  const host = parameterValue(uri.parameters, 'maddr') ?? uri.host;
  return `${uri.scheme} ${user}${password} ${host.toLowerCase()} ${uri.port ?? ''}`;
}

function theirs(text: string): Reading | undefined {
  const message = Parser.parseMessage(text, silentLogger());
  if (message?.via === undefined) return undefined;
  const list = (name: string): unknown[] =>
    message.getHeaders(name).map((_, index) => theirAddress(message.parseHeader(name, index)));
  const via: { transport: string; host: string; port?: number; branch?: string } = message.parseHeader(
    'via',
    0,
  );
  return {
    start:
      message instanceof IncomingRequestMessage
        ? `${message.method} ${theirUri(message.ruri)}`
        : `${message.statusCode} ${message.reasonPhrase}`,
    via: [via.transport, via.host, via.port, via.branch],
    from: theirAddress(message.from),
    to: theirAddress(message.to),
    callId: message.callId,
    cseq: [message.cseq, message.method],
    contacts: list('contact'),
    recordRoute: list('record-route'),
  };
}

/** sip.js leaves the backslashes of a quoted name standing. */
function theirAddress(address: NameAddrHeader): unknown[] {
  const name = (address.displayName ?? '').replace(/\\(.)/g, '$1');
  return [name, theirUri(address.uri), address.getParam('tag') ?? null];
}

function theirUri(uri: IncomingRequestMessage['ruri']): string {
  return `${uri?.scheme} ${uri?.user ?? ''} ${uri?.host} ${uri?.port ?? ''}`;
}

function silentLogger(): ReturnType<LoggerFactory['getLogger']> {
  const factory = new LoggerFactory();
  factory.builtinEnabled = false;
  return factory.getLogger('parser');
}

const parts = {
  transport: fc.constantFrom('UDP', 'TCP', 'TLS'),
  host: fc.constantFrom('192.0.2.7', 'pbx.example.com', '[2001:db8::9:1]', 'a-b.c1.example'),
  port: fc.integer({ min: 1, max: 65_535 }),
  token: fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{1,20}$/),
  word: fc.stringMatching(/^[A-Za-z0-9.!*_~'()-]{1,10}$/),
  user: fc.stringMatching(/^[A-Za-z0-9&=+$,;?/_.!~*'()-]{1,15}$/),
  name: fc.stringMatching(/^[A-Za-z0-9 .,;:<>@()]{0,20}$/),
  sequence: fc.integer({ min: 0, max: 0x7fff_ffff }),
};
