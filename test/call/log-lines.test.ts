/** What the log says of calls, as it is written. */
import { describe, expect, it } from 'vitest';
import type { AgentCommand } from '../../src/agent/agent.ts';
import { createLogger } from '../../src/log.ts';
import { headerValue } from '../../src/sip/message/headers.ts';
import { outboundRules, outboundTrunks } from '../support/outbound.ts';
import { ScriptedAgent, say } from '../support/scripted-agent.ts';
import { SimulatedAsterisk } from '../support/simulated-asterisk.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const transfer: AgentCommand = {
  kind: 'transfer',
  target: '49301234567',
  callerIdName: undefined,
  callerIdNumber: undefined,
  timeoutMs: 20_000,
};

function place() {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent((event, host) => {
    if (event.kind === 'started') host.submit([say('tone 440 1000')]);
  });
  const written: string[] = [];
  const log = createLogger(
    { level: 'debug', redactNumbers: false, redactTranscripts: false },
    { write: (line) => void written.push(line) },
  );
  const house = new SimulatedSwitch({
    clock,
    network,
    log,
    flows: [simulatedFlow(agent.factory, { phoneNumber: '4921155660' })],
    trunks: outboundTrunks(),
    outbound: { rules: outboundRules() },
  });
  const callee = new SimulatedPhone({ clock, network, address: '192.0.2.50', seed: 3 });
  const lines = () => written.map((line) => JSON.parse(line) as Record<string, unknown>);
  const saying = (message: string) => lines().filter(({ msg }) => msg === message);
  return { clock, network, agent, written, house, callee, lines, saying };
}

/** JSON.parse takes the last of two fields with one name, and says nothing. */
function namedTwice(line: string): string[] {
  const names = [...line.matchAll(/[{,]"(\w+)":/g)].map(([, name]) => name!);
  return names.filter((name, at) => names.indexOf(name) !== at);
}

describe('the log lines of a call made over the API', () => {
  it('name its session once, and its Call-ID and trunk as soon as they are known', async () => {
    const { clock, house, callee, agent, written, lines, saying } = place();
    callee.onCalled = () => callee.ring();
    const { sessionId } = await house.switchboard.callOut({ flow: 'reception', to: '49301234567' });
    await clock.advance(1000);
    await callee.accept();
    await clock.advance(500);
    agent.host?.submit([{ kind: 'hang-up' }]);
    await clock.advance(500);
    const callId = headerValue(callee.invited!, 'Call-ID');
    expect(callId).toMatch(/./);
    expect(lines().length).toBeGreaterThan(3);
    for (const line of lines())
      expect(line).toMatchObject({ session: sessionId, flow: 'reception', callId, trunk: 'carrier' });
    expect(written.filter((line) => namedTwice(line.split(',"media":')[0]!).length > 0)).toEqual([]);
    for (const message of ['calling', 'call answered', 'call ended', 'media closed'])
      expect(saying(message)).toHaveLength(1);
  });
});

describe('the log line of a call that is answered', () => {
  it('names codec, encryption and transport', async () => {
    const { clock, network, house, saying } = place();
    const caller = new SimulatedPhone({ clock, network, address: '192.0.2.2', seed: 2 });
    await caller.call('reception');
    await clock.advance(500);
    expect(saying('call answered')).toMatchObject([
      { transport: 'udp', codec: 'PCMU', encryption: 'none', session: expect.any(String) },
    ]);
    new SimulatedAsterisk({ clock, network, house, rateHz: 16_000 }).call('reception');
    await clock.advance(500);
    expect(saying('call answered')[1]).toMatchObject({
      ...{ transport: 'audio-socket', codec: 'SLIN16', encryption: 'none' },
    });
  });
});

describe('the log line of a transfer that succeeds', () => {
  it('tells how long the other side rang, and its Call-ID', async () => {
    const { clock, network, agent, callee, saying } = place();
    const caller = new SimulatedPhone({ clock, network, address: '192.0.2.2', seed: 2 });
    await caller.call('reception');
    await clock.advance(500);
    callee.onCalled = () => callee.ring();
    agent.host?.submit([transfer]);
    await clock.advance(3000);
    expect(saying('the caller has been passed on')).toEqual([]);
    await callee.accept();
    await clock.advance(500);
    const [begun] = saying('the caller is being passed on');
    const [line] = saying('the caller has been passed on');
    expect(line).toMatchObject({ level: 'info', to: '49301234567', farCallId: begun?.['farCallId'] });
    expect(line?.['ringingMs']).toBeGreaterThanOrEqual(3000);
    expect(line?.['ringingMs']).toBeLessThan(3500);
  });
});
