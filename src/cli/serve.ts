/** `patchbay serve`: runs the switch until it is told to stop. */
import { startApp } from '../app.ts';
import { systemClock } from '../clock.ts';
import { configWarnings, loadConfig } from '../config/load.ts';
import { createLogger } from '../log.ts';

export async function serve(path: string | undefined): Promise<void> {
  let reload = (): void => {};
  // From the first moment on: what nobody listens to ends the process.
  process.on('SIGHUP', () => reload());
  const config = loadConfig({ path, environment: process.env });
  const log = createLogger(config.log);
  for (const warning of configWarnings(config)) log.warn({ warning }, 'configuration');
  const app = await startApp(config, log);
  reload = () => {
    log.info({}, 'SIGHUP: reading certificates again');
    app.reloadCertificates();
  };
  const { listening, asteriskListening, adminUrl, apiUrl } = app;
  const flows = Object.keys(config.flows);
  log.info(
    { sip: listening, asterisk: asteriskListening, admin: adminUrl, api: apiUrl, flows },
    'ready for calls',
  );

  let stoppingSinceMs: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (stoppingSinceMs !== undefined) {
      // npm passes on the Ctrl-C that the terminal has sent here already.
      if (systemClock.nowMs() - stoppingSinceMs < REPEATED_WITHIN_MS) return;
      // Asked twice: somebody is waiting.
      process.stderr.write('patchbay: stopped at once; calls in progress are cut off\n');
      process.exit(1);
    }
    stoppingSinceMs = systemClock.nowMs();
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

const REPEATED_WITHIN_MS = 500;
