/**
 * Whole calls over loopback: what one costs the switch, and how evenly it is served. Places real calls with the
 * generator in `shared/tools/callgen` against `config/bench.yaml`: `node test/bench/calls.ts [flow=calls …]`.
 * Linux with gcc only. The machine must have nothing else to do: look at the column `others`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compileTool, runCallgen } from '../support/callgen.ts';
import { sharedPath } from '../support/shared.ts';

async function main(): Promise<void> {
  const sources = sharedPath('tools', 'callgen');
  if (sources === undefined) return;
  const asked = process.argv.slice(2);
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-calls-'));
  try {
    process.stdout.write(`compiling callgen and agentd into ${folder}\n`);
    compileTool(sources, 'callgen', folder);
    compileTool(sources, 'agentd', folder);
    printRow(COLUMNS);
    for (const run of asked.length > 0 ? asked : USUAL_RUNS) await measure(run, folder);
    process.stdout.write(BESIDE_IT);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(run: string, folder: string): Promise<void> {
  const [flow = '', calls = ''] = run.split('=');
  const agent = spawn(join(folder, 'agentd'), ['--audiosocket', '9092', '--ws', '9093', '--seconds', '120'], {
    stdio: 'ignore',
  });
  const vendors = spawn(process.execPath, [vendorsFile, '9094'], { stdio: 'ignore' });
  const server = spawn(process.execPath, [mainFile, 'serve', '--config', configFile], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  try {
    await listening();
    const report = await runCallgen(join(folder, 'callgen'), [
      ...['--rt', '--target', `127.0.0.1:${SIP_PORT}`, '--user', flow, '--calls', calls, '--rate', '60'],
      ...['--settle', '4', '--hold', '8', '--marker', '2', '--pid', `server=${server.pid}`],
    ]);
    if (report.failed > 0) process.stdout.write(`${report.failed} of ${calls} calls failed\n`);
    if (report.answered === 0) return;
    printRow([
      flow,
      calls,
      report.servers[0]!.cpu_ms_per_call_s.toFixed(2),
      report.rtp_rate_ratio.toFixed(4),
      milliseconds(report.rx_delta_us.p99),
      milliseconds(report.rx_delta_us.p99_9),
      milliseconds(report.rx_delay_variation_us.max),
      milliseconds(report.marker_round_trip_us?.p50 ?? 0),
      report.machine.busy_by_others_cores.toFixed(2),
    ]);
  } finally {
    await ended(server);
    await ended(agent);
    await ended(vendors);
  }
}

/** Resolves when something listens for SIP. */
async function listening(): Promise<void> {
  const port = SIP_PORT.toString(16).toUpperCase().padStart(4, '0');
  for (let attempt = 0; attempt < 200; attempt++) {
    if (readFileSync('/proc/net/udp', 'utf8').includes(`:${port} `)) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on port ${SIP_PORT} after 10 s`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

function milliseconds(microseconds: number): string {
  return (microseconds / 1000).toFixed(2);
}

function printRow(cells: readonly string[]): void {
  process.stdout.write(`${cells.map((cell) => cell.padStart(13)).join(' ')}\n`);
}

const USUAL_RUNS = [
  'echo=200',
  'agent=50',
  'agent=200',
  'agent=400',
  'agent-plain=200',
  'asterisk=200',
  'twilio=200',
  'deepgram=200',
  'elevenlabs=200',
];
const COLUMNS = [
  'flow',
  'calls',
  'CPU-ms/call-s',
  'sent',
  'delta p99',
  'p99.9',
  'latest',
  'echo p50',
  'others',
];
const SIP_PORT = 5080;
const mainFile: string = resolve(import.meta.dirname, '../../src/main.ts');
const vendorsFile: string = resolve(import.meta.dirname, 'echo-agents.ts');
const configFile: string = resolve(import.meta.dirname, '../../config/bench.yaml');

/** With the same generator and agent, on a machine of the same kind. */
const BESIDE_IT = `
CPU-ms/call-s: of the switch alone, per second of one call. sent: packets sent of those due. Times in ms;
"latest" is the worst packet against the RTP clock, "echo" a sound from mouth to ear.
Beside it, measured the same way: Asterisk AudioSocket with ambience 9.8, without 1.9; Asterisk chan_websocket
without ambience 3.6; FreeSWITCH mod_audio_stream, one way, with ambience 3.0; Asterisk Echo() 0.8.
`;

await main();
