import { describe, expect, it } from 'vitest';
import { type Answer, answerOffer } from '../../src/sdp/answer.ts';
import type { LocalAudio, MediaDirection } from '../../src/sdp/negotiated.ts';
import { parseSdp } from '../../src/sdp/parse.ts';
import { type AudioPreferences, defaultAudioPreferences } from '../../src/sdp/preferences.ts';

const local: LocalAudio = {
  address: '192.0.2.20',
  port: 40_000,
  rtcpPort: 40_001,
  sessionId: '3931',
  sessionVersion: 2,
};

describe('the answer to a real-world offer', () => {
  it('of a trunk that speaks A-law, µ-law, G.722 and events', () => {
    const answer = answered(`v=0
o=root 1821 1821 IN IP4 198.51.100.7
s=Example PBX 18
c=IN IP4 198.51.100.7
t=0 0
m=audio 14940 RTP/AVP 9 8 0 101
a=rtpmap:9 G722/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:30
a=maxptime:150
a=sendrecv
`);
    expect(answer.sdp).toBe(
      lines(
        'v=0',
        'o=- 3931 2 IN IP4 192.0.2.20',
        's=-',
        'c=IN IP4 192.0.2.20',
        't=0 0',
        'm=audio 40000 RTP/AVP 8 101',
        'a=rtpmap:8 PCMA/8000',
        'a=rtpmap:101 telephone-event/8000',
        'a=fmtp:101 0-16',
        'a=ptime:20',
        'a=sendrecv',
      ),
    );
    expect(answer.audio).toEqual({
      codec: 'PCMA',
      payloadType: 8,
      telephoneEventPayloadType: 101,
      comfortNoisePayloadType: undefined,
      remoteAddress: '198.51.100.7',
      remotePort: 14940,
      remoteRtcpPort: 14941,
      rtcpMux: false,
      direction: 'sendrecv',
      remotePtimeMs: 30,
    });
  });

  it('of a gateway with static payload types only, comfort noise and no rtpmap', () => {
    const answer = answered(`v=0
o=GW 1 1 IN IP4 10.33.6.100
s=Phone-Call
c=IN IP4 10.33.6.100
t=0 0
m=audio 6000 RTP/AVP 8 13
a=ptime:20
`);
    expect(mediaLine(answer)).toBe('m=audio 40000 RTP/AVP 8 13');
    expect(answer.audio).toMatchObject({
      codec: 'PCMA',
      comfortNoisePayloadType: 13,
      telephoneEventPayloadType: undefined,
    });
    expect(answer.sdp).not.toContain('telephone-event');
    expect(answer.sdp).not.toContain('fmtp');
  });

  it('of a softphone with video, events under 96, and rtcp-mux', () => {
    const answer = answered(`v=0
o=- 3713 1 IN IP4 192.0.2.4
s=call
c=IN IP4 192.0.2.4
t=3149328700 0
m=video 9078 RTP/AVP 31 97
a=rtpmap:31 LPC/9000
m=audio 11424 RTP/AVP 111 0 8 96
a=rtpmap:111 opus/48000/2
a=rtpmap:0 pcmu/8000/1
a=rtpmap:96 Telephone-Event/8000
a=fmtp:96 0-15,32,36
a=rtcp-mux
m=audio 11426 RTP/AVP 0
m=image 11428 udptl t38
`);
    expect(answer.sdp.split('\r\n').filter((line) => line.startsWith('m='))).toEqual([
      'm=video 0 RTP/AVP 31 97',
      'm=audio 40000 RTP/AVP 0 96',
      'm=audio 0 RTP/AVP 0',
      'm=image 0 udptl t38',
    ]);
    expect(answer.sdp).toContain('t=3149328700 0\r\n');
    expect(answer.sdp).toContain('a=fmtp:96 0-15\r\n');
    expect(answer.sdp).toContain('a=rtcp-mux\r\n');
    expect(answer.audio).toMatchObject({
      codec: 'PCMU',
      rtcpMux: true,
      remotePort: 11424,
      remoteRtcpPort: 11424,
    });
  });

  it('over IPv6, with an RTCP port of its own', () => {
    const answer = answered(
      `v=0
o=- 1 1 IN IP6 2001:db8::20
s=-
c=IN IP6 2001:0DB8:0::0:20
t=0 0
m=audio 6000 RTP/AVP 0
a=rtcp:7001 IN IP6 2001:db8::20
`,
      { ...local, address: '2001:db8::1', rtcpPort: 40_005 },
    );
    expect(answer.sdp).toContain('o=- 3931 2 IN IP6 2001:db8::1\r\n');
    expect(answer.sdp).toContain('c=IN IP6 2001:db8::1\r\n');
    expect(answer.sdp).toContain('a=rtcp:40005\r\n');
    expect(answer.audio).toMatchObject({
      remoteAddress: '2001:db8::20',
      remoteRtcpPort: 7001,
      rtcpMux: false,
    });
  });

  it('with feedback nobody has to use', () => {
    const answer = answered(offer('m=audio 6000 RTP/AVPF 8', 'a=rtcp-fb:8 nack'));
    expect(mediaLine(answer)).toBe('m=audio 40000 RTP/AVPF 8');
    expect(answer.sdp).not.toContain('rtcp-fb');
  });

  it('with an encrypted stream and a plain one', () => {
    const answer = answered(offer('m=audio 6000 RTP/SAVP 8', 'a=crypto:1 AES', 'm=audio 6002 RTP/AVP 8'));
    expect(answer.sdp).toContain('m=audio 0 RTP/SAVP 8\r\nm=audio 40000 RTP/AVP 8\r\n');
    expect(answer.audio.remotePort).toBe(6002);
  });

  it('whose first audio stream is disabled', () => {
    expect(answered(offer('m=audio 0 RTP/AVP 8', 'm=audio 6002 RTP/AVP 0')).audio).toMatchObject({
      codec: 'PCMU',
      remotePort: 6002,
    });
  });
});

describe('hold', () => {
  it.each<readonly [string, MediaDirection, string]>([
    ['a=sendrecv', 'sendrecv', '192.0.2.4'],
    ['a=sendonly', 'recvonly', '192.0.2.4'],
    ['a=recvonly', 'sendonly', '192.0.2.4'],
    ['a=inactive', 'inactive', '192.0.2.4'],
    ['a=x', 'sendrecv', '192.0.2.4'],
    ['a=sendrecv', 'recvonly', '0.0.0.0'],
    ['a=x', 'recvonly', '0.0.0.0'],
    ['a=sendonly', 'recvonly', '0.0.0.0'],
    ['a=inactive', 'inactive', '0.0.0.0'],
    ['a=recvonly', 'inactive', '0.0.0.0'],
  ])('%s is answered %s when the address is %s', (line, direction, address) => {
    const answer = answered(offer('m=audio 6000 RTP/AVP 8', line).replaceAll('192.0.2.4', address));
    expect(answer.audio.direction).toBe(direction);
    expect(answer.sdp).toContain(`a=${direction}\r\n`);
  });

  it('by the IPv6 address ::', () => {
    const answer = answered(offer('m=audio 6000 RTP/AVP 8').replaceAll('IP4 192.0.2.4', 'IP6 ::'));
    expect(answer.audio).toMatchObject({ direction: 'recvonly', remoteAddress: '::' });
  });

  it('is said for the session where the stream says nothing', () => {
    const text = offer('m=audio 6000 RTP/AVP 8').replace('t=0 0', 't=0 0\na=sendonly');
    expect(answered(text).audio.direction).toBe('recvonly');
    expect(answered(`${text}a=sendrecv\n`).audio.direction).toBe('sendrecv');
  });

  it('of one stream leaves the address of the other alone', () => {
    const text = offer(
      'm=audio 6000 RTP/AVP 8',
      'c=IN IP4 198.51.100.9',
      'm=audio 6002 RTP/AVP 8',
      'c=IN IP4 0.0.0.0',
    );
    expect(answered(text).audio).toMatchObject({ direction: 'sendrecv', remoteAddress: '198.51.100.9' });
  });
});

describe('the codec', () => {
  const both = offer('m=audio 6000 RTP/AVP 0 8');

  it.each<readonly [AudioPreferences, string, string]>([
    [defaultAudioPreferences, both, 'PCMU 0'],
    [{ codecs: ['PCMA', 'PCMU'], order: 'own' }, both, 'PCMA 8'],
    [{ codecs: ['PCMA'], order: 'offer' }, both, 'PCMA 8'],
    [defaultAudioPreferences, offer('m=audio 6000 RTP/AVP 97 8', 'a=rtpmap:97 PCMU/8000'), 'PCMU 97'],
    [defaultAudioPreferences, offer('m=audio 6000 RTP/AVP 0 8', 'a=rtpmap:0 G729/8000'), 'PCMA 8'],
    [defaultAudioPreferences, offer('m=audio 6000 RTP/AVP 97 8', 'a=rtpmap:97 PCMU/16000'), 'PCMA 8'],
    [defaultAudioPreferences, offer('m=audio 6000 RTP/AVP 97 8', 'a=rtpmap:97 PCMU/8000/2'), 'PCMA 8'],
    [defaultAudioPreferences, offer('m=audio 6000 RTP/AVP 256 -1 x 8'), 'PCMA 8'],
  ])('by %o', (preferences, text, expected) => {
    const { codec, payloadType } = answered(text, local, preferences).audio;
    expect(`${codec} ${payloadType}`).toBe(expected);
  });
});

describe('telephone-event', () => {
  it.each([
    ['a=fmtp:101 0-16', '0-16'],
    ['a=fmtp:101 0-15', '0-15'],
    ['a=fmtp:101 0-11,16', '0-11,16'],
    ['a=fmtp:101 events=0-15', '0-15'],
    ['a=fmtp:101 11,3,4,5', '3-5,11'],
    ['a=fmtp:101 0-255', '0-16'],
    ['a=fmtp:101 0-99999999', '0-15'],
    ['a=fmtp:101 5-2', undefined],
    ['a=fmtp:101 17-20', undefined],
    ['a=fmtp:101 all', '0-15'],
    ['a=x', '0-15'],
  ])('%s is answered with events %s', (line, events) => {
    const text = offer('m=audio 6000 RTP/AVP 8 101', 'a=rtpmap:101 telephone-event/8000', line);
    const answer = answered(text);
    expect(/a=fmtp:101 (.*)/.exec(answer.sdp)?.[1]).toBe(events);
    expect(answer.audio.telephoneEventPayloadType).toBe(events === undefined ? undefined : 101);
  });

  it('at another clock rate than the codec is left out', () => {
    const text = offer(
      'm=audio 6000 RTP/AVP 8 100 101',
      'a=rtpmap:100 telephone-event/48000',
      'a=rtpmap:101 telephone-event/8000',
    );
    expect(answered(text).audio.telephoneEventPayloadType).toBe(101);
  });
});

describe('ptime', () => {
  it.each([
    ['10', 10],
    ['60', 60],
    ['20.0', 20],
    ['9', undefined],
    ['61', undefined],
    ['1000000', undefined],
    ['x', undefined],
  ])('%s asks for %s', (ptime, milliseconds) => {
    const answer = answered(offer('m=audio 6000 RTP/AVP 8', `a=ptime:${ptime}`));
    expect(answer.audio.remotePtimeMs).toBe(milliseconds);
    expect(answer.sdp).toContain('a=ptime:20\r\n');
  });
});

describe('the address that may be heard', () => {
  it.each([
    ['IP6 2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['IP6 ::ffff:192.0.2.2', '192.0.2.2'],
    ['IP4 192.0.2.2/127', '192.0.2.2'],
    ['IP4 2001:db8::1', '2001:db8::1'],
  ])('of %s is %s, as sockets write it', (connection, address) => {
    const text = offer('m=audio 6000 RTP/AVP 8').replaceAll('IP4 192.0.2.4', connection);
    const own = address.includes(':') ? { ...local, address: '2001:db8::2' } : local;
    expect(answered(text, own).audio.remoteAddress).toBe(address);
  });

  it('the highest port has no RTCP port above it', () => {
    expect(answered(offer('m=audio 65535 RTP/AVP 8')).audio.remoteRtcpPort).toBe(65_535);
  });

  it.each([
    ['a=rtcp:0', 6001],
    ['a=rtcp:65536', 6001],
    ['a=rtcp:', 6001],
    ['a=rtcp', 6001],
    ['a=rtcp:5000', 5000],
  ])('%s sends RTCP to port %i', (line, port) => {
    expect(answered(offer('m=audio 6000 RTP/AVP 8', line)).audio.remoteRtcpPort).toBe(port);
  });
});

describe('an offer is refused', () => {
  it.each([
    ['no media', offer(), 'no-audio'],
    ['video only', offer('m=video 6000 RTP/AVP 31'), 'no-audio'],
    ['T.38 only', offer('m=image 6000 udptl t38'), 'no-audio'],
    ['port 0', offer('m=audio 0 RTP/AVP 8'), 'no-audio'],
    ['SRTP only', offer('m=audio 6000 RTP/SAVP 8'), 'unsupported-transport'],
    ['DTLS-SRTP only', offer('m=audio 6000 UDP/TLS/RTP/SAVPF 8'), 'unsupported-transport'],
    [
      'G.729 only',
      offer('m=audio 6000 RTP/AVP 18 101', 'a=rtpmap:101 telephone-event/8000'),
      'no-common-codec',
    ],
    ['comfort noise only', offer('m=audio 6000 RTP/AVP 13'), 'no-common-codec'],
    ['no c=', offer('m=audio 6000 RTP/AVP 8').replace(/c=.*\n/, ''), 'unusable-address'],
    ['a host name', offer('m=audio 6000 RTP/AVP 8', 'c=IN IP4 media.example.com'), 'unusable-address'],
    ['a multicast group', offer('m=audio 6000 RTP/AVP 8', 'c=IN IP4 224.2.1.1/127'), 'unusable-address'],
    ['a multicast group of IPv6', offer('m=audio 6000 RTP/AVP 8', 'c=IN IP6 ff15::101'), 'unusable-address'],
    [
      'the broadcast address',
      offer('m=audio 6000 RTP/AVP 8', 'c=IN IP4 255.255.255.255'),
      'unusable-address',
    ],
    ['an octal address', offer('m=audio 6000 RTP/AVP 8', 'c=IN IP4 0300.0.2.1'), 'unusable-address'],
    ['a number for an address', offer('m=audio 6000 RTP/AVP 8', 'c=IN IP4 3221225985'), 'unusable-address'],
    [
      'an address of the other IP version',
      offer('m=audio 6000 RTP/AVP 8', 'c=IN IP6 2001:db8::1'),
      'unusable-address',
    ],
    ['an address with a zone', offer('m=audio 6000 RTP/AVP 8', 'c=IN IP6 fe80::1%eth0'), 'unusable-address'],
  ])('for %s', (_, text, reason) => {
    const session = parseSdp(text);
    if (!session.ok) expect.fail(session.reason);
    expect(answerOffer(session.value, local, defaultAudioPreferences)).toEqual({ ok: false, reason });
  });
});

function offer(...media: string[]): string {
  return `v=0\no=- 1 1 IN IP4 192.0.2.4\ns=-\nc=IN IP4 192.0.2.4\nt=0 0\n${media.map((line) => `${line}\n`).join('')}`;
}

function answered(text: string, end: LocalAudio = local, preferences = defaultAudioPreferences): Answer {
  const session = parseSdp(text);
  if (!session.ok) expect.fail(session.reason);
  const answer = answerOffer(session.value, end, preferences);
  if (!answer.ok) expect.fail(answer.reason);
  return answer.value;
}

function mediaLine(answer: Answer): string | undefined {
  return answer.sdp.split('\r\n').find((line) => line.startsWith('m='));
}

function lines(...all: string[]): string {
  return all.map((line) => `${line}\r\n`).join('');
}
