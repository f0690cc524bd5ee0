/** `patchbay check`: the configuration as it will be understood, or its mistakes. */
import { noMetrics } from '../agent/app-metrics.ts';
import { prepareFlowSounds } from '../app/flow-sounds.ts';
import { createCallFlows } from '../app/flows.ts';
import { createSounds } from '../app/sounds.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { configWarnings, loadConfig } from '../config/load.ts';
import { createLogger } from '../log.ts';

/** Rejects with `SwitchError`. */
export async function check(path: string | undefined): Promise<void> {
  const config = loadConfig({ path, environment: process.env });
  for (const warning of configWarnings(config)) warn(warning);
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

/** Gets and decodes them, as at a start. */
async function checkSounds(config: Config): Promise<void> {
  const log = createLogger({ ...config.log, level: 'warn' }, { write: (line) => warn(textOf(line)) });
  const flows = createCallFlows(config, noMetrics);
  const sounds = createSounds(config.sounds, systemClock, log);
  try {
    await prepareFlowSounds(flows.byName, sounds.clips, config.media.codecs, log);
  } finally {
    await Promise.all([flows.close(), sounds.close()]);
  }
}

function textOf(logLine: string): string {
  const { key, msg, reason } = JSON.parse(logLine);
  return [key && `${key}: `, msg, reason && ` (${reason})`].join('');
}

function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`);
}
