import { describe, expect, it } from 'vitest';
import { Negotiation } from '../../src/call/negotiation.ts';
import type { SrtpPolicy } from '../../src/sdp/preferences.ts';

const offer = (codec: string): string =>
  `v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP ${codec}\r\n`;

const leg = { localAddress: '192.0.2.1', localPort: 10_000, localRtcpPort: 10_001, sessionId: '7' };

describe('the version of our description', () => {
  it('rises by one from each that was sent to the next, also after an offer that was refused', () => {
    const negotiation = new Negotiation(leg, { codecs: ['PCMA', 'PCMU'], order: 'offer' });
    const answerTo = (codec: string): string | undefined => {
      const answered = negotiation.answer(offer(codec));
      return answered.ok ? answered.value.sdp : undefined;
    };
    const sent = [answerTo('0'), answerTo('18'), negotiation.offer(), answerTo('8')];
    expect(sent.map((sdp) => /^o=- 7 (\d+)/m.exec(sdp ?? '')?.[1])).toEqual(['1', undefined, '2', '3']);
  });
});

describe('the keys of an encrypted call', () => {
  it('stay what they are until the peer changes its own, and are then all new', () => {
    const negotiation = encrypting('require');
    const first = settledBy(negotiation, 'A'.repeat(40));
    expect(settledBy(negotiation, 'A'.repeat(40))).toEqual(first);
    const refused = negotiation.answer(offer('8'));
    expect(refused.ok).toBe(false);
    expect(settledBy(negotiation, 'A'.repeat(40))).toEqual(first);
    const moved = settledBy(negotiation, 'B'.repeat(40));
    expect(moved?.remoteKey).toBe('B'.repeat(40));
    expect(moved?.localKey).not.toBe(first?.localKey);
    expect(settledBy(negotiation, 'B'.repeat(40))).toEqual(moved);
  });

  it('stay what they are in offers of ours', () => {
    const negotiation = encrypting('offer');
    const first = settledBy(negotiation, 'A'.repeat(40));
    const again = negotiation.offer();
    expect(again).toContain(`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${first?.localKey}\r\n`);
    const accepted = negotiation.acceptAnswer(savp('A'.repeat(40)));
    expect(accepted).toMatchObject({ value: { srtp: first } });
  });
});

describe('a refusal', () => {
  it.each([
    [
      'never',
      savp('A'.repeat(40)),
      '302 192.0.2.1:10000 "Incompatible transport protocol: RTP/AVP is spoken"',
    ],
    [
      'require',
      offer('8'),
      '302 192.0.2.1:10000 "Incompatible transport protocol: RTP/SAVP with a=crypto is needed"',
    ],
    [
      'offer',
      savp('A'),
      '306 192.0.2.1:10000 "Attribute not understood: an a=crypto with AES_CM_128_HMAC_SHA1_80 or _32 is needed"',
    ],
  ] as const)('under `srtp: %s` says what is missing', (policy, text, warning) => {
    const negotiation = encrypting(policy);
    const answered = negotiation.answer(text);
    if (answered.ok) throw new Error('it is not refused');
    expect(negotiation.warning(answered.reason)).toEqual([{ name: 'Warning', value: warning }]);
  });
});

function encrypting(policy: SrtpPolicy | 'never'): Negotiation {
  let keys = 0;
  const newKey = () => `${'key/'.repeat(9)}000${++keys}`;
  const srtp = policy === 'never' ? undefined : { policy, newKey };
  return new Negotiation(leg, { codecs: ['PCMA'], order: 'offer', srtp });
}

function settledBy(negotiation: Negotiation, theirKey: string) {
  const answered = negotiation.answer(savp(theirKey));
  return answered.ok ? answered.value.audio.srtp : undefined;
}

function savp(key: string): string {
  const line = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}\r\n`;
  return offer('8').replace('RTP/AVP', 'RTP/SAVP') + line;
}
