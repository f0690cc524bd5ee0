import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StreamEvent, StreamFramer } from '../../../src/sip/message/stream-framer.ts';
import { inviteText, octetsOf, requestText, responseText } from '../../support/sip-text.ts';

describe('StreamFramer', () => {
  const messages = [
    inviteText({}, 'v=0\r\n'),
    responseText(),
    requestText('BYE sip:a SIP/2.0', 'BYE'),
    inviteText({ l: '4', 'Content-Length': undefined }, '\r\n\r\n'),
  ];

  it('cuts several messages out of one segment', () => {
    expect(texts(new StreamFramer().push(octetsOf(messages.join(''))))).toEqual(messages);
  });

  it('cuts the same messages however the stream is segmented', () => {
    const stream = octetsOf(messages.join('\r\n'));
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), (cuts) => {
        const framer = new StreamFramer();
        const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const events = edges
          .slice(1)
          .flatMap((edge, index) => framer.push(stream.subarray(edges[index]!, edge)));
        expect(texts(events)).toEqual(messages);
        expect(framer.isInsideMessage).toBe(false);
      }),
    );
  });

  it('takes a stream octet by octet', () => {
    const framer = new StreamFramer();
    const events = [...octetsOf(messages.join(''))].flatMap((octet) => framer.push(Uint8Array.of(octet)));
    expect(texts(events)).toEqual(messages);
  });

  it('hands out octets that later ones do not overwrite', () => {
    const framer = new StreamFramer();
    const [first] = framer.push(octetsOf(messages[0]!));
    for (let index = 0; index < 50; index++) framer.push(octetsOf(messages[1]!));
    expect(texts([first!])).toEqual([messages[0]]);
  });

  it('tells of a ping at each two line ends between messages', () => {
    const framer = new StreamFramer();
    expect(framer.push(octetsOf('\r\n'))).toEqual([]);
    expect(framer.push(octetsOf('\r'))).toEqual([]);
    expect(framer.push(octetsOf('\n'))).toEqual([{ kind: 'ping' }]);
    expect(framer.push(octetsOf(`\r\n\r\n${messages[1]}\r\n\r\n`)).map(({ kind }) => kind)).toEqual([
      'ping',
      'message',
      'ping',
    ]);
    expect(framer.push(octetsOf('\r\n\r\n'.repeat(3000)))).toHaveLength(3000);
  });

  it('knows when it waits for the rest of a message', () => {
    const framer = new StreamFramer();
    expect(framer.isInsideMessage).toBe(false);
    framer.push(octetsOf('\r\n'));
    expect(framer.isInsideMessage).toBe(false);
    framer.push(octetsOf('INV'));
    expect(framer.isInsideMessage).toBe(true);
  });

  it.each([
    ['no Content-Length', inviteText({ 'Content-Length': undefined }), 'missing-content-length 400'],
    ['a negative Content-Length', inviteText({ 'Content-Length': '-1' }), 'bad-content-length 400'],
    ['a Content-Length above the cap', inviteText({ 'Content-Length': '65536' }), 'message-too-large 513'],
    ['a huge Content-Length', inviteText({ 'Content-Length': '9'.repeat(40) }), 'bad-content-length 400'],
    ['two Content-Lengths', inviteText({ l: '0' }), 'duplicate-header 400'],
    ['two Content-Lengths in one', inviteText({ 'Content-Length': '0, 5' }), 'bad-content-length 400'],
    ['a header that may hide a length', inviteText({ 'Content-Length\x0b': '9' }), 'bad-header-name 400'],
    ['junk before a request', `junk\r\n${inviteText()}`, 'not-sip dropped'],
    ['HTTP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'not-sip dropped'],
    ['a lone CR', '\rINVITE', 'not-sip dropped'],
    [
      'a head without end',
      `INVITE sip:a SIP/2.0\r\n${'X: y\r\n'.repeat(11_000)}`,
      'message-too-large dropped',
    ],
    ['a line without end', 'x'.repeat(65_537), 'message-too-large dropped'],
  ])('gives up a stream with %s', (_, text, verdict) => {
    const framer = new StreamFramer();
    const events = framer.push(octetsOf(text));
    expect(events).toHaveLength(1);
    expect(verdictOf(events[0]!)).toBe(verdict);
    expect(framer.push(octetsOf(messages[0]!))).toEqual([]);
    expect(framer.isInsideMessage).toBe(false);
  });

  it('delivers what came whole before the stream broke', () => {
    const events = new StreamFramer().push(octetsOf(`${messages[0]}GET / HTTP/1.1\r\n\r\n`));
    expect(events.map(({ kind }) => kind)).toEqual(['message', 'broken']);
  });

  it('never throws, whatever arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (chunks) => {
        const framer = new StreamFramer();
        for (const chunk of chunks) framer.push(chunk);
      }),
    );
  });
});

function texts(events: readonly StreamEvent[]): string[] {
  return events.flatMap((event) => (event.kind === 'message' ? Buffer.from(event.octets).toString() : []));
}

function verdictOf(event: StreamEvent): string {
  return event.kind === 'broken'
    ? `${event.failure.reason} ${event.failure.answer?.statusCode ?? 'dropped'}`
    : event.kind;
}
