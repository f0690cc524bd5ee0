import { describe, expect, it } from 'vitest';
import { createJambonzAgent } from '../../../src/agent/jambonz/jambonz-agent.ts';
import { levelDb, tone, toneLevelDb } from '../../support/audio.ts';
import { AppSocket } from '../../support/jambonz-call.ts';
import { outboundRules, outboundTrunks } from '../../support/outbound.ts';
import { SimulatedPhone } from '../../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../../support/simulated-switch.ts';
import { settle, VirtualClock } from '../../support/virtual-clock.ts';
import { VirtualNetwork } from '../../support/virtual-network.ts';

const rateHz = 8000;

/** A caller whose app dials a phone, and both of whom have answered. */
async function dialled(fields: object) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const sockets: AppSocket[] = [];
  const factory = createJambonzAgent({
    url: 'ws://app.example/call',
    accountSid: 'account',
    applicationSid: 'application',
    clock,
    newSid: () => 'callee',
    dialler: (url, headers, _tls, form) => (handlers) => {
      const socket = new AppSocket(url, headers, form?.subprotocols ?? [], handlers);
      sockets.push(socket);
      return socket;
    },
  });
  const house = new SimulatedSwitch({
    clock,
    network,
    flows: [simulatedFlow(factory)],
    trunks: outboundTrunks(),
    outbound: { rules: outboundRules({}, { allow: ['sip:*@192.0.2.*'] }) },
  });
  const phone = (last: number, seed: number) =>
    new SimulatedPhone({ clock, network, address: `192.0.2.${last}`, seed });
  const [caller, callee] = [phone(2, 2), phone(50, 3)];
  callee.onCalled = () => void callee.accept();
  void caller.call('reception');
  await clock.advance(100);
  const [socket] = sockets;
  const send = async (message: object) => {
    socket!.handlers.message(JSON.stringify(message));
    await settle();
  };
  socket!.handlers.opened();
  const target = [{ type: 'sip', sipUri: 'sip:one@192.0.2.50' }];
  const { msgid } = socket!.messages.find(({ type }) => type === 'session:new')!;
  await send({ type: 'ack', msgid, data: [{ verb: 'answer' }, { verb: 'dial', target, ...fields }] });
  await clock.advance(1500);
  const last = (from: SimulatedPhone, ms: number) => from.heard.subarray((-ms * rateHz) / 1000);
  return { clock, house, socket: socket!, caller, callee, send, last };
}

describe('what a jambonz app dubs while it dials', () => {
  it('is heard by the callee alone, as long as they talk', async () => {
    const dub = [{ action: 'addTrack', track: 'coach', say: 'tone 300 60000', gain: '-6 dB' }];
    const { clock, caller, callee, last, send } = await dialled({ dub });
    expect(toneLevelDb(last(callee, 500), 300, rateHz)).toBeCloseTo(-18, 0);
    expect(levelDb(last(caller, 500))).toBeLessThan(-60);
    const silence = { action: 'silenceTrack', track: 'coach' };
    await send({ type: 'command', command: 'dub', callSid: 'callee', data: silence });
    await clock.advance(700);
    expect(levelDb(last(callee, 500))).toBeLessThan(-60);
  });

  it('is as loud as before while the main signal is boosted', async () => {
    const dub = [{ action: 'addTrack', track: 'coach', say: 'tone 300 60000', gain: '-6 dB' }];
    const { clock, caller, callee, last, send } = await dialled({ dub, boostAudioSignal: '-6 dB' });
    caller.speak(tone(1000, { rateHz, lengthSamples: 4 * rateHz, levelDb: -12 }));
    callee.speak(tone(700, { rateHz, lengthSamples: 4 * rateHz, levelDb: -20 }));
    await send({ type: 'command', command: 'boostAudioSignal', data: '+3 dB' });
    await clock.advance(1500);
    expect(toneLevelDb(last(callee, 500), 300, rateHz)).toBeCloseTo(-18, 0);
    expect(toneLevelDb(last(callee, 500), 1000, rateHz)).toBeCloseTo(-18, 0);
    expect(toneLevelDb(last(caller, 500), 700, rateHz)).toBeCloseTo(-17, 0);
  });

  it('by a command is heard by the one whose SID it names, or else by the caller', async () => {
    const { clock, caller, callee, last, send } = await dialled({});
    const track = (name: string, hz: number) => ({
      action: 'addTrack',
      track: name,
      say: `tone ${hz} 60000`,
    });
    await send({ type: 'command', command: 'dub', callSid: 'callee', data: track('far', 300) });
    await send({ type: 'command', command: 'dub', data: track('near', 700) });
    await clock.advance(1500);
    const heard = (phone: SimulatedPhone) =>
      [300, 700].map((hz) => Math.round(toneLevelDb(last(phone, 500), hz, rateHz)) > -20);
    expect([heard(caller), heard(callee)]).toEqual([
      [false, true],
      [true, false],
    ]);
  });
});
