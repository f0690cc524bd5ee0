/** Media that goes on after a call, on the port that the next call gets. */
import { describe, expect, it } from 'vitest';
import { FormerStreams } from '../../src/media/former-streams.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { FAR_ADDRESS, FAR_PORT, LegHarness, PCMU_AUDIO, PhoneStream } from '../support/leg-harness.ts';

const voice = tone(500, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 });
const stale = tone(2000, { rateHz: 8000, lengthSamples: 8000, levelDb: -3 });

/** A call that hears `stream` from a port of the far end, and ends. */
function callBefore(former: FormerStreams, stream: PhoneStream, port = FAR_PORT): void {
  const harness = new LegHarness();
  harness.leg.succeed(former);
  harness.run(400, () => harness.receive(stream.next(), FAR_ADDRESS, port));
  harness.close();
}

describe.each([false, true])('the next call on a port (symmetric RTP: %s)', (symmetricRtp) => {
  it('does not hear the PBX that still sends to the last one, before its own phone speaks nor after', () => {
    const former = new FormerStreams();
    const before = new PhoneStream(stale, 0x1111);
    callBefore(former, before);
    const harness = new LegHarness({ symmetricRtp, audio: { remotePort: FAR_PORT + 20 } });
    harness.leg.succeed(former);
    harness.openRawLine(16_000);
    const phone = new PhoneStream(voice, 0x2222);
    harness.run(1000, () => harness.receive(before.next()));
    expect(harness.leg.stats.inbound).toMatchObject({ packets: 0, dropped: { 'stale-stream': 50 } });
    expect(harness.leg.rtpPort).toBe(FAR_PORT + 20);
    harness.run(1000, () => {
      harness.receive(before.next());
      harness.receive(phone.next(), FAR_ADDRESS, FAR_PORT + 20);
    });
    const heard = harness.heardByAgent();
    expect(toneLevelDb(heard, 2000, 16_000)).toBeLessThan(-60);
    expect(toneLevelDb(heard.subarray(-8000), 500, 16_000)).toBeCloseTo(-10, 0);
  });

  it('takes no digit of it', () => {
    const former = new FormerStreams();
    callBefore(former, new PhoneStream(stale, 0x1111));
    const harness = new LegHarness({ symmetricRtp, audio: { remotePort: FAR_PORT + 20 } });
    harness.leg.succeed(former);
    for (let packet = 0; packet < 10; packet++) harness.receive(keyPacket(packet, 0x1111));
    harness.run(2000);
    expect(harness.eventsOf('digit')).toEqual([]);
  });

  it('hears the same phone that calls again from the same port, under the same SSRC even', () => {
    const former = new FormerStreams();
    callBefore(former, new PhoneStream(stale));
    const harness = new LegHarness({ symmetricRtp });
    harness.leg.succeed(former);
    const again = new PhoneStream(voice);
    harness.run(400, () => harness.receive(again.next()));
    expect(harness.leg.stats.inbound.packets).toBe(20);
  });
});

describe('a leg that gets another phone', () => {
  it('does not hear the one before, which goes on for a while from the same PBX', () => {
    const harness = new LegHarness();
    harness.openRawLine(16_000);
    const before = new PhoneStream(stale, 0x1111);
    harness.run(400, () => harness.receive(before.next()));
    const audio = { ...PCMU_AUDIO, remotePort: FAR_PORT + 20 };
    harness.handle({ kind: 'negotiate', audio, isAnotherPhone: true });
    harness.run(200, () => harness.receive(before.next()));
    const from = harness.heardByAgent().length + 1600;
    const phone = new PhoneStream(voice, 0x2222);
    harness.run(1500, () => {
      harness.receive(before.next());
      harness.receive(phone.next(), FAR_ADDRESS, FAR_PORT + 20);
    });
    const heard = harness.heardByAgent().subarray(from);
    expect(toneLevelDb(heard, 2000, 16_000)).toBeLessThan(-60);
    expect(toneLevelDb(heard.subarray(-8000), 500, 16_000)).toBeCloseTo(-10, 0);
    expect(harness.leg.stats.inbound.dropped).toMatchObject({ 'stale-stream': 85 });
  });
});

describe('former streams', () => {
  it('behind the last call are remembered too, as long as they go on or ten minutes', () => {
    const former = new FormerStreams();
    former.add(1, 'a', 5, 0);
    former.add(2, 'a', 6, 500_000);
    expect(former.includes(1, 'a', 5, 590_000)).toBe(true);
    former.add(3, 'a', 7, 1_150_000);
    expect(former.includes(1, 'a', 5, 1_150_000)).toBe(true);
    expect(former.includes(2, 'a', 6, 1_150_000)).toBe(false);
  });

  it('are four at most, the oldest forgotten', () => {
    const former = new FormerStreams();
    for (let ssrc = 0; ssrc < 1000; ssrc++) former.add(ssrc, 'a', 5, ssrc);
    const known = Array.from({ length: 1000 }, (_, ssrc) => ssrc).filter((ssrc) =>
      former.includes(ssrc, 'a', 5, 1000),
    );
    expect(known).toEqual([996, 997, 998, 999]);
  });
});

function keyPacket(sequence: number, ssrc: number): Uint8Array {
  const packet = new Uint8Array(16);
  packet.set([0x80, 0x65, 9, sequence], 0);
  packet.set([ssrc >> 24, ssrc >> 16, ssrc >> 8, ssrc], 8);
  packet.set([5, 0x8a, 3, 32], 12);
  return packet;
}
