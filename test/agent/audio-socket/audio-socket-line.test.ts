import { describe, expect, it } from 'vitest';
import { tone, toneLevelDb } from '../../support/audio.ts';
import { LineHarness } from '../../support/line-harness.ts';

const settings = { rateHz: 8000, frameMs: 20 };

describe('the line of a raw audio agent', () => {
  it('begins with what the call is and how its audio is', () => {
    const harness = new LineHarness('audio-socket', { rateHz: 24_000, frameMs: 60 });
    harness.open();
    expect(harness.agent.messages).toEqual([
      { type: 'start', callId: 'call', rateHz: 24_000, frameMs: 60, encoding: 'audio/l16;endian=little' },
    ]);
    harness.run(1200);
    expect(harness.agent.octets.length).toBe(20);
    expect(harness.agent.octets[0]!.length).toBe(2880);
  });

  it('is held to a minute of sound that waits', () => {
    const harness = new LineHarness('audio-socket', settings);
    const minutes = new Uint8Array(tone(1000, { rateHz: 8000, lengthSamples: 960_000, levelDb: -10 }).buffer);
    harness.open().receiver.octets(minutes);
    harness.run(70_000);
    const heard = harness.legs.heardByPhone();
    expect(toneLevelDb(heard.subarray(59 * 8000, 59.9 * 8000), 1000, 8000)).toBeCloseTo(-10, 0);
    expect(toneLevelDb(heard.subarray(60.1 * 8000), 1000, 8000)).toBeLessThan(-70);
  });

  it('tells of keys, what the other half says, and the end', () => {
    const harness = new LineHarness('audio-socket', settings);
    harness.open();
    harness.line.digit('#', 100);
    harness.line.told({ type: 'dub', event: 'start-playback' });
    harness.line.stop();
    expect(harness.agent.messages.slice(1)).toEqual([
      { type: 'digit', digit: '#' },
      { type: 'dub', event: 'start-playback' },
      { type: 'stop' },
    ]);
    expect([harness.agent.closedFor, harness.end]).toEqual(['closed-by-us', 'closed-by-us']);
  });

  it('takes back what is not heard at a flush, and hands up all other text', () => {
    const harness = new LineHarness('audio-socket', settings);
    const speech = new Uint8Array(tone(1000, { rateHz: 8000, lengthSamples: 80_000, levelDb: -10 }).buffer);
    harness.open().receiver.octets(speech);
    harness.run(1000);
    harness.agent.says({ type: 'flush' });
    harness.run(1000);
    expect(toneLevelDb(harness.legs.heardByPhone(52), 1000, 8000)).toBeLessThan(-70);
    harness.agent.receiver.text('{"mood":"fine"}');
    harness.agent.receiver.text('no JSON');
    expect(harness.told.filter(({ kind }) => kind === 'message')).toEqual([
      { kind: 'message', text: '{"mood":"fine"}' },
      { kind: 'message', text: 'no JSON' },
    ]);
  });

  it('leaves out what the agent is too slow to take', () => {
    const harness = new LineHarness('audio-socket', settings);
    harness.open();
    harness.agent.unsentOctets = 3201;
    harness.run(200);
    expect(harness.agent.octets.length).toBe(0);
    expect(harness.line.dropped).toBe(10);
    harness.agent.unsentOctets = 0;
    harness.run(200);
    expect(harness.agent.octets.length).toBe(10);
  });

  it('is over when the connection is', () => {
    const harness = new LineHarness('audio-socket', settings);
    harness.open().receiver.closed('connection-lost', 1006);
    expect(harness.end).toBe('connection-lost');
    expect(harness.connections.length).toBe(1);
  });
});
