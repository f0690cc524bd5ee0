/** SIPVicious, which those who look for telephone systems to abuse use: what it learns of the running process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch } from '../support/running-switch.ts';

const listen = [
  { transport: 'udp', address: '127.0.0.1', port: 0 },
  { transport: 'tcp', address: '127.0.0.1', port: 0 },
];
const flows = { echo: { agent: { kind: 'echo' } } };

describe.skipIf(!peersPresent('svmap'))('SIPVicious', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sipvicious-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What it says, also when it does not come to an end, as a shut-out svcrack does; its sessions and its memory of earlier runs go into a folder of the test's. */
  async function run(
    program: string,
    running: RunningSwitch,
    ...parameters: readonly string[]
  ): Promise<string> {
    const child = spawn(program, ['-p', String(running.sipPort), ...parameters, '127.0.0.1'], {
      env: { ...process.env, HOME: folder },
      timeout: 12_000,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += String(data)));
    await once(child, 'close');
    return said;
  }
  const methods = ['REGISTER', 'INVITE', 'OPTIONS'];

  describe('at a switch that knows its trunks by address', () => {
    let running: RunningSwitch;
    beforeAll(async () => {
      const trunks = [{ name: 'pbx', addresses: ['192.0.2.1'] }] as object;
      running = await RunningSwitch.start({ flows, trunks, sip: { listen } });
    });
    afterAll(async () => {
      expect(await running.stop()).toBe(0);
      expect(running.strayOutput).toEqual([]);
    });

    it.concurrent.each(methods)('finds no system with %s', async (method) => {
      expect(await run('svmap', running, '-m', method)).toContain('found nothing');
    });

    it.concurrent.each(methods)('finds no number with %s', async (method) => {
      expect(await run('svwar', running, '-m', method, '-e', '95-105')).toContain('found nothing');
    });

    it.concurrent('is not answered by one octet, and counted', async () => {
      expect(await run('svcrack', running, '-u', '100', '-r', '1-20')).toContain('no server response');
      expect(
        await running.metric('patchbay_sip_dropped_total', 'reason="unknown-source"'),
      ).toBeGreaterThanOrEqual(1);
      expect(await running.metric('patchbay_sip_messages_total', 'direction="sent"')).toBe(0);
    });
  });

  describe('at a switch that asks strangers for a password', () => {
    let running: RunningSwitch;
    beforeAll(async () => {
      const trunks = [
        { name: 'phones', inboundAuth: 'digest', accounts: [{ username: '100', password: 'open sesame' }] },
      ] as object;
      // It knows no other than MD5.
      running = await RunningSwitch.start({
        flows,
        trunks,
        sip: { listen, digest: { algorithms: ['MD5'] } },
      });
    });
    afterAll(async () => {
      expect(await running.stop()).toBe(0);
      expect(running.strayOutput).toEqual([]);
    });

    it('learns that there is one, not which', async () => {
      expect(await run('svmap', running)).toMatch(/\| 127\.0\.0\.1:\d+ +\| unknown +\|/);
    });

    it.concurrent.each(methods)('cannot tell the number that exists from others with %s', async (method) => {
      expect(await run('svwar', running, '-m', method, '-e', '95-105', '--force')).not.toMatch(
        /^\| 1?\d\d /m,
      );
    });

    it('is shut out before it comes to the right word', async () => {
      const words = join(folder, 'words');
      writeFileSync(words, `${Array.from({ length: 30 }, (_, i) => `word${i}`).join('\n')}\nopen sesame\n`);
      expect(await run('svcrack', running, '-u', '100', '-d', words)).not.toContain('open sesame');
      expect(await running.metric('patchbay_sip_dropped_total', 'reason="wrong-password"')).toBe(10);
      expect(await running.metric('patchbay_sip_dropped_total', 'reason="locked-out"')).toBeGreaterThan(0);
      expect(await running.metric('patchbay_calls_offered_total')).toBe(0);
    });
  });
});
