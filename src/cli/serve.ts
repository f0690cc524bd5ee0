/** `patchbay serve`: runs the switch until it is told to stop. */
import { startApp } from '../app.ts';
import { configWarnings, loadConfig } from '../config/load.ts';
import { createLogger } from '../log.ts';

export async function serve(path: string | undefined): Promise<void> {
  const config = loadConfig({ path, environment: process.env });
  const log = createLogger(config.log);
  for (const warning of configWarnings(config)) log.warn({ warning }, 'configuration');
  const app = await startApp(config, log);
  log.info({ sip: app.listening, admin: app.adminUrl, flows: Object.keys(config.flows) }, 'ready for calls');

  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    // Asked twice: somebody is waiting.
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal, drainS: config.limits.drainS }, 'stopping: calls in progress may end');
    app.stop().then(
      () => log.info({}, 'stopped'),
      (error: unknown) => {
        log.error({ error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
