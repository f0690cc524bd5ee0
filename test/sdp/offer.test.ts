import { describe, expect, it } from 'vitest';
import { answerOffer } from '../../src/sdp/answer.ts';
import type { SessionDescription } from '../../src/sdp/description.ts';
import type { LocalAudio, MediaDirection } from '../../src/sdp/negotiated.ts';
import { acceptAnswer, createOffer } from '../../src/sdp/offer.ts';
import { parseSdp } from '../../src/sdp/parse.ts';
import { defaultAudioPreferences } from '../../src/sdp/preferences.ts';

const local: LocalAudio = {
  address: '192.0.2.20',
  port: 40_000,
  rtcpPort: 40_001,
  sessionId: '3931',
  sessionVersion: 1,
};
const far: LocalAudio = { ...local, address: '192.0.2.4', port: 6000, rtcpPort: 6001, sessionId: '7' };

describe('createOffer', () => {
  it('offers our codecs in our order, and events', () => {
    expect(createOffer(local, defaultAudioPreferences, 'sendrecv')).toBe(
      [
        'v=0',
        'o=- 3931 1 IN IP4 192.0.2.20',
        's=-',
        'c=IN IP4 192.0.2.20',
        't=0 0',
        'm=audio 40000 RTP/AVP 8 0 101',
        'a=rtpmap:8 PCMA/8000',
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:101 telephone-event/8000',
        'a=fmtp:101 0-16',
        'a=ptime:20',
        'a=sendrecv',
        '',
      ].join('\r\n'),
    );
  });

  it('keeps media lines in their places and payload types in their meanings', () => {
    const remote = described(
      'm=video 9000 RTP/AVP 31',
      'm=audio 6000 RTP/AVPF 97 96',
      'a=rtpmap:97 PCMU/8000',
      'a=rtpmap:96 telephone-event/8000',
      'a=rtcp-mux',
      'm=audio 6002 RTP/AVP 8',
    );
    const offer = createOffer(local, { codecs: ['PCMU'], order: 'own' }, 'sendonly', remote);
    expect(offer.split('\r\n').slice(5)).toEqual([
      'm=video 0 RTP/AVP 31',
      'm=audio 40000 RTP/AVPF 97 96',
      'a=rtpmap:97 PCMU/8000',
      'a=rtpmap:96 telephone-event/8000',
      'a=fmtp:96 0-16',
      'a=ptime:20',
      'a=sendonly',
      'a=rtcp-mux',
      'm=audio 0 RTP/AVP 8',
      '',
    ]);
  });

  it('takes the place of an audio stream that was refused, or a new one', () => {
    const refused = createOffer(local, defaultAudioPreferences, 'sendrecv', described('m=audio 0 RTP/AVP 8'));
    expect(refused).toContain('m=audio 40000 RTP/AVP 8 0 101\r\n');
    expect(refused.match(/^m=/gm)).toHaveLength(1);
    const added = createOffer(local, defaultAudioPreferences, 'sendrecv', described('m=image 5 udptl t38'));
    expect(added).toContain('m=image 0 udptl t38\r\nm=audio 40000');
  });
});

describe('acceptAnswer', () => {
  const offer = createOffer(local, defaultAudioPreferences, 'sendrecv');

  it('agrees with the answer of our own answerer, both ends alike', () => {
    const answer = answerOffer(read(offer), far, defaultAudioPreferences);
    if (!answer.ok) expect.fail(answer.reason);
    expect(acceptAnswer(offer, read(answer.value.sdp))).toEqual({
      ok: true,
      value: {
        ...answer.value.audio,
        remoteAddress: '192.0.2.4',
        remotePort: 6000,
        remoteRtcpPort: 6001,
        remotePtimeMs: 20,
      },
    });
  });

  it('takes the first codec of the answer', () => {
    expect(accepted('m=audio 6000 RTP/AVP 0 8')).toMatchObject({
      codec: 'PCMU',
      telephoneEventPayloadType: undefined,
    });
  });

  it('expects events under our own number', () => {
    const answer = ['m=audio 6000 RTP/AVP 8 96', 'a=rtpmap:96 telephone-event/8000'];
    expect(accepted(...answer)).toMatchObject({ telephoneEventPayloadType: 101 });
  });

  it.each<readonly [MediaDirection, MediaDirection, MediaDirection]>([
    ['sendrecv', 'sendrecv', 'sendrecv'],
    ['sendrecv', 'sendonly', 'recvonly'],
    ['sendrecv', 'recvonly', 'sendonly'],
    ['sendrecv', 'inactive', 'inactive'],
    ['sendonly', 'recvonly', 'sendonly'],
    ['sendonly', 'sendrecv', 'sendonly'],
    ['sendonly', 'sendonly', 'inactive'],
    ['recvonly', 'sendonly', 'recvonly'],
    ['inactive', 'sendrecv', 'inactive'],
  ])('%s answered by %s is %s', (offered, answered, direction) => {
    const own = createOffer(local, defaultAudioPreferences, offered);
    const outcome = acceptAnswer(own, described('m=audio 6000 RTP/AVP 8', `a=${answered}`));
    expect(outcome.ok && outcome.value.direction).toBe(direction);
  });

  it('looks at the media line that is ours', () => {
    const remote = described('m=video 9000 RTP/AVP 31', 'm=audio 6000 RTP/AVP 8');
    const own = createOffer(local, defaultAudioPreferences, 'sendrecv', remote);
    const outcome = acceptAnswer(own, described('m=video 0 RTP/AVP 31', 'm=audio 6008 RTP/AVP 8'));
    expect(outcome.ok && outcome.value.remotePort).toBe(6008);
  });

  it.each([
    ['no media line', [], 'no-audio'],
    ['port 0', ['m=audio 0 RTP/AVP 8'], 'no-audio'],
    ['another kind', ['m=video 6000 RTP/AVP 31'], 'no-audio'],
    ['a codec that was not offered', ['m=audio 6000 RTP/AVP 18'], 'no-common-codec'],
    ['another transport', ['m=audio 6000 RTP/SAVP 8'], 'unsupported-transport'],
    ['a host name', ['m=audio 6000 RTP/AVP 8', 'c=IN IP4 a.example'], 'unusable-address'],
  ])('refuses %s', (_, answer, reason) => {
    expect(acceptAnswer(offer, described(...answer))).toEqual({ ok: false, reason });
  });

  function accepted(...answer: string[]): unknown {
    const outcome = acceptAnswer(offer, described(...answer));
    return outcome.ok ? outcome.value : outcome.reason;
  }
});

function described(...media: string[]): SessionDescription {
  return read(['v=0', 'o=- 1 1 IN IP4 192.0.2.4', 's=-', 'c=IN IP4 192.0.2.4', 't=0 0', ...media].join('\n'));
}

function read(text: string): SessionDescription {
  const session = parseSdp(text);
  if (!session.ok) expect.fail(session.reason);
  return session.value;
}
