import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerOffer } from '../../src/sdp/answer.ts';
import { parseSdp } from '../../src/sdp/parse.ts';
import { defaultAudioPreferences } from '../../src/sdp/preferences.ts';
import { sipCorpus } from '../support/sip-corpora.ts';

const plain = `v=0
o=- 20518 0 IN IP4 203.0.113.1
s=-
c=IN IP4 203.0.113.1
t=0 0
a=sendrecv
m=audio 54400 RTP/AVP 0 96
c=IN IP4 203.0.113.2/127
a=rtpmap:96 opus/48000/2
a=rtcp-mux
m=video 53020/2 RTP/AVP 97
`;

describe('parseSdp', () => {
  it.each(['\n', '\r\n', '\r'])('reads lines that end with %j', (lineEnd) => {
    expect(parseSdp(plain.replaceAll('\n', lineEnd))).toEqual({
      ok: true,
      value: {
        timing: '0 0',
        connectionAddress: '203.0.113.1',
        attributes: [{ name: 'sendrecv', value: undefined }],
        media: [
          {
            kind: 'audio',
            port: 54400,
            protocol: 'RTP/AVP',
            formats: ['0', '96'],
            connectionAddress: '203.0.113.2',
            attributes: [
              { name: 'rtpmap', value: '96 opus/48000/2' },
              { name: 'rtcp-mux', value: undefined },
            ],
          },
          {
            kind: 'video',
            port: 53020,
            protocol: 'RTP/AVP',
            formats: ['97'],
            connectionAddress: undefined,
            attributes: [],
          },
        ],
      },
    });
  });

  it.each<readonly [string, string, string]>([
    ['a missing origin, name and time', 'o=- 20518 0 IN IP4 203.0.113.1\ns=-\n', ''],
    ['an unknown line', 's=-', 's=-\ny=what'],
    ['an empty line', 's=-', 's=-\n\n'],
    ['a line that is only spaces', 's=-', 's=-\n  '],
    ['a terminator at the end', '97\n', '97\n\0\0'],
    ['spaces behind values', 'RTP/AVP 97', 'RTP/AVP  97  '],
    ['a second c=', 'c=IN IP4 203.0.113.2/127', 'c=IN IP4 203.0.113.2\nc=IN IP4 203.0.113.3'],
    ['a host name', 'c=IN IP4 203.0.113.1', 'c=IN IP4 media.example.com'],
  ])('lets pass %s', (_, part, replacement) => {
    expect(plain).toContain(part);
    expect(parseSdp(plain.replace(part, replacement)).ok).toBe(true);
  });

  it.each<readonly [string, string, string, string]>([
    ['no version', 'v=0', 'v=1', 'not-sdp'],
    ['something before the version', 'v=0', 's=-\nv=0', 'not-sdp'],
    ['a line without =', 's=-', 'hello', 'bad-line'],
    ['a NUL in an attribute', '96 opus', '96\0opus', 'bad-character'],
    ['a port of 2^32', '54400', '4294967296', 'bad-media'],
    ['a port of 65536', '54400', '65536', 'bad-media'],
    ['a negative port', '54400', '-1', 'bad-media'],
    ['a port that is no number', '54400', 'port', 'bad-media'],
    ['no port', 'm=audio 54400 RTP/AVP 0 96', 'm=audio', 'bad-media'],
    ['no protocol', 'm=audio 54400 RTP/AVP 0 96', 'm=audio 54400', 'bad-media'],
    ['no format', 'm=audio 54400 RTP/AVP 0 96', 'm=audio 54400 RTP/AVP', 'bad-media'],
    ['an empty m=', 'm=audio 54400 RTP/AVP 0 96', 'm=', 'bad-media'],
    ['no address', 'c=IN IP4 203.0.113.1', 'c=IN IP4', 'bad-connection'],
    ['another network', 'c=IN IP4 203.0.113.1', 'c=ATM NSAP 47', 'bad-connection'],
    ['another kind of address', 'c=IN IP4 203.0.113.1', 'c=IN IP5 203.0.113.1', 'bad-connection'],
  ])('refuses %s', (_, part, replacement, reason) => {
    expect(plain).toContain(part);
    expect(parseSdp(plain.replace(part, replacement))).toEqual({ ok: false, reason });
  });

  it('takes 8 media lines and 16,384 characters, no more', () => {
    const media = 'm=audio 1 RTP/AVP 0\n';
    expect(parseSdp(`v=0\n${media.repeat(8)}`).ok).toBe(true);
    expect(parseSdp(`v=0\n${media.repeat(9)}`)).toEqual({ ok: false, reason: 'too-many-media' });
    const filler = (length: number): string => `v=0\ni=${'x'.repeat(length - 6)}`;
    expect(parseSdp(filler(16_384)).ok).toBe(true);
    expect(parseSdp(filler(16_385))).toEqual({ ok: false, reason: 'too-long' });
  });

  it('never throws, nor does answering what it read', () => {
    const line = fc.oneof(
      fc.constantFrom(...plain.split('\n'), 'a=fmtp:101 0-99999', 'c=IN IP6 ::', 'm=audio 9 RTP/AVP 101'),
      fc.string(),
      fc
        .tuple(fc.constantFrom('m=audio ', 'a=rtpmap:', 'a=fmtp:', 'c=IN IP4 ', 'a=rtcp:', 't='), fc.string())
        .map(([start, rest]) => start + rest),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 15 }), (lines) => {
        answerAny(['v=0', ...lines].join('\n'));
      }),
      { numRuns: 3_000 },
    );
  });

  const corpora = [sipCorpus('protos-sample'), sipCorpus('sip-malformed'), sipCorpus('rfc4475')];
  it.skipIf(corpora.every((corpus) => corpus === undefined))(
    'never throws on the bodies of the corpora',
    () => {
      let answered = 0;
      for (const octets of corpora.flatMap((corpus) => corpus ?? [])) {
        const body =
          Buffer.from(octets)
            .toString('latin1')
            .split(/\r?\n\r?\n/)[1] ?? '';
        if (answerAny(body)) answered++;
      }
      expect(answered).toBeGreaterThan(300);
    },
  );
});

function answerAny(text: string): boolean {
  const offer = parseSdp(text);
  if (!offer.ok) return false;
  const local = { address: '192.0.2.20', port: 40000, rtcpPort: 40001, sessionId: '1', sessionVersion: 1 };
  const answer = answerOffer(offer.value, local, defaultAudioPreferences);
  if (answer.ok) expect(parseSdp(answer.value.sdp).ok).toBe(true);
  return answer.ok;
}
