/** `patchbay check`: the configuration as it will be understood, or its mistakes. */
import { noMetrics } from '../agent/app-metrics.ts';
import { prepareFlowSounds } from '../app/flow-sounds.ts';
import { createCallFlows } from '../app/flows.ts';
import { createSounds } from '../app/sounds.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { configWarnings, loadConfig } from '../config/load.ts';
import { SwitchError } from '../errors.ts';
import { createLogger } from '../log.ts';
import { loadCredentials } from '../net/tls-credentials.ts';
import { clientContext } from '../net/tls-identity.ts';
import type { ClipStore } from '../sound/clip-store.ts';

/** Rejects with `SwitchError`. */
export async function check(path: string | undefined): Promise<void> {
  const config = loadConfig({ path, environment: process.env });
  for (const warning of configWarnings(config)) warn(warning);
  checkCertificates(config);
  await checkSounds(config);
  process.stdout.write(`${summary(config).join('\n')}\n`);
}

function summary({ sip, media, flows, routes, trunks }: Config): string[] {
  return [
    'The configuration is good.',
    `  SIP      ${sip.listen.map(({ transport, address, port }) => `${transport} ${address}:${port}`).join(', ')}`,
    `  media    ports ${media.portMin} to ${media.portMax}, ${media.codecs.join(', ')}`,
    `  trunks   ${trunks.map(({ name }) => name).join(', ') || 'none: calls are taken from every address'}`,
    ...Object.entries(flows).map(([name, { agent }]) => {
      const numbers = routes.filter(({ flow }) => flow === name).map(({ number }) => number);
      const where = 'url' in agent ? `${agent.kind} ${agent.url}` : agent.kind;
      return `  flow     ${name}: ${where}, dialled by ${[...numbers, name].join(', ')}`;
    }),
  ];
}

/** What only OpenSSL can tell: that a key belongs to another certificate, say. */
function checkCertificates({ sip, api, trunks }: Config): void {
  const ofApi = {
    certificates: api.tls ? [api.tls] : [],
    clientCertificate: 'none',
    minVersion: 'TLSv1.2',
  } as const;
  const troubles = [
    ...sip.listen.map(
      (listen, at) => listen.transport === 'tls' && told(`sip.listen[${at}]`, () => loadCredentials(listen)),
    ),
    api.tls && told('api.tls', () => loadCredentials(ofApi)),
    ...trunks.map(({ tls }, at) => tls && told(`trunks[${at}].tls`, () => clientContext(tls))),
  ].filter((trouble) => typeof trouble === 'string');
  if (troubles.length > 0) throw new SwitchError('config-invalid', `\n${troubles.join('\n')}`);
}

function told(key: string, load: () => object): string | undefined {
  try {
    const loaded = load();
    return 'trouble' in loaded ? `  ${key}: ${String(loaded.trouble)}` : undefined;
  } catch (error) {
    return `  ${key}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Gets and decodes them, as at a start. */
async function checkSounds(config: Config): Promise<void> {
  const log = createLogger({ ...config.log, level: 'warn' }, { write: (line) => warn(textOf(line)) });
  const flows = createCallFlows(config, noMetrics);
  const sounds = createSounds(config.sounds, systemClock, log);
  try {
    await prepareFlowSounds(flows.byName, sounds.clips, config.media.codecs, log);
    await checkToolSounds(config, sounds.clips);
  } finally {
    await Promise.all([flows.close(), sounds.close()]);
  }
}

/** Those that agents may ask for by name: a call would be the first to miss them. */
async function checkToolSounds({ flows }: Config, clips: ClipStore): Promise<void> {
  const named = Object.entries(flows).flatMap(([flow, { agent }]) => {
    if (!('tools' in agent)) return [];
    const { tools } = agent;
    return (['sounds', 'backgrounds'] as const).flatMap((list) =>
      tools[list].map((name, at) => ({ key: `flows.${flow}.agent.tools.${list}[${at}]`, name })),
    );
  });
  const troubles = await Promise.all(
    named.map(async ({ key, name }) => {
      const loaded = await clips.load({ kind: 'name', name }, NARROWBAND_HZ);
      return loaded.ok ? [] : [`  ${key}: ${name} is not to be had (${loaded.reason})`];
    }),
  );
  if (troubles.flat().length > 0) throw new SwitchError('config-invalid', `\n${troubles.flat().join('\n')}`);
}

function textOf(logLine: string): string {
  const { key, msg, reason } = JSON.parse(logLine);
  return [key && `${key}: `, msg, reason && ` (${reason})`].join('');
}

function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`);
}

const NARROWBAND_HZ = 8000;
