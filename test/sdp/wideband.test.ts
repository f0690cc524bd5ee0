import { describe, expect, it } from 'vitest';
import { type Answer, answerOffer } from '../../src/sdp/answer.ts';
import { type AudioCodecName, type LocalAudio, sampleRateHz } from '../../src/sdp/negotiated.ts';
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
const wideband = { codecs: ['G722', 'PCMA', 'PCMU'], order: 'offer' } as const;

describe('an offer of G.722', () => {
  const usual = ['m=audio 6000 RTP/AVP 9 8 101', 'a=rtpmap:9 G722/8000', 'a=rtpmap:101 telephone-event/8000'];

  it('is taken where it is allowed, with the clock of 8000 Hz that everybody writes', () => {
    const { sdp, audio } = answerTo(usual);
    expect(sdp).toContain('m=audio 40000 RTP/AVP 9 101\r\na=rtpmap:9 G722/8000\r\n');
    expect(audio).toMatchObject({ codec: 'G722', payloadType: 9, telephoneEventPayloadType: 101 });
    expect(sampleRateHz(audio.codec)).toBe(16_000);
  });

  it('is passed over where it is not: by default', () => {
    const answer = answerTo(usual, defaultAudioPreferences.codecs);
    expect(answer.audio.codec).toBe('PCMA');
    expect(sampleRateHz(answer.audio.codec)).toBe(8000);
  });

  it.each([
    ['its static payload type without a map', ['m=audio 6000 RTP/AVP 9'], 9],
    ['a payload type of the other side', ['m=audio 6000 RTP/AVP 109', 'a=rtpmap:109 G722/8000'], 109],
    [
      'letters of any case, and its one channel named',
      ['m=audio 6000 RTP/AVP 9', 'a=rtpmap:9 g722/8000/1'],
      9,
    ],
    ['parameters that it does not have', ['m=audio 6000 RTP/AVP 9', 'a=fmtp:9 bitrate=64000;x'], 9],
    ['another packet time', ['m=audio 6000 RTP/AVP 9', 'a=ptime:40'], 9],
  ])('may have %s', (_, lines, payloadType) => {
    expect(answerTo(lines).audio).toMatchObject({ codec: 'G722', payloadType });
  });

  it('is none when its clock is not what all others mean by it, or when it is another codec', () => {
    for (const map of ['G722/16000', 'G7221/16000', 'G722-1/8000', 'G722/8000/2']) {
      expect(answerTo(['m=audio 6000 RTP/AVP 96 8', `a=rtpmap:96 ${map}`]).audio.codec).toBe('PCMA');
    }
  });

  it('comes second when the other side has it second, and first when we choose', () => {
    const lines = ['m=audio 6000 RTP/AVP 0 9'];
    expect(answerTo(lines).audio.codec).toBe('PCMU');
    expect(answerTo(lines, wideband.codecs, 'own').audio.codec).toBe('G722');
  });
});

describe('our offer of G.722', () => {
  const offer = createOffer(local, wideband, 'sendrecv');

  it('has it where the operator put it', () => {
    expect(offer).toContain(
      'm=audio 40000 RTP/AVP 9 8 0 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n',
    );
  });

  it.each([
    ['G722', '9'],
    ['PCMA', '8 9'],
  ])('is settled as %s by an answer of %s', (codec, formats) => {
    const answer = parseSdp(descriptionOf([`m=audio 6000 RTP/AVP ${formats}`]));
    const accepted = answer.ok ? acceptAnswer(offer, answer.value) : answer;
    expect(accepted).toMatchObject({ ok: true, value: { codec } });
  });
});

function answerTo(
  lines: readonly string[],
  codecs: readonly AudioCodecName[] = wideband.codecs,
  order: 'offer' | 'own' = 'offer',
): Answer {
  const offer = parseSdp(descriptionOf(lines));
  if (!offer.ok) throw new Error(offer.reason);
  const answer = answerOffer(offer.value, local, { codecs, order });
  if (!answer.ok) throw new Error(answer.reason);
  return answer.value;
}

function descriptionOf(lines: readonly string[]): string {
  const session = ['v=0', 'o=- 1 1 IN IP4 198.51.100.7', 's=-', 'c=IN IP4 198.51.100.7', 't=0 0'];
  return `${[...session, ...lines].join('\r\n')}\r\n`;
}
