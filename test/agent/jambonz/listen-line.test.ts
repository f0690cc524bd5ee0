import { describe, expect, it } from 'vitest';
import { createListenLine, type ListenLineSettings } from '../../../src/agent/jambonz/listen-line.ts';
import { serializeWav } from '../../../src/audio/wav.ts';
import { tone } from '../../support/audio.ts';
import { inboundLineCall, RecordingLine } from '../../support/recording-line.ts';

function open(settings: Partial<ListenLineSettings> = {}) {
  const line = new RecordingLine();
  const protocol = createListenLine(line, inboundLineCall, {
    ...{ rateHz: 8000, speaksRateHz: 16_000, streaming: false, speaks: true, passDtmf: true },
    introduction: { sampleRate: 8000, mixType: 'mono', callSid: 'sid' },
    ...settings,
  });
  protocol.opened(0);
  const says = (type: string, data?: object) => protocol.text(JSON.stringify({ type, data }));
  return { line, protocol, says };
}

const base64 = (octets: Uint8Array) => Buffer.from(octets).toString('base64');
const pcm = (lengthSamples: number, rateHz = 16_000) =>
  new Uint8Array(tone(440, { rateHz, lengthSamples, levelDb: -12 }).buffer);

describe('the audio socket of listen', () => {
  it('introduces the call, then sends its audio in pieces of 20 ms', () => {
    const { line, protocol } = open();
    expect(line.takeMessages()).toEqual([{ sampleRate: 8000, mixType: 'mono', callSid: 'sid' }]);
    expect(line.audio).toEqual({
      ...{ toAgent: { encoding: 'l16', rateHz: 8000 }, chunkMs: 20 },
      fromAgent: { encoding: 'l16', rateHz: 16_000 },
    });
    const chunk = new Uint8Array([1, 2, 3, 4]);
    protocol.caller(chunk);
    chunk.fill(9);
    expect(line.sent).toEqual([new Uint8Array([1, 2, 3, 4])]);
  });

  it('is silent or still on demand', () => {
    const { line, protocol } = open();
    line.sent.length = 0;
    protocol.told({ status: 'silence' });
    protocol.caller(new Uint8Array([1, 2]));
    protocol.told({ status: 'pause' });
    protocol.caller(new Uint8Array([1, 2]));
    protocol.told({ status: 'resume' });
    protocol.caller(new Uint8Array([1, 2]));
    expect(line.sent).toEqual([new Uint8Array(2), new Uint8Array([1, 2])]);
  });

  it('tells keys with their duration in time stamps, where that is wanted', () => {
    const { line, protocol } = open();
    line.sent.length = 0;
    protocol.digit('1', 200);
    expect(line.takeMessages()).toEqual([{ event: 'dtmf', dtmf: '1', duration: '1600' }]);
    const quiet = open({ passDtmf: false });
    quiet.line.sent.length = 0;
    quiet.protocol.digit('1', 200);
    expect(quiet.line.sent).toEqual([]);
  });

  it.each([
    ['raw', 16_000, pcm(1600)],
    ['raw', 8000, pcm(800, 8000)],
    ['wav', undefined, serializeWav(tone(440, { rateHz: 22_050, lengthSamples: 2205 }), 22_050)],
  ])('plays %s at %s Hz, and tells when it has been heard', (audioContentType, sampleRate, octets) => {
    const { line, protocol, says } = open();
    line.sent.length = 0;
    says('playAudio', { audioContent: base64(octets), audioContentType, sampleRate, id: 'a' });
    expect(line.played[0]?.octets.length).toBe(3200);
    protocol.marked(line.marks[0]!, 'played');
    expect(line.takeMessages()).toEqual([
      {
        type: 'playDone',
        data: { id: 'a', playbackSeconds: 0, playbackMilliseconds: 100, playbackLastOffsetPos: '1600' },
      },
    ]);
  });

  it('replaces what plays unless it is queued, at most ten deep', () => {
    const { line, protocol, says } = open();
    line.sent.length = 0;
    const audioContent = base64(pcm(1600));
    says('playAudio', { audioContent, id: 1 });
    for (let id = 2; id <= 12; id++) says('playAudio', { audioContent, id, queuePlay: true });
    expect(line.played).toHaveLength(10);
    expect(line.told).toEqual(Array(2).fill({ kind: 'warning', text: 'playAudio: too much is queued' }));
    line.heardPart = { reply: line.played[0]?.reply, heardMs: 40 };
    says('killAudio');
    expect(line.takeMessages()).toMatchObject([
      { type: 'playDone', data: { id: 1, playbackMilliseconds: 40 } },
    ]);
    for (const mark of line.marks) protocol.marked(mark, 'cleared');
    expect(line.takeMessages()).toEqual([]);
  });

  it('tells marks when what was before them has been heard, or was taken back', () => {
    const { line, protocol, says } = open();
    line.sent.length = 0;
    says('mark', { name: 'a' });
    says('mark', { name: 'b' });
    says('mark', { name: 'c' });
    protocol.marked(line.marks[0]!, 'played');
    protocol.marked(line.marks[1]!, 'cleared');
    says('clearMarks');
    protocol.marked(line.marks[2]!, 'played');
    expect(line.takeMessages().map(({ data }) => data)).toEqual([
      { name: 'a', event: 'playout' },
      { name: 'b', event: 'cleared' },
      { name: 'c', event: 'cleared' },
    ]);
    for (let i = 0; i < 31; i++) says('mark', { name: 'x' });
    expect(line.told).toEqual([{ kind: 'warning', text: 'mark: too many are waited for' }]);
  });

  it('plays binary audio as it comes where it streams, and nowhere else', () => {
    const streaming = open({ streaming: true });
    streaming.protocol.octets(pcm(160));
    expect(streaming.line.played).toHaveLength(1);
    const plain = open();
    plain.protocol.octets(pcm(160));
    expect(plain.line.played).toEqual([]);
  });

  it('ends when the app disconnects, and hands on what it does not know', () => {
    const { line, protocol, says } = open();
    says('transcription', { text: 'x' });
    protocol.text('{');
    says('disconnect');
    expect(line.told.map(({ kind }) => kind)).toEqual(['message', 'warning']);
    expect(line.ended).toBe('closed-by-agent');
  });

  it.each([
    [{}, 'audio-missing'],
    [{ audioContent: '!!' }, 'base64-invalid'],
    [{ audioContent: 'AAAA', audioContentType: 'mp3' }, 'type-unknown'],
    [{ audioContent: 'AAAA', sampleRate: 1 }, 'rate-unusable'],
    [{ audioContent: 'AAAA', audioContentType: 'wav' }, 'not-wav'],
  ])('does not play %j', (data, reason) => {
    const { line, says } = open();
    says('playAudio', data);
    expect(line.told).toEqual([{ kind: 'warning', text: `playAudio: ${reason}` }]);
    expect(line.played).toEqual([]);
  });
});
