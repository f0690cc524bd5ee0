/** Kamailio in front of two switches, as `examples/kamailio` has it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AiFlowApp } from '../support/ai-flow-app.ts';
import { Kamailio } from '../support/kamailio.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { runSipp, type SippCalls, type SippResult } from '../support/sipp.ts';

describe.skipIf(!peersPresent('sipp', 'kamailio'))('calls through a Kamailio that stays in the route', () => {
  let app: AiFlowApp;
  let nodes: RunningSwitch[];
  let kamailio: Kamailio;

  beforeAll(async () => {
    app = await AiFlowApp.listen(({ fields }) => (fields['digit'] === '0' ? { type: 'hangup' } : undefined));
    const flows = {
      echo: { agent: { kind: 'echo' } },
      app: { agent: { kind: 'ai-flow', url: app.webhookUrl } },
    };
    nodes = await Promise.all(
      [24_000, 25_000].map((portMin) =>
        RunningSwitch.start({
          flows,
          trunks: [{ name: 'proxy', addresses: ['127.0.0.1'] }] as object,
          media: { address: '127.0.0.1', portMin, portMax: portMin + 999 },
          limits: { drainS: 20 },
        }),
      ),
    );
    kamailio = await Kamailio.start(nodes.map(({ sipPort }) => sipPort));
  }, 60_000);
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await kamailio.stop();
    await app.close();
    expect(nodes.flatMap(({ strayOutput }) => strayOutput)).toEqual([]);
  });

  const call = (calls: Omit<SippCalls, 'port'>): Promise<SippResult> =>
    runSipp({ ...calls, port: kamailio.port });
  const allWell = (successful: number) => ({ successful, failed: 0, complaints: '' });
  const answered = () => Promise.all(nodes.map((node) => node.metric('patchbay_calls_answered_total')));

  it.each(['udp', 'tcp'] as const)(
    'are held, taken back and ended by the caller over %s',
    async (transport) => {
      const result = await call({ scenario: 'hold-through-proxy', number: 'echo', transport, calls: 10 });
      expect(result).toMatchObject(allWell(10));
    },
  );

  it('are ended by the agent', async () => {
    const result = await call({ scenario: 'agent-hangs-up-through-proxy', number: 'app', calls: 10 });
    expect(result).toMatchObject(allWell(10));
  });

  it('are spread over both switches', async () => {
    const before = await answered();
    await call({ scenario: 'hold-through-proxy', number: 'echo', calls: 20, perSecond: 20 });
    const taken = (await answered()).map((total, node) => total - before[node]!);
    expect(taken[0]! + taken[1]!).toBe(20);
    expect(Math.min(...taken)).toBeGreaterThan(0);
  });

  it('all go to the other switch while one shuts down, and when it is gone', async () => {
    const [staying, leaving] = nodes as [RunningSwitch, RunningSwitch];
    const before = await staying.metric('patchbay_calls_answered_total');
    const longCall = call({ scenario: 'hold-through-proxy', number: 'echo', calls: 20, perSecond: 20 });
    await new Promise((next) => setTimeout(next, 600));
    const left = leaving.stop();
    const result = await call({ scenario: 'hold-through-proxy', number: 'echo', calls: 20, perSecond: 20 });
    expect(result).toMatchObject(allWell(20));
    expect(await longCall).toMatchObject(allWell(20));
    expect(await left).toBe(0);
    const gone = await call({ scenario: 'hold-through-proxy', number: 'echo', calls: 20, perSecond: 20 });
    expect(gone).toMatchObject(allWell(20));
    expect((await staying.metric('patchbay_calls_answered_total')) - before).toBeGreaterThanOrEqual(40);
  });
});
