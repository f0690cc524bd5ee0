/** CVE-2021-41145: SIP messages that nobody wants, ten thousand a second, from few sources and from many. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFlood } from '../support/message-flood.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { SipCaller } from '../support/sip-caller.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const listen = [{ transport: 'udp', address: '127.0.0.1', port: 0 }];
const trunk = { name: 'pbx', addresses: ['127.0.0.1'] };
const phones = {
  name: 'phones',
  inboundAuth: 'digest',
  accounts: [{ username: 'alice', password: 'wonder' }],
};

describe.each([
  ['that hears its trunk alone', [trunk]],
  ['that asks strangers for a password', [trunk, phones]],
])('a flood at a switch %s', (_, trunks) => {
  let running: RunningSwitch;
  beforeAll(async () => {
    const media = { address: '127.0.0.1', portMin: 29_300, portMax: 29_399 };
    running = await RunningSwitch.start({
      flows: { echo: { agent: { kind: 'echo' } } },
      sip: { listen },
      trunks: trunks as object,
      media,
    });
  });
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
    expect(running.strayOutput).toEqual([]);
  });

  it.each([
    ['4 sources', 4],
    ['2,000 sources', 2000],
  ])('from %s takes no memory, holds no call up and keeps no other out', async (_name, sources) => {
    const megabytes = async () => (await running.metric('process_resident_memory_bytes')) / 1e6;
    const received = () => running.metric('patchbay_sip_messages_total', 'direction="received"');
    const caller = await SipCaller.open(running.sipPort);
    const call = await caller.call('echo');
    await pause(300);
    const [beforeMb, receivedBefore] = [await megabytes(), await received()];
    const flood = await startFlood({ port: running.sipPort, sources });
    await pause(1000);
    caller.heard();
    const startedAtMs = performance.now();
    await pause(1500);
    const packets = caller.heard().length / 160;
    const packetsDue = (performance.now() - startedAtMs) / 20;
    const second = await SipCaller.open(running.sipPort);
    await (await second.call('echo')).hangUp();
    const [afterMb, transactions, sessions] = [
      await megabytes(),
      await running.metric('patchbay_sip_transactions'),
      await running.metric('patchbay_sip_sessions'),
    ];
    await flood.terminate();
    await call.hangUp();
    await running.idle();
    for (const it of [caller, second]) it.close();

    const flooded = (await received()) - receivedBefore;
    process.stdout.write(
      `flood from ${sources}: ${flooded} messages, ${(afterMb - beforeMb).toFixed(0)} MB more, ${packets} of ${packetsDue.toFixed(0)} packets\n`,
    );
    expect(flooded).toBeGreaterThan(3000);
    expect(packets / packetsDue).toBeGreaterThan(0.8);
    expect(afterMb - beforeMb).toBeLessThan(150);
    // The calls' own; what is answered to strangers leaves nothing behind.
    expect(transactions).toBeLessThan(20);
    expect(sessions).toBeLessThan(4);
    expect(await running.metric('patchbay_sip_dropped_total')).toBeGreaterThan(flooded * 0.9);
    expect(await running.metric('patchbay_calls_active')).toBe(0);
  });
});
