/** What trunks do beyond plain calls, by SIPp, to the running process. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { runSipp, type SippCalls, type SippResult } from '../support/sipp.ts';

const listen = [
  { transport: 'udp', address: '127.0.0.1', port: 0 },
  { transport: 'tcp', address: '127.0.0.1', port: 0 },
];
const flows = { echo: { agent: { kind: 'echo' } }, slow: { agent: { kind: 'echo' }, answerAfterMs: 3000 } };

describe.skipIf(!peersPresent('sipp'))('calls by SIPp over a trunk', () => {
  let running: RunningSwitch;
  let proving: RunningSwitch;
  /** Three quarters of a minute, in which the others are at it. */
  let refreshedByUs: Promise<SippResult>;

  beforeAll(async () => {
    // SIPp says nothing for as long as it waits for the refresh.
    const media = { address: '127.0.0.1', portMin: 24_000, portMax: 27_999, silenceTimeoutMs: 0 };
    running = await RunningSwitch.start({ flows, media });
    proving = await RunningSwitch.start({
      flows,
      // SIPp looks at the first challenge only, and knows MD5 alone.
      sip: { listen, digest: { algorithms: ['MD5'] } },
      trunks: [
        { name: 'phones', inboundAuth: 'digest', accounts: [{ username: 'alice', password: 'wonder' }] },
      ] as object,
      media: { address: '127.0.0.1', portMin: 28_000, portMax: 28_999 },
    });
    refreshedByUs = call({ scenario: 'session-timer-by-us', calls: 3 });
  });
  afterAll(async () => {
    await running.idle();
    expect([await running.stop(), await proving.stop()]).toEqual([0, 0]);
    expect([...running.strayOutput, ...proving.strayOutput]).toEqual([]);
  });

  const call = (calls: Omit<SippCalls, 'port' | 'number'>, of = running): Promise<SippResult> =>
    runSipp({
      number: calls.scenario === 'reliable-ringing' ? 'slow' : 'echo',
      ...calls,
      port: calls.transport === 'tcp' ? of.tcpPort : of.sipPort,
    });
  const allWell = (successful: number) => ({ successful, failed: 0, complaints: '' });

  describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
    it('prove their password', async () => {
      const credentials = { username: 'alice', password: 'wonder' };
      const result = await call({ scenario: 'digest', transport, calls: 20, credentials }, proving);
      expect(result).toMatchObject(allWell(20));
    });

    it('acknowledge ringing by PRACK', async () => {
      expect(await call({ scenario: 'reliable-ringing', transport, calls: 5 })).toMatchObject(allWell(5));
    });

    it('refresh their sessions', async () => {
      expect(await call({ scenario: 'session-timer-by-caller', transport, calls: 5 })).toMatchObject(
        allWell(5),
      );
    });
  });

  it('are refused with a wrong password, and the log and the count say so', async () => {
    const credentials = { username: 'alice', password: 'guess' };
    const result = await call({ scenario: 'wrong-password', calls: 3, credentials }, proving);
    expect(result).toMatchObject(allWell(3));
    expect(await proving.metric('patchbay_sip_dropped_total', 'reason="wrong-password"')).toBe(3);
    expect(await proving.metric('patchbay_calls_offered_total')).toBe(40);
    const line = await proving.line(({ msg }) => msg === 'a SIP source is refused');
    expect(line).toMatchObject({ reason: 'wrong-password', address: '127.0.0.1', statusCode: 401 });
    expect(proving.linesSaying('a SIP source is refused')).toHaveLength(1);
    expect(JSON.stringify(line)).not.toMatch(/alice|guess|wonder/);
  });

  it('have their sessions refreshed by us at half their time', async () => {
    expect(await refreshedByUs).toMatchObject(allWell(3));
  });
});

describe.skipIf(!peersPresent('sipp'))('a registration with SIPp', () => {
  it('proves our password, is refreshed in time, shows in the metrics, and is taken back at the end', async () => {
    const registrarPort = await freePort();
    const registrar = runSipp({ scenario: 'registrar', port: 9, number: 'x', localPort: registrarPort });
    const running = await RunningSwitch.start({
      trunks: [
        {
          name: 'carrier',
          auth: { username: 'us', password: 'secret', realm: 'carrier' },
          register: { registrars: [`sip:localhost:${registrarPort}`], user: '4930123', expiresS: 60 },
        },
      ] as object,
    });
    const registered = await running.line(({ msg }) => msg === 'registered with the trunk');
    expect(registered).toMatchObject({
      ...{ trunk: 'carrier', address: `127.0.0.1:${registrarPort}`, expiresS: 20 },
      serviceRoute: [`<sip:127.0.0.1:${registrarPort};lr>`],
    });
    expect(await running.metric('patchbay_registered', 'trunk="carrier"')).toBe(1);
    // Refreshed at half of twenty seconds.
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    expect(await running.stop()).toBe(0);
    expect(running.linesSaying('registration taken back')).toHaveLength(1);
    expect(await registrar).toMatchObject({ successful: 1, failed: 0, complaints: '' });
    expect(running.strayOutput).toEqual([]);
  });
});

describe.skipIf(!peersPresent('sipp'))('who is refused by address', () => {
  it.each([
    ['udp', 403, 403],
    ['udp', null, undefined],
    ['tcp', 403, undefined],
  ] as const)('is told of by log and count alike, over %s with %j', async (transport, answer, statusCode) => {
    const running = await RunningSwitch.start({
      sip: { listen, unknownSource: { answer } },
      trunks: [{ name: 'elsewhere', addresses: ['192.0.2.1'] }] as object,
    });
    const port = transport === 'tcp' ? running.tcpPort : running.sipPort;
    await runSipp({ scenario: 'options', transport, calls: 3, port, number: 'x', withinS: 2 });
    const line = await running.line(({ msg }) => msg === 'a SIP source is refused');
    expect(line).toMatchObject({ level: 'warn', reason: 'unknown-source', address: '127.0.0.1', transport });
    expect(line['statusCode']).toBe(statusCode);
    expect(await running.metric('patchbay_sip_dropped_total', 'reason="unknown-source"')).toBeGreaterThan(0);
    expect(running.linesSaying('a SIP source is refused')).toHaveLength(1);
    expect(await running.stop()).toBe(0);
  });
});
