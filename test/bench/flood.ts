/**
 * Calls beside a flood: how evenly calls in progress are served while ten thousand SIP messages a second arrive that nobody
 * wants. `node test/bench/flood.ts`. Linux with gcc only; the machine must have nothing else to do.
 */
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { compileTool, runCallgen } from '../support/callgen.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { sharedPath } from '../support/shared.ts';

const PER_SECOND = 10_000;
const CALLS = 50;

interface Flood {
  readonly name: string;
  readonly from: string;
  readonly message: string;
}

const floods: readonly Flood[] = [
  { name: 'none', from: '127.0.0.9', message: '' },
  { name: 'OPTIONS of strangers', from: '127.0.0.9', message: request('OPTIONS') },
  { name: 'INVITE of strangers', from: '127.0.0.9', message: request('INVITE') },
  {
    name: 'rubbish of the trunk itself',
    from: '127.0.0.1',
    message: 'INVITE sip:a SIP/2.0\r\nVia: ,,,\r\n\r\n',
  },
  { name: 'INVITE of the trunk itself', from: '127.0.0.1', message: request('INVITE') },
];

if (isMainThread) await main();
else pour(workerData as { flood: Flood; port: number });

async function main(): Promise<void> {
  const sources = sharedPath('tools', 'callgen');
  if (sources === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-flood-'));
  try {
    const callgen = compileTool(sources, 'callgen', folder);
    print(['', 'CPU ms/call-s', 'delta p99 ms', 'p99.9', 'lateness max', 'RTP ratio', 'RSS MB']);
    for (const flood of floods) await measure(callgen, flood);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(callgen: string, flood: Flood): Promise<void> {
  const running = await RunningSwitch.start({
    flows: { echo: { agent: { kind: 'echo' } } },
    sip: { listen: [{ transport: 'udp', address: '127.0.0.1', port: 0 }] },
    trunks: [{ name: 'pbx', addresses: ['127.0.0.1'] }] as object,
    media: { address: '127.0.0.1', portMin: 24_000, portMax: 24_999 },
  });
  try {
    const calls = runCallgen(callgen, [
      ...['--rt', '--target', `127.0.0.1:${running.sipPort}`, '--user', 'echo', '--calls', String(CALLS)],
      ...['--rate', '50', '--settle', '3', '--hold', '10', '--pid', `server=${running.pid}`],
    ]);
    // The calls stand by then.
    await new Promise((next) => setTimeout(next, 2500));
    const worker =
      flood.message === ''
        ? undefined
        : new Worker(import.meta.filename, { workerData: { flood, port: running.sipPort } });
    const report = await calls;
    await worker?.terminate();
    print([
      flood.name,
      report.servers[0]!.cpu_ms_per_call_s.toFixed(2),
      (report.rx_delta_us.p99 / 1000).toFixed(2),
      (report.rx_delta_us.p99_9 / 1000).toFixed(2),
      (report.rx_delay_variation_us.max / 1000).toFixed(2),
      report.rtp_rate_ratio.toFixed(4),
      ((await running.metric('process_resident_memory_bytes')) / 1e6).toFixed(0),
    ]);
  } finally {
    await running.stop();
  }
}

/** Sends for as long as the thread lives. */
function pour({ flood, port }: { flood: Flood; port: number }): void {
  const sockets: Socket[] = Array.from({ length: 8 }, () => createSocket('udp4'));
  for (const socket of sockets) socket.bind(0, flood.from);
  let sent = 0;
  const startMs = performance.now();
  setInterval(() => {
    const due = ((performance.now() - startMs) * PER_SECOND) / 1000;
    for (; sent < due; sent++) {
      const text = flood.message.replaceAll('NUMBER', String(sent));
      sockets[sent % sockets.length]!.send(text, port, '127.0.0.1');
    }
  }, 5);
}

function request(method: string): string {
  return [
    `${method} sip:echo@127.0.0.1 SIP/2.0`,
    'Via: SIP/2.0/UDP 127.0.0.9:5060;branch=z9hG4bKNUMBER;rport',
    'From: <sip:flood@127.0.0.9>;tag=NUMBER',
    'To: <sip:echo@127.0.0.1>',
    'Call-ID: flood-NUMBER',
    `CSeq: 1 ${method}`,
    'Contact: <sip:flood@127.0.0.9>',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

function print([name = '', ...columns]: readonly string[]): void {
  process.stdout.write(`${name.padEnd(30)}${columns.map((column) => column.padStart(15)).join('')}\n`);
}
