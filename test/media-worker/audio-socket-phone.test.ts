import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  serializeAudio,
  serializeDigit,
  serializeHangUp,
  serializeUuid,
} from '../../src/agent/asterisk/audio-socket-frames.ts';
import { linearAudio } from '../../src/media/linear-phone.ts';
import { AudioSocketPhone, plainAddress } from '../../src/media-worker/audio-socket-phone.ts';
import { LegHarness } from '../support/leg-harness.ts';

const uuid = '7c0e6a52-5d0b-4a0e-9a55-5b6a3f1d2c11';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A phone at a connection that takes what it is sent, or nothing. */
function connection(takes = true) {
  const sent: Buffer[] = [];
  const stream = new Duplex({
    read: () => undefined,
    write: (octets, _encoding, done) => {
      sent.push(octets);
      if (takes) done();
    },
  });
  const socket = Object.assign(stream, {
    remoteAddress: '::ffff:192.0.2.7',
    remotePort: 5000,
    setNoDelay: () => undefined,
    setKeepAlive: () => undefined,
  }) as unknown as Socket;
  const told: string[] = [];
  const phone = new AudioSocketPhone(socket, {
    calls: ({ codec }) => told.push(`calls ${codec}`),
    gone: (_, reason) => told.push(reason),
  });
  const heard: Uint8Array[] = [];
  const attach = () =>
    phone.attach({
      receiveRtp: (datagram, address, port) => {
        expect([address, port]).toEqual(['192.0.2.7', 5000]);
        heard.push(datagram);
      },
      digit: (digit) => told.push(`digit ${digit}`),
      gone: (reason) => told.push(`gone ${reason}`),
      failed: (error) => told.push(`failed ${String(error)}`),
    });
  return {
    phone,
    stream,
    sent,
    told,
    heard,
    attach,
    say: (octets: Uint8Array) => stream.emit('data', octets),
  };
}

/** A tick's packet for such a phone. */
function packet(): Uint8Array {
  const legs = new LegHarness({ audio: linearAudio('SLIN', '192.0.2.7', 5000) });
  legs.run(20);
  return legs.sent[0]!.datagram;
}

describe('the connection of an Asterisk', () => {
  it('calls with its first audio, at its rate, and is heard once it has a leg', () => {
    const { say, told, attach, heard } = connection();
    say(serializeUuid(uuid));
    expect(told).toEqual([]);
    say(serializeAudio(new Uint8Array(640), 16_000));
    expect(told).toEqual(['calls SLIN16']);
    attach();
    say(serializeAudio(new Uint8Array(640), 16_000));
    say(serializeDigit('#'));
    expect(heard).toHaveLength(1);
    expect(told.at(-1)).toBe('digit #');
    say(serializeHangUp());
    expect(told.slice(-2)).toEqual(['hung-up', 'gone hung-up']);
  });

  it('calls at 8 kHz a quarter of a second after its UUID when it says nothing', () => {
    const { say, told } = connection();
    say(serializeUuid(uuid));
    vi.advanceTimersByTime(249);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual(['calls SLIN']);
  });

  it('is given up without a UUID after 2 s, however it trickles, and without a leg after 10 s', () => {
    const slow = connection();
    for (const octet of serializeUuid(uuid).subarray(0, 18)) {
      slow.say(Uint8Array.of(octet));
      vi.advanceTimersByTime(110);
    }
    vi.advanceTimersByTime(20);
    expect(slow.told).toEqual(['no-uuid']);
    const waiting = connection();
    waiting.say(serializeUuid(uuid));
    vi.advanceTimersByTime(10_250);
    expect(waiting.told).toEqual(['calls SLIN', 'not-taken']);
  });

  it('gets a frame of 20 ms for each packet of the leg, and 0x00 when it is hung up on', () => {
    const { phone, say, attach, sent, told } = connection();
    say(serializeUuid(uuid));
    vi.advanceTimersByTime(250);
    phone.send(packet());
    expect(sent).toHaveLength(0);
    attach();
    phone.send(packet());
    expect([...sent[0]!.subarray(0, 3)]).toEqual([0x10, 0x01, 0x40]);
    expect(sent[0]).toHaveLength(323);
    phone.close();
    expect([...sent[1]!]).toEqual([0, 0, 0]);
    phone.send(packet());
    expect(sent).toHaveLength(2);
    expect(told).toEqual(['calls SLIN']);
  });

  it('that takes nothing has a fifth of a second waiting, and is given up after ten', () => {
    const { phone, stream, say, attach, told } = connection(false);
    say(serializeUuid(uuid));
    vi.advanceTimersByTime(250);
    attach();
    const tick = packet();
    for (let ticks = 0; ticks < 400; ticks++) phone.send(tick);
    expect(stream.writableLength).toBeLessThanOrEqual(3200 + 323);
    expect(told).toEqual(['calls SLIN']);
    for (let ticks = 0; ticks < 200; ticks++) phone.send(tick);
    expect(told.slice(1)).toEqual(['unresponsive', 'gone unresponsive']);
  });

  it('ends alone when there is a bug in it', () => {
    const { phone, say, attach, told } = connection();
    say(serializeUuid(uuid));
    vi.advanceTimersByTime(250);
    attach();
    phone.send(new Uint8Array(100));
    expect(told[1]).toContain('failed InvariantError');
  });

  it.each([
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['192.0.2.7', '192.0.2.7'],
  ])('from %s comes from %s', (told, plain) => expect(plainAddress(told)).toBe(plain));
});
