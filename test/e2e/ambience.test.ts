/** Ambiences as a configuration names them, in a switch that runs and calls that are made to it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { integratedLoudness } from '../../src/audio/loudness.ts';
import { parseWav } from '../../src/audio/wav.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch, runPatchbay } from '../support/running-switch.ts';
import { encodeSound } from '../support/sound-files.ts';

describe.skipIf(!peersPresent('ffmpeg'))('a configured ambience', () => {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-ambience-'));
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    response.end(request.url === '/page' ? '<!doctype html>' : soundOf(500, 'mp3'));
  });
  let running: RunningSwitch;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const web = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    writeFileSync(join(folder, 'lobby.m4a'), soundOf(800, 'm4a'));
    writeFileSync(join(folder, 'own.flac'), soundOf(1200, 'flac'));
    const echo = { kind: 'echo' };
    running = await RunningSwitch.start({
      sounds: { folder, allowAddresses: ['127.0.0.1'] },
      flows: {
        web: { agent: echo, ambience: { sound: `${web}/radio.mp3`, gain: 1 } },
        loud: { agent: echo, ambience: { sound: `${web}/radio.mp3`, gain: 1, loudnessLufs: -20 } },
        named: { agent: echo, ambience: { sound: 'lobby', gain: 1 } },
        path: { agent: echo, ambience: { sound: join(folder, 'own.flac'), gain: 1 } },
        page: { agent: echo, ambience: { sound: `${web}/page`, gain: 1 } },
        private: { agent: echo, ambience: { sound: 'http://10.0.0.1/radio.mp3', gain: 1 } },
      },
    });
  });
  afterAll(async () => {
    await running.stop();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
    expect(running.strayOutput).toEqual([]);
  });

  it('is fetched once, before the first call, for all flows and levels', () => {
    expect(requests.filter((path) => path === '/radio.mp3')).toHaveLength(1);
  });

  it.each([
    ['web', 500, -30],
    ['loud', 500, -20],
    ['named', 800, -30],
    ['path', 1200, -30],
  ])('is heard in a call to %s, at its loudness', async (flow, frequencyHz, loudnessLufs) => {
    const heard = await call(flow);
    const settled = heard.subarray(4000);
    expect(integratedLoudness(settled, 8000)).toBeCloseTo(loudnessLufs, 0);
    const others = [500, 800, 1200].filter((other) => other !== frequencyHz);
    for (const other of others) {
      expect(toneLevelDb(settled, frequencyHz, 8000) - toneLevelDb(settled, other, 8000)).toBeGreaterThan(30);
    }
  });

  it.each([
    ['page', 'not-a-sound'],
    ['private', 'address-forbidden'],
  ])('that is not to be had is told, and a call to %s goes on without', async (flow, reason) => {
    expect(running.lines.find((line) => line['flow'] === flow && line.level === 'warn')).toMatchObject({
      reason,
    });
    const heard = await call(flow);
    expect(heard.length).toBeGreaterThan(8000);
  });

  async function call(flow: string): Promise<Int16Array> {
    const record = join(folder, `${flow}.wav`);
    const target = `sip:${flow}@127.0.0.1:${running.sipPort}`;
    const { code, errors } = await runPatchbay(['call', target, '--duration', '3', '--record', record]);
    expect({ code, errors }).toMatchObject({ code: 0 });
    const heard = parseWav(readFileSync(record));
    if (!heard.ok) throw new Error(heard.reason);
    return heard.value.samples;
  }
});

function soundOf(frequencyHz: number, kind: string): Uint8Array {
  const samples = tone(frequencyHz, { rateHz: 16_000, lengthSamples: 32_000, levelDb: -9 });
  return encodeSound(samples, 16_000, kind);
}
