import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { flowFor } from '../../src/app/asterisk-doors.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchbay-asterisk-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(listen: object): Config['asteriskAudioSocket'] {
  const path = join(folder, 'patchbay.yaml');
  const flows = { one: { agent: { kind: 'echo' } }, two: { agent: { kind: 'demo' } } };
  writeFileSync(path, JSON.stringify({ flows, routes: [], asteriskAudioSocket: { listen } }));
  return loadConfig({ path, environment: {} }).asteriskAudioSocket;
}

describe('Asterisks that call', () => {
  it('do so at the port of AudioSocket on loopback, unless told otherwise', () => {
    expect(load([{ flow: 'one' }])).toEqual({
      listen: [{ address: '127.0.0.1', port: 9092, flow: 'one', routes: [] }],
    });
    expect(load([])).toEqual({ listen: [] });
  });

  it('call flows that there are', () => {
    expect(() => load([{ flow: 'ome' }])).toThrow(
      'asteriskAudioSocket.listen[0].flow: found "ome", expected the name of a flow; did you mean "one"?',
    );
    expect(() => load([{ flow: 'one', routes: [{ uuid: 'a', flow: 'three' }] }])).toThrow(
      'asteriskAudioSocket.listen[0].routes[0].flow: found "three"',
    );
    expect(() => load([{ flow: 'one', routes: [{ uuid: 'x1', flow: 'two' }] }])).toThrow(
      'the first hexadecimal digits of a UUID',
    );
  });

  it.each([
    ['7c0e6a52-5d0b-4a0e-9a55-5b6a3f1d2c11', 'one'],
    ['0000000d-5d0b-4a0e-9a55-5b6a3f1d2c11', 'two'],
    ['0000000e-5d0b-4a0e-9a55-5b6a3f1d2c11', 'three'],
    ['0000000e-5d0c-4a0e-9a55-5b6a3f1d2c11', 'one'],
  ])('with the UUID %s call flow %s', (uuid, flow) => {
    const routes = [
      { uuid: '0000000D', flow: 'two' },
      { uuid: '0000000e-5d0b', flow: 'three' },
      { uuid: '0000000e5d0b', flow: 'two' },
    ];
    expect(flowFor(uuid, { flow: 'one', routes })).toBe(flow);
  });
});
