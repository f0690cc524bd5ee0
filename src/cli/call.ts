/** `patchbay call`: a softphone in the terminal. */
import { writeFileSync } from 'node:fs';
import { serializeWav } from '../audio/wav.ts';
import { systemClock } from '../clock.ts';
import { createLogger } from '../log.ts';
import type { SipUri } from '../sip/message/uri.ts';
import { callerSounds } from './call/caller-sounds.ts';
import { type Destination, resolveDestination } from './call/destination.ts';
import type { CallOptions } from './call/options.ts';
import { exitCodes } from './call/outcome.ts';
import { reportOf, reportText } from './call/report.ts';
import { Softphone } from './call/softphone.ts';
import { statusLine } from './call/status-line.ts';

/** Sets the exit code to how the call went. Rejects with `SwitchError` for what keeps it from being tried. */
export async function call(target: SipUri, options: CallOptions): Promise<void> {
  const log = createLogger(
    { level: 'warn', redactNumbers: false, redactTranscripts: true },
    { write: (line) => process.stderr.write(line) },
  );
  const sounds = await callerSounds(options, log);
  // A path that cannot be written to is better known before the call.
  if (!record(options.record, new Int16Array(), 8000)) return;
  const destination = await destinationOf(target, options);
  if (destination === undefined) return;

  const softphone = new Softphone({ destination, call: options, sounds, log });
  const { observation } = softphone;
  const stopWatching = hangUpOnSignal(softphone, () =>
    record(options.record, observation.heard.samples, observation.rateHz),
  );
  const hideStatus = showStatus(() => statusLine(observation, destination.uri, systemClock.nowMs()));
  try {
    const end = await softphone.run();
    hideStatus();
    record(options.record, observation.heard.samples, observation.rateHz);
    const report = reportOf(observation, end, destination, options.record);
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : reportText(report));
    process.exitCode = report.exitCode;
  } finally {
    hideStatus();
    stopWatching();
  }
}

/** False, having said so, when the file cannot be written. */
function record(path: string | undefined, samples: Int16Array, rateHz: number): boolean {
  if (path === undefined) return true;
  try {
    writeFileSync(path, serializeWav(samples, rateHz));
    return true;
  } catch (error) {
    giveUp(`${path} cannot be written`, error, WRONG_USE);
    return false;
  }
}

/** Undefined, having said so, when the callee cannot be found or reached. */
async function destinationOf(target: SipUri, options: CallOptions): Promise<Destination | undefined> {
  try {
    return await resolveDestination(target, options.transport);
  } catch (error) {
    giveUp(`${target.host} cannot be found or reached`, error, exitCodes.failed);
    return undefined;
  }
}

function giveUp(message: string, error: unknown, exitCode: number): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  process.stderr.write(`patchbay: ${message} (${code})\n`);
  process.exitCode = exitCode;
}

/** Asked once, the call is hung up; asked again, the program ends at once, and keeps what was recorded. */
function hangUpOnSignal(softphone: Softphone, keep: () => void): () => void {
  let asked = false;
  const stop = (): void => {
    if (asked) {
      keep();
      process.exit(INTERRUPTED);
    }
    asked = true;
    softphone.hangUp();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
}

/** Keeps one line of the terminal up to date; does nothing without a terminal. */
function showStatus(line: () => string): () => void {
  const { stderr } = process;
  if (!stderr.isTTY) return () => {};
  const show = (): void => {
    stderr.write(`\r\x1b[2K${line().slice(0, (stderr.columns || NARROW_COLUMNS) - 1)}`);
  };
  let timer: NodeJS.Timeout | undefined = setInterval(show, STATUS_MS);
  return () => {
    if (timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
    stderr.write('\r\x1b[2K');
  };
}

/** As for every other mistake on the command line. */
const WRONG_USE = 1;
const STATUS_MS = 100;
/** Where the terminal does not say. */
const NARROW_COLUMNS = 80;
/** As shells have it: 128 and the number of SIGINT. */
const INTERRUPTED = 130;
