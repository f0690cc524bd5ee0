/**
 * What TLS costs signalling beside TCP: 200 calls, each over a connection of its own, then 200 over one. Figures compare
 * within one run; the callers share the machine with the switch.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority } from '../support/certificates.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { StreamCaller } from '../support/stream-caller.ts';

type Open = () => Promise<StreamCaller>;

interface Cost {
  readonly elapsedMs: number;
  readonly cpuMs: number;
}

const CALLS = 200;
/** At a time: an office that comes back. */
const ABREAST = 10;
const ROUNDS = 3;

const authority = makeAuthority();
const folder = mkdtempSync(join(tmpdir(), 'patchbay-tls-bench-'));
const file = (name: string, text: string): { file: string } => {
  writeFileSync(join(folder, name), text);
  return { file: join(folder, name) };
};
const address = '127.0.0.1';
const certificates = [
  { certificate: file('pem', authority.server.certificate), key: file('key', authority.server.key) },
];
const running = await RunningSwitch.start({
  sip: {
    listen: [
      { transport: 'tcp', address, port: 0 },
      { transport: 'tls', address, port: 0, certificates },
    ],
    rateLimit: { perSecond: 100_000, burst: 100_000 },
  },
  flows: { echo: { agent: { kind: 'echo' } } },
});
let calls = 0;
try {
  const overTcp: Open = () => StreamCaller.overTcp(running.tcpPort);
  const overTls: Open = () => StreamCaller.overTls(running.tlsPort, { ca: authority.certificate });
  // The first calls pay for compiling.
  for (const open of [overTcp, overTls]) await placeApart(open);
  await compare('a connection each', placeApart, overTcp, overTls);
  await compare('one connection', placeTogether, overTcp, overTls);
} finally {
  await running.stop();
  rmSync(folder, { recursive: true });
}

/** The best of several rounds each, in turn: what disturbs a round only makes it slower. */
async function compare(
  name: string,
  place: (open: Open) => Promise<Cost>,
  tcp: Open,
  tls: Open,
): Promise<void> {
  const rounds: { tcp: Cost; tls: Cost }[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push({ tcp: await place(tcp), tls: await place(tls) });
  const best = (transport: 'tcp' | 'tls', figure: keyof Cost): number =>
    Math.min(...rounds.map((round) => round[transport][figure]));
  for (const figure of ['elapsedMs', 'cpuMs'] as const) {
    const [plain, secured] = [best('tcp', figure), best('tls', figure)];
    const label = `${CALLS} calls, ${name}, ${figure === 'cpuMs' ? 'CPU of the switch' : 'elapsed'}`;
    process.stdout.write(
      `${label.padEnd(52)} TCP ${plain.toFixed(0)} ms, TLS ${secured.toFixed(0)} ms: ${(secured / plain).toFixed(2)} x\n`,
    );
  }
}

function placeApart(open: Open): Promise<Cost> {
  return measured(async (id) => {
    const caller = await open();
    await caller.request(await caller.call(`sip:echo@${address}`, id), 'BYE');
    caller.close();
  });
}

async function placeTogether(open: Open): Promise<Cost> {
  const caller = await open();
  const cost = await measured(async (id) => {
    await caller.request(await caller.call(`sip:echo@${address}`, id), 'BYE');
    // What is over is not searched through for the next.
    caller.received.length = 0;
  }, 1);
  caller.close();
  return cost;
}

async function measured(call: (id: string) => Promise<void>, abreast: number = ABREAST): Promise<Cost> {
  const [beganMs, beganCpuMs] = [performance.now(), running.cpuMs];
  let left = CALLS;
  const work = async (): Promise<void> => {
    while (left-- > 0) await call(`bench-${calls++}`);
  };
  await Promise.all(Array.from({ length: abreast }, work));
  const elapsedMs = performance.now() - beganMs;
  await running.idle();
  return { elapsedMs, cpuMs: running.cpuMs - beganCpuMs };
}
