import { describe, expect, it } from 'vitest';
import { DigitSender } from '../../src/rtp/digit-sender.ts';
import { parseRtpPacket, RtpPacket } from '../../src/rtp/packet.ts';
import { newRtpSenderState, RtpSender } from '../../src/rtp/sender.ts';
import { TelephoneEventReceiver } from '../../src/rtp/telephone-event.ts';

const octets = new Uint8Array(200);

function sent(length: number): RtpPacket {
  const packet = new RtpPacket();
  expect(parseRtpPacket(octets, length, packet)).toBeUndefined();
  return packet;
}

function audio(sender: RtpSender, nowMs = 0): RtpPacket {
  const offset = sender.writeAudioHeader(octets, 0, 160, 160, nowMs);
  return sent(offset + 160);
}

describe('an outbound stream', () => {
  it('begins at random, with the marker of a talkspurt', () => {
    const sender = new RtpSender(newRtpSenderState(() => 0.5));
    const packet = audio(sender);
    expect(packet).toMatchObject({
      ssrc: 2 ** 31,
      sequenceNumber: 2 ** 15,
      timestamp: 2 ** 31,
      marker: true,
    });
    expect(audio(sender).marker).toBe(false);
  });

  it('wraps its sequence number and its timestamp', () => {
    const sender = new RtpSender(newRtpSenderState(() => 1 - 2 ** -33));
    expect(audio(sender)).toMatchObject({ sequenceNumber: 65535, timestamp: 2 ** 32 - 1 });
    expect(audio(sender)).toMatchObject({ sequenceNumber: 0, timestamp: 159 });
  });

  it('counts time in which nothing is sent, and marks what comes after', () => {
    const sender = new RtpSender(newRtpSenderState(() => 0));
    audio(sender);
    sender.skip(160, 20);
    sender.skip(160, 40);
    expect(audio(sender)).toMatchObject({ sequenceNumber: 1, timestamp: 480, marker: true });
  });

  it('goes on in another process from what was stored', () => {
    const sender = new RtpSender(newRtpSenderState(() => 0.25));
    audio(sender);
    const restored = new RtpSender(structuredClone(sender.state));
    restored.skip(800, 0);
    const before = sent(172);
    const after = audio(restored);
    expect(after.ssrc).toBe(before.ssrc);
    expect(after.sequenceNumber).toBe(before.sequenceNumber + 1);
    expect(after.timestamp).toBe(before.timestamp + 160 + 800);
    expect(restored.state).toMatchObject({ packets: 2, octets: 320 });
  });

  it('reads its media clock between packets', () => {
    const sender = new RtpSender(newRtpSenderState(() => 0));
    audio(sender, 1000);
    expect(sender.timestampAt(1010, 8000)).toBe(80);
    audio(sender, 1020);
    expect(sender.timestampAt(1020, 8000)).toBe(160);
  });
});

describe('keys pressed by us', () => {
  interface Tick {
    readonly kind: 'audio' | 'event';
    readonly packet: RtpPacket;
  }

  function run(digits: string, ticks: number, durationFrames?: number): Tick[] {
    const sender = new RtpSender(newRtpSenderState(() => 0));
    const keys = new DigitSender(160);
    audio(sender);
    expect(keys.enqueue(digits, durationFrames)).toBe(true);
    return Array.from({ length: ticks }, (_, index) => {
      const length = keys.active ? keys.writePacket(octets, sender, 101, index * 20) : 0;
      if (length === 0) return { kind: 'audio', packet: audio(sender, index * 20) };
      const packet = sent(length);
      packet.octets = octets.slice();
      return { kind: 'event', packet };
    });
  }

  it('are 100 ms of updates, three end packets, and a pause of audio', () => {
    const ticks = run('#', 10);
    expect(ticks.map(({ kind }) => kind).join(' ')).toBe(`${'event '.repeat(7)}${'audio '.repeat(3)}`.trim());
    const events = ticks.slice(0, 7).map(({ packet }) => packet);
    expect(events.map(({ marker }) => marker)).toEqual([true, false, false, false, false, false, false]);
    expect(new Set(events.map(({ timestamp }) => timestamp))).toEqual(new Set([160]));
    expect(events.map((packet) => [...packet.octets.slice(12, 16)])).toEqual([
      [11, 10, 0, 160],
      [11, 10, 1, 64],
      [11, 10, 1, 224],
      [11, 10, 2, 128],
      [11, 0x8a, 3, 32],
      [11, 0x8a, 3, 32],
      [11, 0x8a, 3, 32],
    ]);
    expect(events.every(({ payloadType }) => payloadType === 101)).toBe(true);
  });

  it('leave the sequence without a gap and the media clock on time', () => {
    const ticks = run('12', 25);
    expect(ticks.map(({ packet }) => packet.sequenceNumber)).toEqual(ticks.map((_, index) => index + 1));
    const audioTicks = ticks.flatMap(({ kind, packet }, index) =>
      kind === 'audio' ? [{ packet, index }] : [],
    );
    for (const { packet, index } of audioTicks) expect(packet.timestamp).toBe((index + 1) * 160);
    expect(audioTicks.filter(({ packet }) => packet.marker).map(({ index }) => index)).toEqual([7, 17]);
  });

  it('are heard as they were asked for', () => {
    const receiver = new TelephoneEventReceiver(8000);
    const heard: string[] = [];
    for (const [index, { kind, packet }] of run('0123456789*#abcD', 16 * 10).entries()) {
      if (kind === 'event') receiver.receive(packet, index * 20);
      for (let press = receiver.pull(); press !== undefined; press = receiver.pull())
        heard.push(`${press.digit}${press.durationMs}`);
    }
    expect(heard).toEqual([...'0123456789*#ABCD'].map((digit) => `${digit}100`));
  });

  it.each([
    ['250 ms, in whole frames', 12.5, 260],
    ['no shorter than receivers take them for keys', 0, 40],
    ['no longer than a duration can say', 5000, 8180],
  ])('last as long as they were asked to: %s', (_, durationFrames, heardMs) => {
    const receiver = new TelephoneEventReceiver(8000);
    const ticks = run('58', 2 * (heardMs / 20 + 5), durationFrames);
    const presses = ticks.flatMap(({ kind, packet }, index) => {
      if (kind === 'event') receiver.receive(packet, index * 20);
      const press = receiver.pull();
      return press === undefined ? [] : [`${press.digit} ${press.durationMs}`];
    });
    expect(presses).toEqual([`5 ${heardMs}`, `8 ${heardMs}`]);
    expect(ticks.filter(({ kind }) => kind === 'event')).toHaveLength(2 * (heardMs / 20 + 2));
  });

  it('are keys only', () => {
    const keys = new DigitSender(160);
    expect(keys.enqueue('12w3')).toBe(false);
    expect(keys.active).toBe(false);
  });
});
