/**
 * How fast calls are taken: SIPp sets them up and ends them at once, at rising rates. `node test/bench/call-setup.ts
 * [perSecond …]`. SIPp and the switch share the machine, which must have nothing else to do. Refused are the calls that got a
 * 503 at once because the switch could not follow; failed those that were lost otherwise.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { RunningSwitch } from '../support/running-switch.ts';

const RATES = [200, 500, 1000];
const SECONDS = 8;

const asked = process.argv.slice(2).map(Number);
const running = await RunningSwitch.start({
  flows: { echo: { agent: { kind: 'echo' } } },
  media: { address: '127.0.0.1', portMin: 20_000, portMax: 39_999 },
  limits: { maxCalls: 5000, drainS: 0 },
});
try {
  print([
    'calls/s',
    'calls',
    'refused',
    'failed',
    'repeated',
    '200 p50 ms',
    'p99',
    'max',
    'CPU ms/call',
    'RSS MB',
    'files',
  ]);
  // The first calls pay for compiling.
  await place(200);
  for (const perSecond of asked.length > 0 ? asked : RATES) {
    const cpuMs = running.cpuMs;
    const shed = await running.metric('patchbay_calls_shed_total');
    const { calls, failed, retransmissions, answerMs } = await place(perSecond);
    await running.idle(60_000);
    const refused = (await running.metric('patchbay_calls_shed_total')) - shed;
    print([
      String(perSecond),
      String(calls),
      String(refused),
      String(Math.max(0, failed - refused)),
      String(retransmissions),
      ...[0.5, 0.99, 1].map((share) => quantile(answerMs, share).toFixed(0)),
      ((running.cpuMs - cpuMs) / calls).toFixed(2),
      ((await running.metric('process_resident_memory_bytes')) / 1e6).toFixed(0),
      String(await running.metric('process_open_fds')),
    ]);
  }
} finally {
  await running.stop();
}

interface Placed {
  readonly calls: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** From INVITE to 200, of each call. */
  readonly answerMs: readonly number[];
}

async function place(perSecond: number): Promise<Placed> {
  const folder = mkdtempSync(join(tmpdir(), 'sipp-'));
  const calls = perSecond * SECONDS;
  try {
    const parameters = [
      ...['-sn', 'uac', '-i', '127.0.0.1', '-p', String(await freePort()), '-s', 'echo', '-nostdin'],
      ...['-m', String(calls), '-r', String(perSecond), '-l', '5000', '-timeout', '60'],
      ...['-trace_stat', '-trace_rtt', '-rtt_freq', '1', `127.0.0.1:${running.sipPort}`],
    ];
    await once(spawn('sipp', parameters, { cwd: folder, stdio: 'ignore' }), 'exit');
    const files = readdirSync(folder);
    const rowsOf = (fits: (file: string) => boolean): string[][] =>
      readFileSync(join(folder, files.find(fits)!), 'latin1')
        .trim()
        .split('\n')
        .map((line) => line.split(';'));
    const [names, ...rows] = rowsOf((file) => file.endsWith('.csv') && !file.includes('rtt'));
    const total = (name: string): number => Number(rows.at(-1)?.[names!.indexOf(`${name}(C)`)]);
    return {
      calls,
      failed: total('FailedCall'),
      retransmissions: total('Retransmissions'),
      answerMs: rowsOf((file) => file.includes('rtt'))
        .slice(1)
        .map(([, milliseconds]) => Number(milliseconds))
        .sort((a, b) => a - b),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function print(columns: readonly string[]): void {
  process.stdout.write(`${columns.map((column) => column.padStart(11)).join('')}\n`);
}
