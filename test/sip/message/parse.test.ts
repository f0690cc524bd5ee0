import { describe, expect, it } from 'vitest';
import { headerValue } from '../../../src/sip/message/headers.ts';
import type { SipMessage, SipRequest } from '../../../src/sip/message/message.ts';
import { parseMessage } from '../../../src/sip/message/parse.ts';
import { inviteText, octetsOf, requestText, responseText } from '../../support/sip-text.ts';

describe('parseMessage', () => {
  it('reads the parts of a request', () => {
    const request = accepted(inviteText({}, 'v=0\r\n')) as SipRequest;
    expect(request).toMatchObject({
      kind: 'request',
      method: 'INVITE',
      requestUri: 'sip:+4930123456@192.0.2.20:5060',
    });
    expect(Buffer.from(request.body).toString()).toBe('v=0\r\n');
  });

  it('reads the parts of a response', () => {
    expect(accepted(responseText('SIP/2.0 486 Busy Here'))).toMatchObject({
      kind: 'response',
      statusCode: 486,
      reasonPhrase: 'Busy Here',
    });
  });

  it('keeps every header in its order, with its name as written', () => {
    const message = accepted(
      'OPTIONS sip:a SIP/2.0\r\nv: SIP/2.0/UDP b;branch=z9hG4bK1\r\nfROM:<sip:a@b>;tag=1\r\nX-Twice: 1\r\n' +
        't : <sip:c@d>\r\nX-Twice: 2\r\ni:x\r\ncseq: 1 OPTIONS\r\n\r\n',
    );
    expect(message.headers).toEqual([
      { name: 'v', value: 'SIP/2.0/UDP b;branch=z9hG4bK1' },
      { name: 'fROM', value: '<sip:a@b>;tag=1' },
      { name: 'X-Twice', value: '1' },
      { name: 't', value: '<sip:c@d>' },
      { name: 'X-Twice', value: '2' },
      { name: 'i', value: 'x' },
      { name: 'cseq', value: '1 OPTIONS' },
    ]);
  });

  it('unfolds continued lines into one with single spaces', () => {
    expect(headerValue(accepted(inviteText({ Subject: 'one\r\n  two\t \r\n\tthree' })), 'Subject')).toBe(
      'one two three',
    );
  });

  it('passes over line ends before the start line', () => {
    accepted(`\r\n\r\n${inviteText()}`);
  });

  it('reads lines that end with LF alone', () => {
    accepted(inviteText().replaceAll('\r\n', '\n'));
  });

  it('reads UTF-8, and Latin-1 where it is not UTF-8', () => {
    const text = inviteText({ From: 'Jürgen <sip:j@192.0.2.4>;tag=1' });
    expect(headerValue(accepted(text), 'From')).toBe('Jürgen <sip:j@192.0.2.4>;tag=1');
    const outcome = parseMessage(Buffer.from(text, 'latin1'));
    expect(outcome.ok && headerValue(outcome.value, 'From')).toBe('Jürgen <sip:j@192.0.2.4>;tag=1');
  });

  it('takes the rest of a datagram without Content-Length as the body', () => {
    const message = accepted(`${inviteText({ 'Content-Length': undefined })}v=0`);
    expect(Buffer.from(message.body).toString()).toBe('v=0');
  });

  it('cuts a datagram that is longer than Content-Length says', () => {
    const message = accepted(`${inviteText({ 'Content-Length': '3' })}v=0 and more`);
    expect(Buffer.from(message.body).toString()).toBe('v=0');
  });

  it.each([
    ['\r\n\r\n', 'keep-alive'],
    ['\0\0\0\0', 'keep-alive'],
    ['', 'keep-alive'],
    ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'not-sip'],
    ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'not-sip'],
    ['\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl', 'not-sip'],
    ['INVITE', 'not-sip'],
    ['SIP/2.0', 'bad-status-line'],
    ['SIP/2.0 20 OK\r\n\r\n', 'bad-status-line'],
    ['SIP/2.0 099 Low\r\n\r\n', 'bad-status-line'],
    ['SIP/2.0 700 High\r\n\r\n', 'bad-status-line'],
  ])('drops %j: %s', (text, reason) => {
    expect(parseMessage(octetsOf(text))).toEqual({ ok: false, reason, answer: undefined });
  });
});

describe('the limits', () => {
  it('take 128 header fields and no more', () => {
    const headers = (count: number): string => 'X-Filler: 1\r\n'.repeat(count - 8);
    const text = inviteText();
    const end = text.indexOf('\r\n\r\n') + 2;
    accepted(`${text.slice(0, end)}${headers(128)}\r\n`);
    expect(refusal(`${text.slice(0, end)}${headers(129)}\r\n`)).toBe('too-many-headers 400');
  });

  it('take 65,536 octets and answer 513 to more', () => {
    const empty = inviteText({ 'Content-Length': '65000' });
    const room = 65_536 - empty.length;
    const exact = inviteText({ 'Content-Length': String(room) });
    accepted(`${exact}${'x'.repeat(room)}`);
    expect(refusal(`${exact}${'x'.repeat(room + 1)}`)).toBe('message-too-large 513');
  });
});

describe('a header that a proxy may read differently', () => {
  it.each([
    ['a vertical tab in the name', 'X-Tenant\x0b: evil', 'bad-header-name 400'],
    ['a space within the name', 'X Tenant: evil', 'bad-header-name 400'],
    ['no name', ': evil', 'bad-header-name 400'],
    ['no colon', 'X-Tenant', 'bad-header-line 400'],
    ['a CR within the value', 'X-A: b\rX-Tenant: evil', 'stray-carriage-return 400'],
    ['a NUL in the name', 'X-Ten\0ant: evil', 'bad-header-name 400'],
  ])('is refused: %s', (_, line, verdict) => {
    expect(refusal(inviteText().replace('\r\n\r\n', `\r\n${line}\r\n\r\n`))).toBe(verdict);
  });

  it.each([['X-Tenant : evil'], ['X-Tenant\t: evil'], ['x-tENANT:evil'], ['X-Tenant:\r\n evil']])(
    'is found under its canonical name: %j',
    (line) => {
      const message = accepted(inviteText().replace('\r\n\r\n', `\r\n${line}\r\n\r\n`));
      expect(headerValue(message, 'X-Tenant')).toBe('evil');
    },
  );
});

describe('mandatory headers', () => {
  it.each(['Via', 'From', 'To', 'Call-ID', 'CSeq'])('%s may not be missing', (name) => {
    const verdict = name === 'Via' ? 'missing-header dropped' : 'missing-header 400';
    expect(refusal(inviteText({ [name]: undefined }))).toBe(verdict);
    expect(refusal(responseText('SIP/2.0 200 OK', { [name]: undefined }))).toBe('missing-header dropped');
  });

  it.each([
    ['From', 'f'],
    ['To', 't'],
    ['Call-ID', 'i'],
    ['CSeq', 'CSEQ'],
    ['Content-Length', 'l'],
    ['Content-Type', 'c'],
    ['Max-Forwards', 'max-forwards'],
  ])('%s may stand once, under any of its names', (name, alias) => {
    const base = accepted(inviteText({ 'Content-Type': 'application/sdp' }));
    const value = headerValue(base, name)!;
    const text = inviteText({ 'Content-Type': 'application/sdp', [alias]: value });
    expect(refusal(text)).toBe('duplicate-header 400');
  });

  it.each(['Via', 'Route', 'Record-Route', 'X-Own'])('%s may stand several times', (name) => {
    const value = name === 'Via' ? 'SIP/2.0/TCP c;branch=z9hG4bK7' : '<sip:p1@192.0.2.9;lr>';
    accepted(inviteText({ [name]: `${value}\r\n${name}: ${value}` }));
  });
});

describe('values out of their range', () => {
  it.each([
    ['Max-Forwards', '0', undefined],
    ['Max-Forwards', '255', undefined],
    ['Max-Forwards', '256', 'bad-max-forwards 400'],
    ['Max-Forwards', '-1', 'bad-max-forwards 400'],
    ['Max-Forwards', 'seventy', 'bad-max-forwards 400'],
    ['CSeq', '0 INVITE', undefined],
    ['CSeq', '2147483647 INVITE', undefined],
    ['CSeq', '2147483648 INVITE', 'bad-cseq 400'],
    ['CSeq', '4294967297 INVITE', 'bad-cseq 400'],
    ['CSeq', '1', 'bad-cseq 400'],
    ['CSeq', 'INVITE 1', 'bad-cseq 400'],
    ['CSeq', '1 invite', 'cseq-method-mismatch 400'],
    ['CSeq', '1 BYE', 'cseq-method-mismatch 400'],
    ['Call-ID', '', 'bad-call-id 400'],
    ['Via', 'SIP/2.0/UDP', 'bad-via dropped'],
    ['Via', 'SIP/2.0/UDP a:65536', 'bad-via dropped'],
    ['Via', 'SIP/2.0/UDP a:0', 'bad-via dropped'],
    ['Via', 'SIP/3.0/UDP a', 'unsupported-version 505'],
    ['From', '', 'bad-address 400'],
    ['From', '<sip:a@b', 'bad-address 400'],
    ['To', 'sip:', 'bad-address 400'],
    ['Contact', '<sip:a@b>, <nothing>', 'bad-address 400'],
    ['Record-Route', '<sip:[::g]>', 'bad-address 400'],
    ['Content-Length', '1 ', 'body-truncated 400'],
    ['Content-Length', '+0', 'bad-content-length 400'],
    ['Content-Length', '0x0', 'bad-content-length 400'],
    ['Content-Length', '0, 0', 'bad-content-length 400'],
    ['Content-Length', '18446744073709551616', 'bad-content-length 400'],
    ['Date', 'Sat, 13 Nov 2010 23:29:00 GMT', undefined],
    ['Date', 'Sat, 13 Nov 2010 23:29:00 CET', 'bad-date 400'],
    ['Expires', '99999999999999999999', undefined],
    ['Session-Expires', 'soon', 'bad-header-value 400'],
    ['Session-Expires', '1800;refresher=nobody', 'bad-header-value 400'],
    ['Replaces', '12345@192.0.2.1;to-tag=1', 'bad-header-value 400'],
    ['RAck', '1 INVITE', 'bad-header-value 400'],
    ['Refer-To', '<sip:>', 'bad-address 400'],
  ])('%s: %s', (name, value, verdict) => {
    const text = inviteText({ [name]: value });
    if (verdict === undefined) accepted(text);
    else expect(refusal(text)).toBe(verdict);
  });

  it.each([
    ['sip:', 'bad-request-uri 400'],
    ['alice', 'bad-request-uri 400'],
    ['sip:alice@', 'bad-request-uri 400'],
    ['sip:alice@a:99999', 'bad-request-uri 400'],
    ['urn:service:sos', 'unsupported-uri-scheme 416'],
    ['sip:a@b?Subject=x', 'request-uri-headers 400'],
    ['tel:+4930123456', undefined],
    ['sips:a@b', undefined],
    ['sip:[2001:db8::1]:5060', undefined],
  ])('a Request-URI %s', (uri, verdict) => {
    const text = requestText(`BYE ${uri} SIP/2.0`, 'BYE');
    if (verdict === undefined) accepted(text);
    else expect(refusal(text)).toBe(verdict);
  });
});

describe('what carriers get wrong without harm', () => {
  it.each<readonly [string, Record<string, string>]>([
    ['tel: in From and To', { From: '<tel:+4930123456;phone-context=+49>;tag=1', To: 'tel:110' }],
    ['# in the user part', { To: '<sip:**62*0151#@192.0.2.20>' }],
    ['_ in a host name', { Via: 'SIP/2.0/UDP pbx_1.local;branch=z9hG4bK1', To: '<sip:1@pbx_1.local>' }],
    ['an unquoted name in UTF-8', { From: 'Müller Café <sip:a@b>;tag=1' }],
    ['an unquoted name with @', { From: 'alice@home <sip:alice@b>;tag=1' }],
    ['an unquoted name with parentheses', { From: 'Alice (Sales), Berlin <sip:a@b>;tag=1' }],
    ['quotes within an unquoted name', { From: 'John "Jack" Doe <sip:a@b>;tag=1' }],
    ['two @ in a URI', { From: '<sip:alice@home.example@192.0.2.4>;tag=1' }],
    ['a semicolon too many', { From: '<sip:a@b>;tag=1;', Via: 'SIP/2.0/UDP c;branch=z9hG4bK1;;rport' }],
    ['no tag in From (RFC 2543)', { From: '<sip:a@b>' }],
    ['Contact: *', { Contact: '*' }],
    ['an empty Contact', { Contact: '' }],
    ['an empty Supported', { Supported: '' }],
  ])('%s', (_, changes) => {
    accepted(inviteText(changes));
  });

  it.each([
    'SIP/2.0 486 Busy [17] Here',
    'SIP/2.0 200',
    'SIP/2.0 200 ',
    'SIP/2.0 200 a\u2028b',
    'sip/2.0 200 OK',
  ])('%j', (statusLine) => {
    accepted(responseText(statusLine));
  });

  it('a response keeps its use when a header nobody needs is bad', () => {
    accepted(responseText('SIP/2.0 200 OK', { Date: 'today', 'Max-Forwards': 'x', Contact: '<nothing>' }));
  });
});

describe('a refusal', () => {
  it('brings the request to answer with all the headers that could be read', () => {
    const outcome = parseMessage(octetsOf(inviteText({ Supported: 'a\rb', 'X-Last': 'z' })));
    expect(!outcome.ok && outcome.answer?.request).toMatchObject({ kind: 'request', method: 'INVITE' });
    expect(!outcome.ok && headerValue(outcome.answer!.request, 'X-Last')).toBe('z');
  });

  it('is never answered when it befell an ACK, whatever is wrong with it', () => {
    expect(refusal(requestText('ACK urn:a SIP/2.0', 'ACK'))).toBe('unsupported-uri-scheme dropped');
    expect(refusal(requestText('ACK sip:a SIP/2.0', 'ACK', { From: 'x' }))).toBe('bad-address dropped');
  });

  it('of a response is never answered', () => {
    expect(refusal(responseText('SIP/2.0 200 OK', { CSeq: 'junk' }))).toBe('bad-cseq dropped');
    expect(refusal(responseText('SIP/3.0 200 OK'))).toBe('unsupported-version dropped');
  });

  it('befalls a response with a second Via, in one field or in two', () => {
    const hop = 'SIP/2.0/UDP a;branch=z9hG4bK1';
    expect(refusal(responseText('SIP/2.0 200 OK', { Via: `${hop}, ${hop}` }))).toBe('several-vias dropped');
    expect(refusal(responseText('SIP/2.0 200 OK', { Via: hop, v: hop }))).toBe('several-vias dropped');
  });
});

function accepted(text: string): SipMessage {
  const outcome = parseMessage(octetsOf(text));
  if (!outcome.ok) expect.fail(`refused: ${outcome.reason}\n${text}`);
  return outcome.value;
}

function refusal(text: string): string {
  const outcome = parseMessage(octetsOf(text));
  return outcome.ok ? 'accepted' : `${outcome.reason} ${outcome.answer?.statusCode ?? 'dropped'}`;
}
