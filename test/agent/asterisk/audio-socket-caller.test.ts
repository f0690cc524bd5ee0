import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AudioSocketCaller, type AudioSocketWord } from '../../../src/agent/asterisk/audio-socket-caller.ts';
import {
  serializeAudio,
  serializeDigit,
  serializeHangUp,
  serializeUuid,
} from '../../../src/agent/asterisk/audio-socket-frames.ts';

const uuid = '7c0e6a52-5d0b-4a0e-9a55-5b6a3f1d2c11';
const frame = serializeAudio(new Uint8Array(320), 8000);

function said(caller: AudioSocketCaller, octets: Uint8Array, nowMs = 0): AudioSocketWord[] {
  const words: AudioSocketWord[] = [];
  caller.push(octets, nowMs);
  for (let word = caller.take(); word !== undefined; word = caller.take()) words.push(word);
  return words;
}

function broken(...frames: readonly Uint8Array[]): string | undefined {
  const word = said(new AudioSocketCaller(0), Buffer.concat(frames)).at(-1);
  return word?.kind === 'broken' ? word.reason : undefined;
}

describe('an Asterisk that calls over AudioSocket', () => {
  it('says who it is, then audio and keys, then that it is over', () => {
    const words = said(
      new AudioSocketCaller(0),
      Buffer.concat([serializeUuid(uuid), frame, serializeDigit('5'), serializeHangUp()]),
    );
    expect(words.map(({ kind }) => kind)).toEqual(['uuid', 'audio', 'digit', 'hang-up']);
    expect(words[0]).toEqual({ kind: 'uuid', uuid });
    expect(words[2]).toEqual({ kind: 'digit', digit: '5' });
  });

  it('is cut off when anything comes before the UUID but the end', () => {
    expect(broken(frame)).toBe('no-uuid');
    expect(broken(serializeDigit('1'))).toBe('no-uuid');
    expect(broken(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))).toBe('no-uuid');
    expect(broken(Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01), new Uint8Array(800))).toBe('no-uuid');
    expect(said(new AudioSocketCaller(0), serializeHangUp())).toEqual([{ kind: 'hang-up' }]);
    expect(said(new AudioSocketCaller(0), Uint8Array.of(0xff, 0, 1, 7))).toEqual([
      { kind: 'error', code: 7 },
    ]);
  });

  it('is cut off for a second UUID, and for a frame that no AudioSocket has', () => {
    expect(broken(serializeUuid(uuid), serializeUuid(uuid))).toBe('protocol-error');
    expect(broken(serializeUuid(uuid), Uint8Array.of(0x77, 0xff, 0xff))).toBe('protocol-error');
  });

  it('may say short things of a later version, and keys that are none: they are left out', () => {
    const later = Uint8Array.of(0x42, 0, 2, 1, 2);
    expect(
      said(new AudioSocketCaller(0), Buffer.concat([serializeUuid(uuid), later, serializeDigit('x'), frame])),
    ).toMatchObject([{ kind: 'uuid' }, { kind: 'audio' }]);
  });

  it('may come in time, or with half a minute that was held up, and with no more', () => {
    const caller = new AudioSocketCaller(0);
    said(caller, serializeUuid(uuid));
    for (let nowMs = 0; nowMs < 600_000; nowMs += 20)
      expect(said(caller, frame, nowMs)).toMatchObject([{ kind: 'audio' }]);
    const halfMinute = Buffer.concat(Array.from({ length: 1490 }, () => frame));
    expect(said(caller, halfMinute, 630_000)).toHaveLength(1490);
    expect(said(caller, halfMinute, 630_020).at(-1)).toEqual({ kind: 'broken', reason: 'flooded' });
    expect(said(caller, frame, 700_000)).toEqual([]);
  });

  it('is cut off for a flood of frames that hold nothing', () => {
    const empty = Buffer.concat(Array.from({ length: 10_000 }, () => Uint8Array.of(0x10, 0, 0)));
    expect(broken(serializeUuid(uuid), empty)).toBe('flooded');
  });

  it('gives words or one reason for any octets, in any pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 20 }), (pieces) => {
        const caller = new AudioSocketCaller(0);
        const words = pieces.flatMap((piece) => said(caller, piece));
        expect(words.filter(({ kind }) => kind === 'broken').length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
