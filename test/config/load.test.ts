import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { configWarnings, loadConfig } from '../../src/config/load.ts';
import { SwitchError } from '../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchbay-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(yaml: string, environment: Record<string, string> = {}): Config {
  const path = join(folder, 'patchbay.yaml');
  writeFileSync(path, yaml);
  return loadConfig({ path, environment });
}

/** The lines in which a configuration is refused. */
function mistakes(yaml: string, environment: Record<string, string> = {}): string[] {
  try {
    load(yaml, environment);
  } catch (error) {
    if (!(error instanceof SwitchError) || error.code !== 'config-invalid') throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

const echo = 'flows: { echo: { agent: { kind: echo } } }';

describe('a configuration', () => {
  it('that is not there is the demo for everyone', () => {
    const config = loadConfig({ path: undefined, environment: {} });
    expect(config.flows['demo']?.agent).toEqual({ kind: 'demo' });
    expect(config.routes).toEqual([{ number: '*', flow: 'demo' }]);
    expect(config.sip.listen.map(({ transport, port }) => `${transport} ${port}`)).toEqual([
      'udp 5060',
      'tcp 5060',
    ]);
    expect(configWarnings(config)).toEqual(['no trunks are configured: calls are taken from every address']);
  });

  it('that is empty is the same', () => {
    const none = loadConfig({ path: undefined, environment: {} });
    expect(load('')).toEqual(none);
    expect(load('# nothing but this\n')).toEqual(none);
  });

  it('is found by the environment when the command line names none', () => {
    const path = join(folder, 'found.yaml');
    writeFileSync(path, 'admin: { port: 9 }');
    expect(loadConfig({ path: undefined, environment: { PATCHBAY_CONFIG: path } }).admin.port).toBe(9);
  });

  it('that cannot be read is said to be so', () => {
    expect(() => loadConfig({ path: join(folder, 'absent.yaml'), environment: {} })).toThrow(
      expect.objectContaining({ code: 'config-unreadable', message: expect.stringContaining('absent.yaml') }),
    );
  });

  it('names a folder that is given in place of a file', () => {
    expect(() => loadConfig({ path: import.meta.dirname, environment: {} })).toThrow(
      `${import.meta.dirname} (EISDIR`,
    );
  });

  it('with one flow and no routes sends every number to it; with more, their names must be dialled', () => {
    expect(load(echo).routes).toEqual([{ number: '*', flow: 'echo' }]);
    const two = load('flows: { a: { agent: { kind: echo } }, b: { agent: { kind: demo } } }');
    expect(two.routes).toEqual([]);
    expect(configWarnings(two)).toContain('no routes are configured: flows are reached only by their names');
    expect(load(`${echo}\nroutes: []`).routes).toEqual([]);
  });

  it('is warned of routes behind one that takes every number', () => {
    const routes = (...numbers: string[]) =>
      `${echo}\nroutes: [${numbers.map((number) => `{ number: '${number}', flow: echo }`).join()}]`;
    const warned = (...numbers: string[]) =>
      configWarnings(load(routes(...numbers))).filter((warning) => warning.startsWith('routes'));
    expect(warned('4921', '*', '4930*', '/5/')).toEqual([
      'routes[2]: never reached: routes[1] takes every number',
      'routes[3]: never reached: routes[1] takes every number',
    ]);
    expect(warned('4921', '4930*', '*')).toEqual([]);
  });

  it('is refused when two would listen at one port', () => {
    const udp = (address: string, port: number) => `{ transport: udp, address: ${address}, port: ${port} }`;
    const tcp = udp('127.0.0.1', 5060).replace('udp', 'tcp');
    const listening = (...listen: string[]) => mistakes(`${echo}\nsip: { listen: [${listen.join()}] }`);
    expect(listening(udp('0.0.0.0', 5060), tcp, udp('127.0.0.1', 5060))).toEqual([
      expect.stringMatching(/sip\.listen\[2\]: sip\.listen\[0\] listens at UDP port 5060 already$/),
    ]);
    expect(listening(udp('127.0.0.2', 5060), tcp, udp('127.0.0.1', 5060))).toEqual([]);
    expect(listening(udp('127.0.0.1', 0), udp('127.0.0.1', 0))).toEqual([]);
    expect(mistakes(`${echo}\nadmin: { port: 5060, address: 127.0.0.1 }\nsip: { listen: [${tcp}] }`)).toEqual(
      [expect.stringMatching(/admin\.port: sip\.listen\[0\] listens at TCP port 5060 already$/)],
    );
  });

  it('is warned of callers it would pass on to whom nobody may call', () => {
    const flow = (allow: string): string => `
      trunks: [{ name: pbx, addresses: [192.0.2.1], outbound: { uri: 'sip:pbx.example' } }]
      outbound: { allow: ${allow}, routes: [{ number: '*', trunk: pbx }] }
      flows:
        a:
          agent:
            kind: openai-realtime
            apiKey: k
            tools: { transferTo: { kitchen: '+49 30 111', bar: 'sip:30222@pbx.example' } }
          fallback: { transferTo: '4930999' }`;
    expect(configWarnings(load(flow('[]')))).toEqual([
      'flows.a.fallback.transferTo: outbound.allow does not have it, so nobody is called',
      'flows.a.agent.tools.transferTo.kitchen: outbound.allow does not have it, so nobody is called',
      'flows.a.agent.tools.transferTo.bar: outbound.allow does not have it, so nobody is called',
    ]);
    expect(configWarnings(load(flow("['4930*', '30*']")))).toEqual([]);
    expect(configWarnings(load(flow("['4930*', 'sip:*@pbx.example']")))).toEqual([]);
  });

  it('takes its paths from its own folder', () => {
    const config = load(`
      sounds: { folder: ./noise }
      flows:
        a: { agent: { kind: echo }, ambience: { sound: ./own/rain.wav } }
        b: { agent: { kind: echo }, ambience: { sound: cafe } }`);
    expect(config.sounds.folder).toBe(resolve(folder, 'noise'));
    expect(config.flows['a']?.ambience?.sound).toBe(resolve(folder, 'own/rain.wav'));
    expect(config.flows['b']?.ambience?.sound).toBe('cafe');
  });

  it('reads secrets from the environment and from files', () => {
    writeFileSync(join(folder, 'token'), 'from-file\n');
    const agent = (token: string): string =>
      `flows: { a: { agent: { kind: ai-flow, url: "https://x", ${token} } } }`;
    const tokenOf = ({ flows }: Config): unknown => ({ ...flows['a']?.agent });
    const environment = { TOKEN: 'from-environment' };
    expect(tokenOf(load(agent('token: literal')))).toMatchObject({ token: 'literal' });
    expect(tokenOf(load(agent('token: { env: TOKEN }'), environment))).toMatchObject({
      token: 'from-environment',
    });
    expect(tokenOf(load(agent('token: { file: token }')))).toMatchObject({ token: 'from-file' });
    expect(tokenOf(load(agent('headers: { X-Key: { env: TOKEN } }'), environment))).toMatchObject({
      headers: { 'X-Key': 'from-environment' },
    });
    expect(mistakes(agent('token: { env: TOKEN }'))).toEqual([
      'patchbay.yaml:1: flows.a.agent.token: found {"env":"TOKEN"}, expected the environment variable TOKEN to be set',
    ]);
    expect(mistakes(agent('token: { file: gone }'))[0]).toContain(
      'expected the file gone to hold the secret',
    );
    expect(mistakes(agent('token: { fil: gone }'))[0]).toContain(
      'expected text, { env: VARIABLE } or { file: path }',
    );
  });

  it('lets the environment come before the file', () => {
    const config = load('sip: { listen: [{ transport: udp, port: 1 }] }\nadmin: { port: 2 }', {
      PATCHBAY_SIP_PORT: '5070',
      PATCHBAY_ADMIN_PORT: '9090',
      PATCHBAY_LOG_LEVEL: 'debug',
      PATCHBAY_MEDIA_WORKERS: 'auto',
      PATCHBAY_MAX_CALLS: '',
    });
    expect(config.sip.listen).toEqual([{ transport: 'udp', address: '0.0.0.0', port: 5070 }]);
    expect(config.admin.port).toBe(9090);
    expect(config.log.level).toBe('debug');
    expect(config.limits.maxCalls).toBe(1000);
    expect(loadConfig({ path: undefined, environment: { PATCHBAY_SIP_PORT: '5070' } }).sip.listen).toEqual([
      { transport: 'udp', address: '0.0.0.0', port: 5070 },
      { transport: 'tcp', address: '0.0.0.0', port: 5070 },
    ]);
  });

  it('does not remember the environment of an earlier load', () => {
    loadConfig({ path: undefined, environment: { PATCHBAY_ADMIN_PORT: '1' } });
    expect(loadConfig({ path: undefined, environment: {} }).admin.port).toBe(8080);
  });
});

describe('mistakes in a configuration', () => {
  it('are told all at once, each with its place, what was found and what was expected', () => {
    const yaml = `
sip:
  listen:
    - { transport: ws }
  userAgent: 5
admin:
  prot: 8080
  port: 80a
media: { workers: 0, address: "192.168.1", portMin: 30000, portMax: 20000, codecs: [G729] }
trunks: [{ name: pbx, addresses: [192.0.2.0/40, pbx.example.com, 192.168.1/24] }]
flows:
  "my flow": { agent: { kind: echo } }
  robot: { agent: { kind: ai-floww, url: x } }
  app: { agent: { kind: ai-flow, url: ftp://x }, ambience: { gain: 2 } }
  socket: { agent: { kind: audio-socket, url: "https://x", rateHz: 44100 } }
  nobody: {}
routes:
  - { number: "/(/", flow: roboter }
  - { flow: ap }
limitz: {}
`;
    expect(mistakes(yaml, { PATCHBAY_MAX_CALLS: 'many' }).sort()).toEqual(
      [
        'patchbay.yaml:4: sip.listen[0].transport: found "ws", expected one of udp, tcp, tls',
        'patchbay.yaml:5: sip.userAgent: found 5, expected text',
        'patchbay.yaml:7: admin.prot: unknown key; did you mean "port"?',
        'patchbay.yaml:8: admin.port: found "80a", expected a whole number from 0 to 65535',
        'patchbay.yaml:9: media.workers: found 0, expected a whole number from 1 to 256',
        'patchbay.yaml:9: media.address: found "192.168.1", expected an IPv4 or IPv6 address',
        'patchbay.yaml:9: media.codecs[0]: found "G729", expected one of G722, PCMA, PCMU',
        'patchbay.yaml:10: trunks[0].addresses[0]: found "192.0.2.0/40", expected an address or a range like 192.0.2.0/24',
        'patchbay.yaml:10: trunks[0].addresses[1]: found "pbx.example.com", expected an address or a range like 192.0.2.0/24',
        'patchbay.yaml:10: trunks[0].addresses[2]: found "192.168.1/24", expected an address or a range like 192.0.2.0/24',
        'patchbay.yaml:12: flows.my flow: expected a name of up to 64 letters, digits, ".", "_" or "-"',
        'patchbay.yaml:13: flows.robot.agent.kind: found "ai-floww", expected one of ai-flow, audio-socket, twilio-stream, asterisk-audio-socket, deepgram-agent, elevenlabs-agent, jambonz, assemblyai, openai-realtime, echo, demo',
        'patchbay.yaml:14: flows.app.agent.url: found "ftp://x", expected a URL that begins with http://, https://, ws://, wss://',
        'patchbay.yaml:14: flows.app.ambience.sound: missing, expected text',
        'patchbay.yaml:14: flows.app.ambience.gain: found 2, expected a number from 0 to 1',
        'patchbay.yaml:15: flows.socket.agent.url: found "https://x", expected a URL that begins with ws://, wss://',
        'patchbay.yaml:15: flows.socket.agent.rateHz: found 44100, expected one of 8000, 16000, 24000',
        'patchbay.yaml:16: flows.nobody.agent: missing, expected a section of keys',
        'patchbay.yaml:18: routes[0].number: found "/(/", expected a number, a prefix like 4921*, or a regular expression like /^49/',
        'patchbay.yaml:18: routes[0].flow: found "roboter", expected the name of a flow; did you mean "robot"?',
        'patchbay.yaml:19: routes[1].number: missing, expected text',
        'patchbay.yaml:19: routes[1].flow: found "ap", expected the name of a flow; did you mean "app"?',
        'patchbay.yaml:20: limitz: unknown key; did you mean "limits"?',
        'PATCHBAY_MAX_CALLS: limits.maxCalls: found "many", expected a whole number from 1 to 100000',
      ].sort(),
    );
  });

  it('in the ports are seen together', () => {
    expect(mistakes('media: { portMin: 30000, portMax: 20000 }')).toEqual([
      'patchbay.yaml:1: media.portMax: found 20000, expected a port above portMin',
    ]);
  });

  it('do not print secrets', () => {
    const told = mistakes('flows: { a: { agent: { kind: ai-flow, url: "http://x", token: 123456 } } }');
    expect(told).toEqual([
      'patchbay.yaml:1: flows.a.agent.token: expected text, { env: VARIABLE } or { file: path }',
    ]);
  });

  it('of the YAML itself are told with line and column', () => {
    expect(mistakes('admin:\n  port: [1\nsip: {}\n')[0]).toMatch(/^patchbay\.yaml:3:1: /);
    expect(mistakes('admin: {}\nadmin: {}\n')[0]).toMatch(/^patchbay\.yaml:2:1: Map keys must be unique/);
    expect(mistakes('- a\n- b\n')).toEqual(['patchbay.yaml:1: expected a section of keys']);
    expect(mistakes('hello')).toEqual(['patchbay.yaml:1: expected a section of keys']);
    expect(mistakes('admin: *nobody')[0]).toContain('nobody');
    expect(mistakes(`${echo}\nroutes: 7`)).toEqual(['patchbay.yaml:2: routes: found 7, expected a list']);
  });
});
