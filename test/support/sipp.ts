/** SIPp as the caller: a PBX's signalling by other people. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from './free-port.ts';

export interface SippCalls {
  /** A file of `test/e2e/sipp`, or SIPp's own `uac`: INVITE, ACK, BYE. */
  readonly scenario: string;
  readonly transport?: 'udp' | 'tcp';
  readonly port: number;
  /** The user that is dialled. */
  readonly number: string;
  readonly calls?: number;
  readonly perSecond?: number;
  /** Per cent of datagrams that SIPp loses each way. */
  readonly lostPercent?: number;
  readonly withinS?: number;
  /** What the caller proves when it is challenged, or the registrar wants proven. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** What stands in the scenario between brackets. */
  readonly keys?: Readonly<Record<string, string | number>>;
  /** One that others send to; without it any. */
  readonly localPort?: number;
}

export interface SippResult {
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** What SIPp had not expected; empty when all went well. */
  readonly complaints: string;
}

export async function runSipp(options: SippCalls): Promise<SippResult> {
  const { scenario, transport = 'udp', port, number, calls = 1, perSecond = 10 } = options;
  const { lostPercent, credentials } = options;
  const folder = mkdtempSync(join(tmpdir(), 'sipp-'));
  const parameters = [
    ...(scenario === 'uac' ? ['-sn', 'uac'] : ['-sf', join(scenarios, `${scenario}.xml`)]),
    // One of its own: what is still under way to an earlier run must not reach this one.
    ...['-p', String(options.localPort ?? (await freePort()))],
    ...['-i', '127.0.0.1', '-t', transport === 'udp' ? 'u1' : 't1', '-s', number],
    ...['-m', String(calls), '-r', String(perSecond), '-nostdin', '-trace_err', '-trace_stat'],
    ...['-timeout', String(options.withinS ?? 60), '-timeout_error'],
    ...(lostPercent === undefined ? [] : ['-lost', String(lostPercent)]),
    ...(credentials === undefined ? [] : ['-au', credentials.username, '-ap', credentials.password]),
    ...Object.entries(options.keys ?? {}).flatMap(([key, value]) => ['-key', key, String(value)]),
    // Else SIPp proves it for a URI without the number.
    ...(credentials === undefined ? [] : ['-auth_uri', `${number}@127.0.0.1:${port}`]),
    `127.0.0.1:${port}`,
  ];
  try {
    const sipp = spawn('sipp', parameters, { cwd: folder, stdio: 'ignore' });
    await once(sipp, 'exit');
    const read = (ending: string): string =>
      readdirSync(folder)
        .filter((file) => file.endsWith(ending))
        .map((file) => readFileSync(join(folder, file), 'latin1'))
        .join('\n');
    return { ...countsOf(read('.csv')), complaints: complaintsIn(read('_errors.log')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without what it says of a machine that is busy. */
function complaintsIn(log: string): string {
  const lines = log.split('\n').filter((line) => line !== '' && !line.includes('Overload warning'));
  return lines.every((line) => line === 'The following events occurred:') ? '' : lines.join('\n');
}

/** The last line of SIPp's statistics: its columns ending in `(C)` count from the start. */
function countsOf(statistics: string): Omit<SippResult, 'complaints'> {
  const [names = [], ...rows] = statistics
    .trim()
    .split('\n')
    .map((row) => row.split(';'));
  const count = (name: string): number => Number(rows.at(-1)?.[names.indexOf(`${name}(C)`)]);
  return {
    successful: count('SuccessfulCall'),
    failed: count('FailedCall'),
    retransmissions: count('Retransmissions'),
  };
}

const scenarios: string = resolve(import.meta.dirname, '../e2e/sipp');
