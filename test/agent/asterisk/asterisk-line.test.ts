import { describe, expect, it } from 'vitest';
import { createAsteriskLine } from '../../../src/agent/asterisk/asterisk-line.ts';
import {
  serializeAudio,
  serializeDigit,
  serializeHangUp,
  serializeUuid,
} from '../../../src/agent/asterisk/audio-socket-frames.ts';
import { inboundLineCall, RecordingLine } from '../../support/recording-line.ts';

function openLine(rateHz = 8000) {
  const line = new RecordingLine();
  const protocol = createAsteriskLine(line, inboundLineCall, { rateHz });
  protocol.opened(0);
  return { line, protocol };
}

describe('the Asterisk line', () => {
  it('says whose call it is, then sends and takes audio at once', () => {
    const { line, protocol } = openLine(16_000);
    expect(line.sent.splice(0)).toEqual([serializeUuid(inboundLineCall.sessionId)]);
    expect(line.audio).toMatchObject({
      toAgent: { encoding: 'l16', rateHz: 16_000 },
      chunkMs: 20,
      fromAgent: { encoding: 'l16', rateHz: 16_000 },
    });
    const chunk = new Uint8Array(640).fill(3);
    protocol.caller(chunk);
    chunk.fill(4);
    expect(line.sent).toEqual([serializeAudio(new Uint8Array(640).fill(3), 16_000)]);
  });

  it('sends keys, and hangs up at the end', () => {
    const { line, protocol } = openLine();
    line.sent.splice(0);
    protocol.digit('*', 100);
    protocol.stop();
    expect(line.sent).toEqual([serializeDigit('*'), serializeHangUp()]);
  });

  it('plays what the server sends, however TCP cuts it', () => {
    const { line, protocol } = openLine();
    const frame = serializeAudio(new Uint8Array(320).fill(9), 8000);
    protocol.octets(frame.slice(0, 2));
    protocol.octets(frame.slice(2, 100));
    protocol.octets(Buffer.concat([frame.subarray(100), frame]));
    expect(line.played.map(({ octets }) => octets.length)).toEqual([320, 320]);
  });

  it('ends when the server hangs up, and plays nothing that comes after', () => {
    const { line, protocol } = openLine();
    protocol.octets(Buffer.concat([serializeHangUp(), serializeAudio(new Uint8Array(320), 8000)]));
    protocol.octets(serializeAudio(new Uint8Array(320), 8000));
    expect([line.ended, line.played]).toEqual(['closed-by-agent', []]);
  });

  it('gives up a server that tells an error, with its code', () => {
    const { line, protocol } = openLine();
    protocol.octets(Uint8Array.of(0xff, 0, 1, 2));
    expect([line.ended, line.told]).toEqual(['rejected', [{ kind: 'warning', text: 'error 2' }]]);
  });

  it('leaves out small frames it does not know, and gives up a stream that is no AudioSocket', () => {
    const { line, protocol } = openLine();
    protocol.octets(Uint8Array.of(0x20, 0, 2, 1, 1));
    protocol.octets(serializeAudio(new Uint8Array(320), 8000));
    expect([line.played.length, line.ended]).toEqual([1, undefined]);
    protocol.octets(Buffer.from('HTTP/1.1 400 Bad Request\r\n'));
    expect(line.ended).toBe('protocol-error');
    expect(line.told).toEqual([{ kind: 'warning', text: 'a frame of type 32 with 2 octets is left out' }]);
  });

  it('leaves out audio at a rate that was not agreed on', () => {
    const { line, protocol } = openLine();
    protocol.octets(serializeAudio(new Uint8Array(640), 16_000));
    expect(line.played).toEqual([]);
    expect(line.told).toEqual([{ kind: 'warning', text: 'audio at 16000 Hz is left out' }]);
  });
});
