import { describe, expect, it } from 'vitest';
import { Negotiation } from '../../src/call/negotiation.ts';

const offer = (codec: string): string =>
  `v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP ${codec}\r\n`;

describe('the version of our description', () => {
  it('rises by one from each that was sent to the next, also after an offer that was refused', () => {
    const leg = { localAddress: '192.0.2.1', localPort: 10_000, localRtcpPort: 10_001, sessionId: '7' };
    const negotiation = new Negotiation(leg, { codecs: ['PCMA', 'PCMU'], order: 'offer' });
    const answerTo = (codec: string): string | undefined => {
      const answered = negotiation.answer(offer(codec));
      return answered.ok ? answered.value.sdp : undefined;
    };
    const sent = [answerTo('0'), answerTo('18'), negotiation.offer(), answerTo('8')];
    expect(sent.map((sdp) => /^o=- 7 (\d+)/m.exec(sdp ?? '')?.[1])).toEqual(['1', undefined, '2', '3']);
  });
});
