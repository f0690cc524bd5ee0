import { describe, expect, it } from 'vitest';
import { pcmuDecoder } from '../../codecs/pcmu.ts';
import { serializeWav } from '../../src/audio/wav.ts';
import { levelDb, noise, sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import { BackgroundCall, toneFile } from '../support/background-call.ts';
import { LegHarness, PhoneStream } from '../support/leg-harness.ts';
import { clipOf } from '../support/mixing.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { lossyLink, type VirtualEndpoint, VirtualNetwork } from '../support/virtual-network.ts';

const rateHz = 8000;
const ambience = { sound: toneFile(300), gain: 1 };

describe('an ambience at the edges of a call', () => {
  it('is in the first packet after the answer, before the ACK is here', async () => {
    const clock = new VirtualClock();
    // The ACK takes 200 ms, so ten packets leave before it.
    const network = new RecordingNetwork(clock, lossyLink({ seed: 1, delayMs: 200 }));
    const agent = new ScriptedAgent();
    const flows = [simulatedFlow(agent.factory, { ambience })];
    new SimulatedSwitch({ clock, network, flows });
    const phone = new SimulatedPhone({ clock, network });
    await phone.call('reception');
    while (network.packets.length < 5) await clock.advance(20);
    expect(agent.told).toEqual([]);
    expect(network.packets.map((packet) => packet.length)).toEqual([172, 172, 172, 172, 172]);
    const heard = new Int16Array(5 * 160);
    for (const [index, packet] of network.packets.entries())
      pcmuDecoder.decode(packet, 12, 160, heard, index * 160);
    // The first 20 ms are its fade; what begins with them is the first sample of the sound.
    expect(levelDb(heard.subarray(80, 160))).toBeGreaterThan(-20);
    expect(toneLevelDb(heard.subarray(160), 300, rateHz)).toBeCloseTo(-12, 0);
    await clock.advance(1000);
    expect(agent.told[0]).toBe('started');
    expect(toneLevelDb(phone.heard.subarray(-2400), 300, rateHz)).toBeCloseTo(-12, 0);
  });

  it('stops within 20 ms, without a click', async () => {
    const call = await new BackgroundCall({}, { ambience }).begin();
    await call.wait(500);
    const steady = sharpestBend(call.heard(300));
    const before = call.phone.heard.length;
    call.host.submit([{ kind: 'stop-loop', track: 'ambience' }]);
    await call.wait(300);
    const after = call.phone.heard.subarray(before);
    const lastHeard = after.findLastIndex((sample) => Math.abs(sample) > 8);
    // What is on its way through network and jitter buffer comes on top of the ramp.
    expect(levelDb(after.subarray(lastHeard + 160))).toBeLessThan(-80);
    expect(sharpestBend(call.phone.heard.subarray(before - 800))).toBeLessThanOrEqual(steady * 1.1);
    const stop = call.house.media.legs[0]!.commands.find(({ kind }) => kind === 'stop-track');
    expect(stop).toMatchObject({ fadeMs: 20 });
  });

  it('goes on when the agent fails and while the announcement is spoken', async () => {
    const call = await new BackgroundCall({}, { ambience, fallbackAnnouncement: 'tone 1000 1000' }).begin();
    call.host.fail('closed');
    await call.wait(700);
    expect(toneLevelDb(call.heard(300), 300, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(call.heard(300), 1000, rateHz)).toBeCloseTo(-12, 0);
  });

  it('stands still while it is paused, for a transfer that rings, and goes on after it', async () => {
    const call = await new BackgroundCall({}, { ambience }).begin();
    call.host.submit([{ kind: 'adjust-track', track: 'ambience', paused: true }]);
    await call.wait(600);
    expect(levelDb(call.heard(200))).toBeLessThan(-90);
    call.host.submit([{ kind: 'adjust-track', track: 'ambience', paused: false }]);
    await call.wait(400);
    expect(toneLevelDb(call.heard(200), 300, rateHz)).toBeCloseTo(-12, 0);
  });

  it('is brought to its loudness and its place by the short form, as ever', async () => {
    const sound = serializeWav(noise({ lengthSamples: 2 * rateHz, peak: 20_000 }), rateHz);
    const call = await new BackgroundCall({}, { ambience: { sound, gain: 1, loudnessLufs: -30 } }).begin();
    await call.wait(1000);
    // White noise at -30 LUFS: some 3 dB more in RMS than its K-weighted level at 8 kHz, and 3 for a sine's peak.
    expect(Math.abs(levelDb(call.heard(900)) + 30)).toBeLessThan(6);
  });
});

describe('what others than the phone get while an ambience plays', () => {
  const sound = clipOf(tone(300, { rateHz, lengthSamples: 8000, levelDb: -6 }));
  const caller = noise({ lengthSamples: 16_000, peak: 4000, seed: 5 });

  function run(withAmbience: boolean, speaking: boolean) {
    const harness = new LegHarness();
    harness.openRawLine(16_000);
    harness.handle({ kind: 'listen', rateHz: 8000, chunkMs: 20 });
    if (withAmbience)
      harness.handle({ kind: 'start-loop', track: 'ambience', clip: sound, gain: 10, fadeMs: 0 });
    const phone = new PhoneStream(speaking ? caller : new Int16Array(16_000));
    harness.run(4000, () => harness.receive(phone.next()));
    return harness;
  }

  it('is digital silence where the caller is silent: every octet 0', () => {
    const harness = run(true, false);
    expect(levelDb(harness.heardByPhone().subarray(8000))).toBeGreaterThan(-6);
    const agent = harness.heardByAgent();
    expect(agent.length).toBeGreaterThan(60_000);
    expect(agent.every((sample) => sample === 0)).toBe(true);
    expect(harness.heardByListener().every((sample) => sample === 0)).toBe(true);
  });

  it('is the caller alone, octet for octet as without the ambience', () => {
    const [with_, without] = [run(true, true), run(false, true)];
    expect(levelDb(without.heardByAgent())).toBeGreaterThan(-40);
    expect(Buffer.from(with_.heardByAgent().buffer)).toEqual(Buffer.from(without.heardByAgent().buffer));
    expect(Buffer.from(with_.heardByListener().buffer)).toEqual(
      Buffer.from(without.heardByListener().buffer),
    );
  });
});

/** Keeps what the switch sends to the phone's RTP port. */
class RecordingNetwork extends VirtualNetwork {
  readonly packets: Uint8Array[] = [];

  override send(datagram: Uint8Array, from: VirtualEndpoint, to: VirtualEndpoint): void {
    if (to.port === 40_000) this.packets.push(datagram.slice());
    super.send(datagram, from, to);
  }
}
