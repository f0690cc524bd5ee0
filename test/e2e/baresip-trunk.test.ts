/** baresip at both ends of a switch, over each transport: it proves a password, calls, holds, and is called by us. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AiFlowApp } from '../support/ai-flow-app.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { Baresip } from '../support/baresip.ts';
import { type Certified, makeAuthority } from '../support/certificates.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch } from '../support/running-switch.ts';

const PHONE_HZ = 700;
const DESK_HZ = 1100;
/** Of the one who is called, so that its trunk has an address of its own. */
const DESK_ADDRESS = '127.0.0.4';
const transports = ['udp', 'tcp', 'tls'] as const;
type Transport = (typeof transports)[number];
const numbers: Record<Transport, string> = { udp: '49301', tcp: '49302', tls: '49303' };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const voice = (hz: number): Int16Array => tone(hz, { rateHz: 8000, lengthSamples: 240_000, levelDb: -12 });

describe.skipIf(!peersPresent('baresip', 'openssl'))('baresip as a trunk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-baresip-'));
  const at = (name: string): string => join(folder, name);
  let app: AiFlowApp;
  let running: RunningSwitch;
  let desks: Record<Transport, Baresip>;

  beforeAll(async () => {
    const authority = makeAuthority();
    const pem = (name: string, { certificate, key }: Certified) => {
      writeFileSync(at(`${name}.pem`), certificate);
      writeFileSync(at(`${name}.key`), key);
      writeFileSync(at(`${name}-both.pem`), certificate + key);
      return { certificate: { file: at(`${name}.pem`) }, key: { file: at(`${name}.key`) } };
    };
    const ours = pem('switch', authority.server);
    pem('desk', authority.certify(`IP:${DESK_ADDRESS}`));
    writeFileSync(at('ca.pem'), authority.certificate);
    app = await AiFlowApp.listen(({ fields }) => {
      const digit = String(fields['digit'] ?? '');
      return digit === '' ? undefined : { type: 'transfer', target_phone_number: `4930${digit}` };
    });
    const desk = async (transport: Transport) => [
      transport,
      await Baresip.start(voice(DESK_HZ), {
        ...{ address: DESK_ADDRESS, user: numbers[transport], transport, answers: true },
        ...(transport === 'tls' && { certificateFile: at('desk-both.pem'), caFile: at('ca.pem') }),
      }),
    ];
    desks = Object.fromEntries(await Promise.all(transports.map(desk)));
    const deskPort = (transport: Transport): number =>
      desks[transport].sipPort + (transport === 'tls' ? 1 : 0);
    const trunkOf = (transport: Transport) => ({
      name: `desk-${transport}`,
      addresses: [DESK_ADDRESS],
      outbound: { uri: `sip:${DESK_ADDRESS}:${deskPort(transport)};transport=${transport}` },
      ...(transport === 'tls' && { tls: { ca: { file: at('ca.pem') } } }),
    });
    const address = '127.0.0.1';
    running = await RunningSwitch.start({
      flows: {
        app: { agent: { kind: 'ai-flow', url: app.webhookUrl } },
        echo: { agent: { kind: 'echo' } },
      },
      sip: {
        listen: [
          { transport: 'udp', address, port: 0 },
          { transport: 'tcp', address, port: 0 },
          { transport: 'tls', address, port: 0, certificates: [ours] },
        ],
        // baresip 1.0 knows no other, and gives up where another is offered beside it.
        digest: { algorithms: ['MD5'] },
      },
      trunks: [
        {
          name: 'phones',
          inboundAuth: 'digest',
          accounts: [{ username: 'alice', password: 'wonder' }],
        },
        ...transports.map(trunkOf),
      ] as object,
      outbound: {
        allow: ['49*'],
        routes: transports.map((transport) => ({
          number: numbers[transport],
          trunk: `desk-${transport}`,
        })),
      },
      media: { address, portMin: 30_200, portMax: 30_299 },
    });
  });
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
    expect(running.strayOutput).toEqual([]);
    await Promise.all(Object.values(desks).map((desk) => desk.stop()));
    await app.close();
    rmSync(folder, { recursive: true });
  });

  const portOf = (transport: Transport): number =>
    ({ udp: running.sipPort, tcp: running.tcpPort, tls: running.tlsPort })[transport];
  const phoneOver = (transport: Transport, password = 'wonder'): Promise<Baresip> =>
    Baresip.start(voice(PHONE_HZ), {
      transport,
      credentials: { username: 'alice', password },
      ...(transport === 'tls' && { caFile: at('ca.pem') }),
    });

  it.each(transports)(
    'over %s proves its password, holds and takes back, and is put through to another',
    async (transport) => {
      const after = running.lines.length;
      const phone = await phoneOver(transport);
      try {
        await phone.command('dial', `sip:app@127.0.0.1:${portOf(transport)};transport=${transport}`);
        await phone.event('CALL_ESTABLISHED');
        await pause(300);
        await phone.command('hold');
        await pause(200);
        const heldAtSeconds = await phone.heardSeconds();
        await pause(400);
        expect(await phone.heardSeconds()).toBe(heldAtSeconds);
        await phone.command('resume');
        await pause(400);
        expect(await phone.heardSeconds()).toBeGreaterThan(heldAtSeconds);
        await phone.command('sndcode', numbers[transport].at(-1)!);
        await desks[transport].event('CALL_ESTABLISHED', 10_000);
        await pause(1500);
        await phone.command('hangup');
        await desks[transport].event('CALL_CLOSED', 10_000);
        await running.idle();
        // The other heard the phone, through two calls of which one is ours.
        const heard = desks[transport].recording();
        expect(toneLevelDb(heard.subarray(-6400, -1600), PHONE_HZ, 8000)).toBeGreaterThan(-16);
        const ended = await running.line(({ msg }) => msg === 'call ended', { after });
        expect(ended).toMatchObject({ by: 'remote', cause: 'transferred' });
      } finally {
        await phone.stop();
      }
    },
  );

  it('with a wrong password is not taken', async () => {
    const phone = await phoneOver('udp', 'guess');
    try {
      const before = await running.metric('patchbay_calls_offered_total');
      await phone.command('dial', `sip:echo@127.0.0.1:${running.sipPort}`);
      await phone.event('CALL_CLOSED');
      expect(await running.metric('patchbay_calls_offered_total')).toBe(before);
      expect(await running.metric('patchbay_sip_dropped_total', 'reason="wrong-password"')).toBeGreaterThan(
        0,
      );
    } finally {
      await phone.stop();
    }
  });
});
