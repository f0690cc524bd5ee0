import { describe, expect, it } from 'vitest';
import { SampleRing } from '../../src/audio/sample-ring.ts';
import { serializeWav } from '../../src/audio/wav.ts';
import type { MediaCommand } from '../../src/media/command.ts';
import type { AudioCodecName } from '../../src/sdp/negotiated.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { outboundRules } from '../support/outbound.ts';
import { loop, play, ScriptedAgent } from '../support/scripted-agent.ts';
import { ScriptedListener } from '../support/scripted-listener.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { trunkDirectory } from '../support/sip-trunks.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const rateHz = 16_000;
const ambience = wav(5500, 4);
const speech = wav(1000, 3);

describe('a call in G.722', () => {
  it('has its sounds made ready at 16 kHz, and heard above 4 kHz', async () => {
    const { clock, phone, agent, listener, leg } = await talk(['G722', 'PCMA']);
    agent.host?.submit([loop(ambience, 1), play(speech)]);
    await clock.advance(2000);
    const heard = phone.heard.subarray(-rateHz);
    expect(toneLevelDb(heard, 5500, rateHz)).toBeCloseTo(-18, 0);
    expect(toneLevelDb(heard, 1000, rateHz)).toBeCloseTo(-18, 0);
    expect(clipRates(leg().commands)).toEqual([rateHz, rateHz]);
    expect(new SampleRing(listener.latest.options.ring).rateHz).toBe(rateHz);
  });

  it('goes on through re-INVITEs to PCMU and back: the agent is told nothing, and nothing starts anew', async () => {
    const { clock, phone, agent, leg } = await talk(['G722', 'PCMU']);
    agent.host?.submit([loop(ambience, 1), play(speech)]);
    await clock.advance(1000);
    phone.changeCodecs(['PCMU']);
    await clock.advance(1000);
    expect(
      leg()
        .commands.filter(({ kind }) => kind === 'negotiate')
        .map(codecOf),
    ).toEqual(['G722', 'PCMU']);
    const narrow = phone.heard.subarray(-rateHz / 2);
    expect(toneLevelDb(narrow, 1000, rateHz)).toBeCloseTo(-18, 0);
    expect(toneLevelDb(narrow, 5500, rateHz)).toBeLessThan(-60);
    phone.changeCodecs(['G722']);
    await clock.advance(800);
    const wide = phone.heard.subarray(-rateHz / 2);
    expect(toneLevelDb(wide, 1000, rateHz)).toBeCloseTo(-18, 0);
    expect(toneLevelDb(wide, 5500, rateHz)).toBeCloseTo(-18, 0);
    await clock.advance(1500);
    const after = phone.heard.subarray(-rateHz / 2);
    expect(toneLevelDb(after, 1000, rateHz)).toBeLessThan(-60);
    expect(toneLevelDb(after, 5500, rateHz)).toBeCloseTo(-18, 0);
    expect(clipRates(leg().commands)).toEqual([rateHz, rateHz]);
    expect(agent.events.map(({ kind }) => kind)).not.toContain('ended');
    phone.hangUp();
    await clock.advance(500);
    expect(agent.events.at(-1)).toMatchObject({ kind: 'ended', cause: 'caller-hung-up' });
  });

  it('is not spoken where the operator did not ask for it', async () => {
    const { leg } = await talk(['G722', 'PCMA'], ['PCMA', 'PCMU']);
    expect(
      leg()
        .commands.filter(({ kind }) => kind === 'negotiate')
        .map(codecOf),
    ).toEqual(['PCMA']);
  });

  it('began in PCMA and may become it: what plays is brought to 16 kHz', async () => {
    const { clock, phone, agent, leg } = await talk(['PCMA']);
    agent.host?.submit([play(speech)]);
    await clock.advance(500);
    phone.changeCodecs(['G722']);
    await clock.advance(1500);
    expect(
      leg()
        .commands.filter(({ kind }) => kind === 'negotiate')
        .map(codecOf),
    ).toEqual(['PCMA', 'G722']);
    expect(toneLevelDb(phone.heard.subarray(-8000), 1000, rateHz)).toBeCloseTo(-18, 0);
    expect(clipRates(leg().commands)).toEqual([8000]);
  });
});

describe('somebody we call who rings in another codec than answers', () => {
  const ringingIn = async (early: AudioCodecName, final: AudioCodecName) => {
    const clock = new VirtualClock();
    const network = new VirtualNetwork(clock);
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.submit([loop(ambience, 1), play(speech)]);
    });
    const house = new SimulatedSwitch({
      clock,
      network,
      flows: [simulatedFlow(agent.factory, { phoneNumber: '4921155660' })],
      codecs: ['G722', 'PCMU'],
      // Of a 183 that is not reliable the 200 may say something else.
      trunks: trunkDirectory({ name: 'carrier', addresses: ['192.0.2.50'], reliableProvisionals: false }),
      outbound: { rules: outboundRules() },
    });
    const [address, codecs] = ['192.0.2.50', [early]];
    const callee = new SimulatedPhone({ clock, network, address, seed: 3, codecs, heardHz: rateHz });
    callee.onCalled = () => void callee.ringWithSound();
    await house.switchboard.callOut({ flow: 'reception', to: '49301234567' });
    await clock.advance(500);
    await callee.accept([final]);
    await clock.advance(2000);
    return { callee, house, agent };
  };

  it('G.722, then PCMU: does not hear the clips at half their speed', async () => {
    const { callee, house } = await ringingIn('G722', 'PCMU');
    expect(clipRates(house.media.legs[0]!.commands)).toEqual([rateHz, rateHz]);
    expect(toneLevelDb(callee.heard.subarray(-rateHz), 1000, rateHz)).toBeCloseTo(-18, 0);
    expect(house.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('PCMU, then G.722: does not hear them at twice their speed', async () => {
    const { callee, house } = await ringingIn('PCMU', 'G722');
    expect(clipRates(house.media.legs[0]!.commands)).toEqual([8000, 8000]);
    expect(toneLevelDb(callee.heard.subarray(-rateHz), 1000, rateHz)).toBeCloseTo(-18, 0);
    expect(house.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('a call that leaves the offer to us', () => {
  it.each([
    ['G722', '9', 16_000],
    ['PCMA', '8', 8000],
  ] as const)('runs at the rate of %s when its ACK names that', async (codec, format, legHz) => {
    const clock = new VirtualClock();
    const network = new VirtualNetwork(clock);
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.submit([play(speech)]);
    });
    const house = new SimulatedSwitch({
      clock,
      network,
      codecs: ['G722', 'PCMA'],
      flows: [simulatedFlow(agent.factory, { ambience: { sound: ambience, gain: 1 } })],
    });
    const answers: string[] = [];
    const phone = { address: '192.0.2.2', port: 5060 };
    const switchSip = { address: '192.0.2.1', port: 5060 };
    network.bind(phone, (datagram) => answers.push(new TextDecoder().decode(datagram)));
    const send = (text: string) => network.send(new TextEncoder().encode(text), phone, switchSip);
    send(request('INVITE', '', ''));
    await clock.advance(200);
    const ok = answers.find((text) => text.startsWith('SIP/2.0 200'))!;
    expect(ok).toContain('m=audio 20000 RTP/AVP 9 8 101');
    const tag = /\r\nTo:[^\r]*(;tag=[^\r]+)/i.exec(ok)![1]!;
    send(
      request(
        'ACK',
        tag,
        [
          'v=0',
          'o=- 1 1 IN IP4 192.0.2.2',
          's=-',
          'c=IN IP4 192.0.2.2',
          't=0 0',
          `m=audio 40000 RTP/AVP ${format}`,
          '',
        ].join('\r\n'),
      ),
    );
    await clock.advance(500);
    const { commands } = house.media.legs[0]!;
    expect(commands.filter(({ kind }) => kind === 'negotiate').map(codecOf)).toEqual([codec]);
    expect(clipRates(commands)).toEqual([legHz, legHz]);
    expect(agent.told).toContain('started');
    expect(house.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

async function talk(
  phoneCodecs: readonly AudioCodecName[],
  codecs: readonly AudioCodecName[] = ['G722', 'PCMA', 'PCMU'],
) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent();
  const listener = new ScriptedListener();
  const flows = [simulatedFlow(agent.factory)];
  const house = new SimulatedSwitch({ clock, network, flows, codecs, listener });
  const phone = new SimulatedPhone({ clock, network, codecs: phoneCodecs, heardHz: rateHz });
  await phone.call('reception');
  await clock.advance(500);
  expect(phone.isTalking).toBe(true);
  return { clock, phone, agent, listener, leg: () => house.media.legs[0]! };
}

function request(method: 'INVITE' | 'ACK', toTag: string, body: string): string {
  return [
    `${method} sip:reception@192.0.2.1 SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK${method}`,
    'Max-Forwards: 70',
    'From: <sip:phone@192.0.2.2>;tag=caller',
    `To: <sip:reception@192.0.2.1>${toTag}`,
    'Call-ID: late-offer',
    `CSeq: 1 ${method}`,
    'Contact: <sip:phone@192.0.2.2:5060>',
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

function codecOf(command: MediaCommand): string {
  return command.kind === 'negotiate' ? command.audio.codec : '';
}

function clipRates(commands: readonly MediaCommand[]): number[] {
  return commands.flatMap((command) => ('clip' in command ? [command.clip.rateHz] : []));
}

function wav(frequencyHz: number, seconds: number): Uint8Array {
  return serializeWav(tone(frequencyHz, { rateHz, lengthSamples: seconds * rateHz, levelDb: -18 }), rateHz);
}
