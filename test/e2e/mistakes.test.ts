/** What somebody reads who has configured it wrong, or started it twice. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { peersPresent } from '../support/peers.ts';
import { runPatchbay } from '../support/running-switch.ts';

let folder: string;
let takenPort: number;
let udp: Socket;
let tcp: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mistakes-'));
  takenPort = await freePort();
  udp = createSocket('udp4').bind(takenPort, '127.0.0.1');
  await once(udp, 'listening');
  tcp = createServer().listen(takenPort, '127.0.0.1');
  await once(tcp, 'listening');
});
afterAll(() => {
  udp.close();
  tcp.close();
  rmSync(folder, { recursive: true });
});

/** Starts with a configuration, and gives what was written to standard error. */
async function complaintAbout(yaml: string): Promise<string> {
  const path = join(folder, 'switch.yaml');
  writeFileSync(path, yaml);
  const { code, errors } = await runPatchbay(['serve', '--config', path]);
  expect(code).toBe(1);
  expect(errors).not.toMatch(/^ +at /m);
  return errors;
}

const udpListen = (port: number) => `{ transport: udp, address: 127.0.0.1, port: ${port} }`;

describe('a port that is taken', () => {
  it.each([
    ['udp', 'sip.listen', (port: number) => `sip: { listen: [${udpListen(port)}] }\nadmin: { port: 0 }`],
    [
      'tcp',
      'sip.listen',
      (port: number) => `
        sip: { listen: [${udpListen(0)}, { transport: tcp, address: 127.0.0.1, port: ${port} }] }
        admin: { port: 0 }`,
    ],
    ['tcp', 'admin.port', (port: number) => `sip: { listen: [${udpListen(0)}] }\nadmin: { port: ${port} }`],
  ])('over %s is named, with the key %s that changes it', async (transport, key, yaml) => {
    const complaint = await complaintAbout(yaml(takenPort));
    expect(complaint.trim().split('\n')).toHaveLength(1);
    expect(complaint).toContain('in use');
    expect(complaint.toLowerCase()).toContain(`${transport} 127.0.0.1`);
    expect(complaint).toContain(String(takenPort));
    expect(complaint).toContain(key);
  });
});

describe('a configuration', () => {
  it('that is not there is named', async () => {
    const path = join(folder, 'absent.yaml');
    const { code, errors } = await runPatchbay(['serve', '--config', path]);
    expect({ code, errors }).toEqual({
      code: 1,
      errors: `patchbay: The configuration file cannot be read: ${path} (ENOENT: no such file or directory)\n`,
    });
  });

  it('that is no YAML is told with line and column', async () => {
    expect(await complaintAbout('sip:\n  listen: [ {\n')).toMatch(/switch\.yaml:\d+:\d+: /);
  });

  it('has every mistake told at once, each with its line and what was expected', async () => {
    const complaint = await complaintAbout(`
trunks:
  - { name: pbx, adresses: [192.0.2.1] }
flows:
  support:
    agent: { kind: ai-flow, url: "ftp://example.com", timeoutMs: 8s }
routes:
  - { number: "*", flow: suport }
limits: { maxCalls: -1 }
`);
    const lines = complaint.split('\n');
    const told = (place: string) => lines.find((line) => line.includes(place));
    expect(told('switch.yaml:3: trunks[0].adresses')).toContain('did you mean "addresses"?');
    expect(told('switch.yaml:6: flows.support.agent.url')).toContain('found "ftp://example.com"');
    expect(told('switch.yaml:6: flows.support.agent.timeoutMs')).toContain('1000 to 30000');
    expect(told('switch.yaml:8: routes[0].flow')).toContain('found "suport"');
    expect(told('switch.yaml:9: limits.maxCalls')).toContain('found -1');
  });

  it('that names a sound which is not there is refused', async () => {
    const complaint = await complaintAbout(
      'flows: { a: { agent: { kind: echo }, ambience: { sound: moon } } }',
    );
    expect(complaint).toMatch(/flows\.a\.ambience\.sound: moon is not to be had \(sound-unknown\)/);
  });

  it('is found to have such a sound by a check too', async () => {
    const path = join(folder, 'switch.yaml');
    writeFileSync(path, 'flows: { a: { agent: { kind: echo }, ambience: { sound: moon } } }');
    const { code, errors } = await runPatchbay(['check', '--config', path]);
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining('moon is not to be had') });
  });

  it('is found to let an agent ask for sounds that there are not', async () => {
    const path = join(folder, 'switch.yaml');
    const tools = { sounds: ['chimes'], backgrounds: ['cafe', 'moon'] };
    const agent = { kind: 'openai-realtime', apiKey: 'k', tools };
    writeFileSync(path, JSON.stringify({ flows: { a: { agent } } }));
    const { code, errors } = await runPatchbay(['check', '--config', path]);
    expect(code).toBe(1);
    expect(errors.match(/flows\..*/g)).toEqual([
      'flows.a.agent.tools.sounds[0]: chimes is not to be had (sound-unknown)',
      'flows.a.agent.tools.backgrounds[1]: moon is not to be had (sound-unknown)',
    ]);
  });

  it.skipIf(!peersPresent('openssl'))(
    'with the key of another certificate is found out by a check',
    async () => {
      const { server, client } = makeAuthority();
      const path = join(folder, 'switch.yaml');
      const mixed = { certificate: server.certificate, key: client.key };
      const api = { tls: mixed, tokens: [{ name: 'a', token: '0123456789abcdef' }] };
      const listen = [{ transport: 'udp' }, { transport: 'tls', certificates: [server, mixed] }];
      const trunks = [{ name: 'a', addresses: ['192.0.2.1'], tls: mixed }];
      writeFileSync(path, JSON.stringify({ sip: { listen }, trunks, api }));
      const { code, errors } = await runPatchbay(['check', '--config', path]);
      expect(code).toBe(1);
      expect(errors).toContain('sip.listen[1]: certificate 2: key values mismatch');
      expect(errors).toContain('api.tls: certificate 1: key values mismatch');
      expect(errors).toContain('trunks[0].tls: ');
    },
  );

  it('given by a variable is read', async () => {
    const path = join(folder, 'switch.yaml');
    writeFileSync(path, 'limits: { maxCalls: many }');
    const { code, errors } = await runPatchbay(['check'], { PATCHBAY_CONFIG: path });
    expect(code).toBe(1);
    expect(errors).toContain('found "many"');
  });
});
