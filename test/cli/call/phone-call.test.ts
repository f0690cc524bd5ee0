import { describe, expect, it } from 'vitest';
import { serializeWav } from '../../../src/audio/wav.ts';
import type { CallFlow } from '../../../src/call/flow.ts';
import { CallScript } from '../../../src/cli/call/call-script.ts';
import { tone, toneLevelDb } from '../../support/audio.ts';
import { clipOf } from '../../support/mixing.ts';
import { loop, ScriptedAgent } from '../../support/scripted-agent.ts';
import { SimulatedSoftphone } from '../../support/simulated-softphone.ts';
import { SimulatedSwitch, simulatedFlow } from '../../support/simulated-switch.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { VirtualNetwork } from '../../support/virtual-network.ts';

const rateHz = 8000;
const hum = serializeWav(tone(300, { rateHz, lengthSamples: 8000, levelDb: -12 }), rateHz);

function place(options: { number?: string; flow?: Partial<CallFlow>; mute?: boolean } = {}) {
  const clock = new VirtualClock();
  const { number = 'reception', mute = false } = options;
  const network = new VirtualNetwork(clock, (from) => (mute && from.port >= 20_000 ? [] : [0]));
  const agent = new ScriptedAgent((event, host) => {
    if (event.kind === 'started') host.submit([loop(hum, 1)]);
    else if (event.kind === 'digit' && event.digit === '0') host.submit([{ kind: 'hang-up' }]);
  });
  const house = new SimulatedSwitch({ clock, network, flows: [simulatedFlow(agent.factory, options.flow)] });
  const target = `sip:${number}@192.0.2.1`;
  const softphone = new SimulatedSoftphone({ clock, network, target, silenceTimeoutMs: 5_000 });
  const pressed: string[] = [];
  const script = (parts: { digits?: string[]; digitsBy?: 'rtp' | 'info'; durationMs?: number } = {}) =>
    new CallScript({
      phone: softphone.phone,
      timers: clock,
      plays: [],
      digits: parts.digits ?? [],
      digitGapMs: 1_000,
      digitsBy: parts.digitsBy ?? 'rtp',
      durationMs: parts.durationMs ?? 60_000,
      onPressed: (digits, by) => pressed.push(`${digits} ${by}`),
    });
  const digits = () => agent.events.flatMap((event) => (event.kind === 'digit' ? [event.digit] : []));
  return { clock, agent, house, softphone, script, pressed, digits };
}

describe('a call of the softphone', () => {
  it('keeps every 20 ms from the answer to the end', async () => {
    const { clock, softphone } = place({ flow: { answerAfterMs: 500 } });
    await softphone.phone.dial();
    await clock.advance(400);
    expect(softphone.story).toEqual(['calling', 'ringing']);
    await clock.advance(3_100);
    softphone.phone.hangUp('asked');
    await clock.advance(100);
    const { observation, story, end } = softphone;
    expect(story).toEqual(['calling', 'ringing', 'answered', 'heard', 'ended']);
    expect(end).toMatchObject({ by: 'local', why: 'asked' });
    expect(observation.answeredMs! - observation.calledMs!).toBe(500);
    expect(observation.heard.levels(rateHz)?.lengthMs).toBe(3_000);
    expect(toneLevelDb(observation.heard.samples.subarray(-rateHz), 300, rateHz)).toBeCloseTo(-12, 0);
    expect(observation.stats?.inbound).toMatchObject({ lost: 0, concealedMs: 0 });
  });

  it.each(['rtp', 'info'] as const)('presses keys by %s, group after group', async (digitsBy) => {
    const { clock, softphone, script, pressed, digits } = place();
    await softphone.phone.dial();
    await clock.advance(20);
    script({ digits: ['12', '#'], digitsBy }).begin(softphone.observation.audio!);
    await clock.advance(980);
    expect(digits()).toEqual([]);
    await clock.advance(500);
    expect(digits()).toEqual(['1', '2']);
    await clock.advance(1_200);
    expect(digits()).toEqual(['1', '2', '#']);
    expect(pressed).toEqual([`12 ${digitsBy}`, `# ${digitsBy}`]);
  });

  it('presses by INFO where the far end takes no telephone events', async () => {
    const { clock, softphone, script, pressed, digits } = place();
    await softphone.phone.dial();
    await clock.advance(20);
    const audio = { ...softphone.observation.audio!, telephoneEventPayloadType: undefined };
    script({ digits: ['5'] }).begin(audio);
    await clock.advance(1_500);
    expect(digits()).toEqual(['5']);
    expect(pressed).toEqual(['5 info']);
  });

  it('is heard by the far end', async () => {
    const { clock, house, softphone } = place();
    await softphone.phone.dial();
    await clock.advance(20);
    const heard: Int16Array[] = [];
    const leg = house.media.legs[0]!;
    const { onEvent } = leg.options;
    Object.assign(leg.options, {
      onEvent: (event: Parameters<typeof onEvent>[0]) => {
        if (event.kind === 'heard-samples') heard.push(event.samples);
        onEvent(event);
      },
    });
    leg.send({ kind: 'listen', rateHz, chunkMs: 1_000 });
    softphone.phone.send({
      kind: 'queue-clip',
      playoutId: 1,
      clip: clipOf(tone(700, { rateHz, lengthSamples: 24_000, levelDb: -9 })),
    });
    await clock.advance(2_500);
    expect(toneLevelDb(heard[1]!, 700, rateHz)).toBeCloseTo(-9, 0);
  });

  it('ends when the far end hangs up, and presses nothing more', async () => {
    const { clock, softphone, script, digits } = place();
    await softphone.phone.dial();
    await clock.advance(20);
    script({ digits: ['0', '1'] }).begin(softphone.observation.audio!);
    await clock.advance(5_000);
    expect(softphone.end).toMatchObject({ by: 'remote', why: undefined });
    expect(digits()).toEqual(['0']);
  });

  it('is hung up after its duration', async () => {
    const { clock, softphone, script } = place();
    await softphone.phone.dial();
    await clock.advance(20);
    script({ durationMs: 2_000 }).begin(softphone.observation.audio!);
    await clock.advance(2_100);
    expect(softphone.end).toMatchObject({ by: 'local', why: 'long-enough' });
  });

  it('tells the status of a refusal', async () => {
    const { clock, softphone } = place({ number: 'nobody' });
    await softphone.phone.dial();
    await clock.advance(100);
    expect(softphone.end).toMatchObject({ by: 'remote', statusCode: 404 });
  });

  it('is given up when it is answered and no audio comes', async () => {
    const { clock, softphone } = place({ mute: true });
    await softphone.phone.dial();
    await clock.advance(7_000);
    expect(softphone.end).toMatchObject({ by: 'local', why: 'no-media' });
    expect(softphone.observation.mediaMissing).toBe(true);
  });

  it('can be given up while it rings, and before it has begun', async () => {
    const ringing = place({ flow: { answerAfterMs: 5_000 } });
    await ringing.softphone.phone.dial();
    await ringing.clock.advance(1_000);
    ringing.softphone.phone.hangUp('asked');
    await ringing.clock.advance(100);
    expect(ringing.softphone.end).toMatchObject({ by: 'local', why: 'asked' });
    expect(ringing.house.switchboard.activeCalls).toBe(0);

    const early = place();
    const dialling = early.softphone.phone.dial();
    early.softphone.phone.hangUp('asked');
    await dialling;
    await early.clock.advance(1_000);
    expect(early.softphone.story).toEqual(['ended']);
    expect(early.house.metrics.counts).toEqual({});
  });
});
