/** `patchbay check`: the configuration as it will be understood, or its mistakes. */
import type { Config } from '../config/config.ts';
import { configWarnings, loadConfig } from '../config/load.ts';

export function check(path: string | undefined): void {
  const config = loadConfig({ path, environment: process.env });
  for (const warning of configWarnings(config)) process.stderr.write(`warning: ${warning}\n`);
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
