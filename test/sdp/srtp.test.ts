/** Encryption in offers and answers: RFC 4568. */
import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/result.ts';
import { type Answer, answerOffer } from '../../src/sdp/answer.ts';
import type { NegotiationRefusal } from '../../src/sdp/audio-stream.ts';
import type { SessionDescription } from '../../src/sdp/description.ts';
import type { LocalAudio, NegotiatedAudio, NegotiatedSrtp } from '../../src/sdp/negotiated.ts';
import { acceptAnswer, createOffer } from '../../src/sdp/offer.ts';
import { parseSdp } from '../../src/sdp/parse.ts';
import type { AudioPreferences, SrtpPolicy } from '../../src/sdp/preferences.ts';

const local: LocalAudio = {
  address: '192.0.2.20',
  port: 40_000,
  rtcpPort: 40_001,
  sessionId: '3931',
  sessionVersion: 2,
};
const SHA1_80 = 'AES_CM_128_HMAC_SHA1_80';
const SHA1_32 = 'AES_CM_128_HMAC_SHA1_32';
/** RFC 4568 section 4.1's own. */
const theirKey = 'd0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj';
const otherKey = 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';

describe('an offer with encryption is answered', () => {
  it('with the first key that we can take, one of ours, and the transport offered', () => {
    const answer = answered(
      offerOf(
        'RTP/SAVP',
        `1 AES_256_CM_HMAC_SHA1_80 inline:${'A'.repeat(62)}`,
        `2 F8_128_HMAC_SHA1_80 inline:${theirKey}`,
        `3 ${SHA1_32} inline:${theirKey}|2^20|1:4`,
        `4 ${SHA1_80} inline:${otherKey}`,
      ),
      'offer',
    );
    expect(linesOf(answer.sdp)).toEqual([
      'm=audio 40000 RTP/SAVP 8',
      `a=crypto:3 ${SHA1_32} inline:${ourKey(1)}`,
    ]);
    expect(answer.audio.srtp).toEqual({
      suite: SHA1_32,
      localKey: ourKey(1),
      remoteKey: theirKey,
      remoteMkiOctets: 4,
    });
  });

  it.each([
    ['never', 'RTP/SAVP', 'unsupported-transport'],
    ['never', 'RTP/AVP', 'plain'],
    ['offer', 'RTP/SAVP', 'encrypted'],
    ['offer', 'RTP/SAVPF', 'encrypted'],
    ['offer', 'rtp/savp', 'encrypted'],
    ['offer', 'RTP/AVP', 'encrypted'],
    ['offer', 'UDP/TLS/RTP/SAVP', 'unsupported-transport'],
    ['require', 'RTP/SAVP', 'encrypted'],
    ['require', 'RTP/AVP', 'encrypted'],
  ] as const)('under `%s` with a key and %s: %s', (policy, protocol, expected) => {
    expect(outcomeOf(offerOf(protocol, `1 ${SHA1_80} inline:${theirKey}`), policy)).toBe(expected);
  });

  it.each([
    ['never', 'RTP/AVP', 'plain'],
    ['offer', 'RTP/AVP', 'plain'],
    ['require', 'RTP/AVP', 'encryption-required'],
    ['require', 'RTP/AVPF', 'encryption-required'],
    ['offer', 'RTP/SAVP', 'no-common-crypto'],
    ['require', 'RTP/SAVP', 'no-common-crypto'],
  ] as const)('under `%s` without a key and %s: %s', (policy, protocol, expected) => {
    expect(outcomeOf(offerOf(protocol), policy)).toBe(expected);
  });

  it.each([
    ['a suite in small letters', `1 aes_cm_128_hmac_sha1_80 inline:${theirKey}`, true],
    ['a key identifier', `1 ${SHA1_80} inline:${theirKey}|1:1`, true],
    ['a lifetime', `1 ${SHA1_80} inline:${theirKey}|1048576`, true],
    ['the longest lifetime', `1 ${SHA1_80} inline:${theirKey}|2^48`, true],
    ['a lifetime beyond it', `1 ${SHA1_80} inline:${theirKey}|2^49`, false],
    ['no lifetime at all', `1 ${SHA1_80} inline:${theirKey}|0`, false],
    ['an identifier of no octets', `1 ${SHA1_80} inline:${theirKey}|1:0`, false],
    ['an identifier of 129', `1 ${SHA1_80} inline:${theirKey}|1:129`, false],
    ['two keys', `1 ${SHA1_80} inline:${theirKey}|1:1;inline:${otherKey}|2:1`, false],
    ['a key too short', `1 ${SHA1_80} inline:${theirKey.slice(4)}`, false],
    ['a key too long', `1 ${SHA1_80} inline:${theirKey}AAAA`, false],
    ['a key that is no base64', `1 ${SHA1_80} inline:${'*'.repeat(40)}`, false],
    ['another way to give the key', `1 ${SHA1_80} uri:https://keys.example`, false],
    ['no tag', `${SHA1_80} inline:${theirKey}`, false],
    ['nothing', '', false],
    ['plain RTCP', `1 ${SHA1_80} inline:${theirKey} UNENCRYPTED_SRTCP`, false],
    ['plain RTP', `1 ${SHA1_80} inline:${theirKey} UNENCRYPTED_SRTP`, false],
    ['no signatures', `1 ${SHA1_80} inline:${theirKey} UNAUTHENTICATED_SRTP`, false],
    ['keys derived anew', `1 ${SHA1_80} inline:${theirKey} KDR=24`, false],
    ['a replay window', `1 ${SHA1_80} inline:${theirKey} WSH=128`, true],
    ['something unknown', `1 ${SHA1_80} inline:${theirKey} FOO=1`, false],
    ['something unknown to be passed over', `1 ${SHA1_80} inline:${theirKey} -FOO=1 WSH=64`, true],
  ])('when the key line has %s: %s', (_, line, isTaken) => {
    expect(outcomeOf(offerOf('RTP/SAVP', line), 'offer')).toBe(isTaken ? 'encrypted' : 'no-common-crypto');
    expect(outcomeOf(offerOf('RTP/AVP', line), 'offer')).toBe(isTaken ? 'encrypted' : 'plain');
  });

  it('for its encrypted stream, where it has a plain one too', () => {
    const both = `${offerOf('RTP/AVP')}m=audio 5000 RTP/SAVP 8\na=crypto:1 ${SHA1_80} inline:${theirKey}\n`;
    expect(linesOf(answered(both, 'offer').sdp)).toEqual([
      'm=audio 0 RTP/AVP 8',
      'm=audio 40000 RTP/SAVP 8',
      `a=crypto:1 ${SHA1_80} inline:${ourKey(1)}`,
    ]);
    expect(linesOf(answered(both, 'never').sdp)).toEqual(['m=audio 40000 RTP/AVP 8', 'm=audio 0 RTP/SAVP 8']);
  });

  it('with the same key as long as theirs is, and with another when theirs is', () => {
    const offer = offerOf('RTP/SAVP', `1 ${SHA1_80} inline:${theirKey}`);
    const first = answered(offer, 'offer').audio.srtp!;
    expect(answered(offer, 'offer', first).audio.srtp).toEqual(first);
    const moved = answered(offer.replace(theirKey, otherKey), 'offer', first).audio.srtp!;
    expect(moved).toMatchObject({ remoteKey: otherKey, localKey: ourKey(1) });
    const weaker = answered(offer.replace(SHA1_80, SHA1_32), 'offer', { ...first, localKey: otherKey });
    expect(weaker.audio.srtp?.localKey).toBe(ourKey(1));
  });
});

describe('our offer with encryption', () => {
  it('is best effort, or required, with a key for each suite', () => {
    const cryptos = [
      `a=crypto:1 ${SHA1_80} inline:${ourKey(1)}`,
      `a=crypto:2 ${SHA1_32} inline:${ourKey(2)}`,
    ];
    expect(linesOf(offered('never'))).toEqual(['m=audio 40000 RTP/AVP 8 101']);
    expect(linesOf(offered('offer'))).toEqual(['m=audio 40000 RTP/AVP 8 101', ...cryptos]);
    expect(linesOf(offered('require'))).toEqual(['m=audio 40000 RTP/SAVP 8 101', ...cryptos]);
  });

  it.each([
    ['offer', 'RTP/AVP', `2 ${SHA1_32} inline:${theirKey}`, SHA1_32],
    ['offer', 'RTP/AVP', '', 'plain'],
    ['offer', 'RTP/SAVP', `1 ${SHA1_80} inline:${theirKey}`, SHA1_80],
    ['offer', 'RTP/AVP', `2 ${SHA1_80} inline:${theirKey}`, 'no-common-crypto'],
    ['offer', 'RTP/AVP', `1 AES_256_CM_HMAC_SHA1_80 inline:${'A'.repeat(62)}`, 'no-common-crypto'],
    ['require', 'RTP/SAVP', `1 ${SHA1_80} inline:${theirKey}`, SHA1_80],
    ['require', 'RTP/SAVP', `7 ${SHA1_80} inline:${theirKey}`, 'no-common-crypto'],
    ['require', 'RTP/SAVP', '', 'no-common-crypto'],
    ['require', 'RTP/AVP', '', 'encryption-required'],
    ['never', 'RTP/AVP', `1 ${SHA1_80} inline:${theirKey}`, 'plain'],
    ['never', 'RTP/SAVP', `1 ${SHA1_80} inline:${theirKey}`, 'unsupported-transport'],
  ] as const)('under `%s`, answered %s with "%s": %s', (policy, protocol, line, expected) => {
    const answer = parsed(offerOf(protocol, ...(line === '' ? [] : [line])));
    const accepted = acceptAnswer(offered(policy), answer);
    expect(accepted.ok ? (accepted.value.srtp?.suite ?? 'plain') : accepted.reason).toBe(expected);
  });

  it('settles the key it gave for the suite that was chosen', () => {
    const accepted = acceptAnswer(
      offered('require'),
      parsed(offerOf('RTP/SAVP', `2 ${SHA1_32} inline:${theirKey}`)),
    );
    expect(accepted).toMatchObject({
      value: { srtp: { suite: SHA1_32, localKey: ourKey(2), remoteKey: theirKey, remoteMkiOctets: 0 } },
    });
  });

  it('in a call keeps the key in use, and a plain stream plain', () => {
    const settled: NegotiatedSrtp = {
      suite: SHA1_32,
      localKey: otherKey,
      remoteKey: theirKey,
      remoteMkiOctets: 0,
    };
    const remote = parsed(offerOf('RTP/SAVP', `4 ${SHA1_32} inline:${theirKey}`));
    const again = createOffer(local, preferencesOf('offer'), 'sendrecv', remote, settled);
    expect(linesOf(again)).toEqual([
      'm=audio 40000 RTP/SAVP 8 101',
      `a=crypto:1 ${SHA1_32} inline:${otherKey}`,
      `a=crypto:2 ${SHA1_80} inline:${ourKey(1)}`,
    ]);
    const plain = createOffer(local, preferencesOf('offer'), 'sendrecv', parsed(offerOf('RTP/AVP')));
    expect(linesOf(plain)).toEqual(['m=audio 40000 RTP/AVP 8 101']);
  });

  it.each([
    ['RTP/AVP', 'RTP/SAVP'],
    ['RTP/AVPF', 'RTP/SAVPF'],
    ['RTP/SAVPF', 'RTP/SAVPF'],
  ])(
    'in a call that must be encrypted, and was offered as %s with a key, is answered with one too',
    (was, is) => {
      const remote = parsed(offerOf(was, `1 ${SHA1_80} inline:${theirKey}`));
      const again = createOffer(local, preferencesOf('require'), 'sendrecv', remote);
      expect(linesOf(again)[0]).toBe(`m=audio 40000 ${is} 8 101`);
      const plain = acceptAnswer(again, parsed(offerOf('RTP/AVP')));
      expect(plain).toEqual({ ok: false, reason: 'encryption-required' });
    },
  );
});

function offerOf(protocol: string, ...cryptos: string[]): string {
  const lines = cryptos.map((crypto) => `a=crypto:${crypto}\n`).join('');
  return `v=0\no=- 1 1 IN IP4 192.0.2.4\ns=-\nc=IN IP4 192.0.2.4\nt=0 0\nm=audio 4000 ${protocol} 8\n${lines}`;
}

function answer(
  text: string,
  policy: SrtpPolicy | 'never',
  settled?: NegotiatedSrtp,
): Result<Answer, NegotiationRefusal> {
  return answerOffer(parsed(text), local, preferencesOf(policy), settled);
}

function answered(text: string, policy: SrtpPolicy | 'never', settled?: NegotiatedSrtp): Answer {
  const given = answer(text, policy, settled);
  if (!given.ok) throw new Error(given.reason);
  return given.value;
}

function outcomeOf(text: string, policy: SrtpPolicy | 'never'): string {
  const given = answer(text, policy);
  if (!given.ok) return given.reason;
  const { sdp, audio } = given.value;
  expect(sdp.includes('a=crypto')).toBe(isEncrypted(audio));
  return isEncrypted(audio) ? 'encrypted' : 'plain';
}

function isEncrypted(audio: NegotiatedAudio): boolean {
  return audio.srtp !== undefined;
}

function offered(policy: SrtpPolicy | 'never'): string {
  return createOffer(local, preferencesOf(policy), 'sendrecv');
}

function preferencesOf(policy: SrtpPolicy | 'never'): AudioPreferences {
  let keys = 0;
  const newKey = () => ourKey(++keys);
  return { codecs: ['PCMA'], order: 'offer', srtp: policy === 'never' ? undefined : { policy, newKey } };
}

function ourKey(count: number): string {
  return `${'our/key+'.repeat(4)}0000000${count}`;
}

function parsed(text: string): SessionDescription {
  const session = parseSdp(text);
  if (!session.ok) throw new Error(session.reason);
  return session.value;
}

/** What is said of streams and keys. */
function linesOf(sdp: string): string[] {
  return sdp.split('\r\n').filter((line) => line.startsWith('m=') || line.startsWith('a=crypto'));
}
