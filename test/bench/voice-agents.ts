/**
 * What a line to an agent costs and how fast it is, for each wire form, in one run: `node test/bench/voice-agents.ts`.
 * The agents say again what they hear. CPU and the round trip by the generator in `shared/tools/callgen`; look at the
 * ratios. Linux with gcc only. The agents run in this process, which takes more of the machine than the switch does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Json,
  type VoiceAgentConnection,
  VoiceAgentServer,
} from '../support/agents/voice-agent-server.ts';
import { compileTool, runCallgen } from '../support/callgen.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { sharedPath } from '../support/shared.ts';
import { SipCaller } from '../support/sip-caller.ts';

async function main(): Promise<void> {
  const calls = process.argv[2] ?? '200';
  const servers = [await assemblyAi(), await openAi()];
  const [assemblyai, openai] = servers;
  const raw = await rawAgent();
  const running = await RunningSwitch.start({
    flows: {
      echo: { agent: { kind: 'echo' } },
      'audio-socket': { agent: { kind: 'audio-socket', url: raw.url, rateHz: 8000 } },
      assemblyai: { agent: { kind: 'assemblyai', apiKey: 'k', url: assemblyai!.url } },
      openai: { agent: { kind: 'openai-realtime', apiKey: 'k', url: openai!.url } },
    },
  });
  try {
    await measureLatency(running, assemblyai!);
    await measureCalls(running, calls);
  } finally {
    await running.stop();
    for (const server of [...servers, raw]) await server.close();
  }
}

/** A caller is silent; its agent says a second at once, and takes it back. */
async function measureLatency(running: RunningSwitch, server: EchoServer): Promise<void> {
  const caller = await SipCaller.open(running.sipPort);
  await caller.call('assemblyai');
  await sleep(1000);
  const firstMs: number[] = [];
  const lastMs: number[] = [];
  let onLoud: (() => void) | undefined;
  let lastLoudMs = 0;
  caller.onSound = (samples) => {
    if (!samples.some((sample) => sample > 3000)) return;
    lastLoudMs = performance.now();
    onLoud?.();
  };
  const data = Buffer.alloc(8000, LOUD_A_LAW).toString('base64');
  for (let trial = 0; trial < TRIALS; trial++) {
    const reply = `r${trial}`;
    const heard = new Promise<void>((resolve) => {
      onLoud = resolve;
    });
    server.latest!.send({ type: 'reply.started', reply_id: reply });
    const sentMs = performance.now();
    server.latest!.send({ type: 'reply.audio', data, reply_id: reply });
    await heard;
    firstMs.push(performance.now() - sentMs);
    await sleep(203 + ((trial * 7) % 20));
    const flushedMs = performance.now();
    server.latest!.send({ type: 'reply.done', reply_id: reply, status: 'interrupted' });
    await sleep(150);
    lastMs.push(Math.max(0, lastLoudMs - flushedMs));
  }
  caller.close();
  report("agent's first octet to first packet", firstMs);
  report('flush to last packet with voice', lastMs);
}

async function measureCalls(running: RunningSwitch, calls: string): Promise<void> {
  const sources = sharedPath('tools', 'callgen');
  if (sources === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-voice-agents-'));
  let echoMs = 0;
  let rawCpu = 0;
  try {
    compileTool(sources, 'callgen', folder);
    print(['flow', 'CPU-ms/call-s', 'to raw', 'sent', 'delta p99', 'echo p50', 'added']);
    for (const flow of ['echo', 'audio-socket', 'assemblyai', 'openai']) {
      const result = await runCallgen(join(folder, 'callgen'), [
        ...['--target', `127.0.0.1:${running.sipPort}`, '--user', flow, '--calls', calls, '--rate', '60'],
        ...['--settle', '3', '--hold', '6', '--marker', '2', '--pid', `server=${running.pid}`],
      ]);
      const cpu = result.servers[0]?.cpu_ms_per_call_s ?? 0;
      const roundTripMs = (result.marker_round_trip_us?.p50 ?? 0) / 1000;
      if (flow === 'echo') echoMs = roundTripMs;
      if (flow === 'audio-socket') rawCpu = cpu;
      print([
        flow,
        cpu.toFixed(2),
        rawCpu === 0 ? '' : (cpu / rawCpu).toFixed(2),
        result.rtp_rate_ratio.toFixed(4),
        (result.rx_delta_us.p99 / 1000).toFixed(1),
        roundTripMs.toFixed(1),
        (roundTripMs - echoMs).toFixed(1),
      ]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface EchoServer {
  readonly url: string;
  readonly latest: VoiceAgentConnection | undefined;
  close(): Promise<void>;
}

async function echoServer(
  path: string,
  answer: (message: Json, connection: VoiceAgentConnection) => void,
  greet: (connection: VoiceAgentConnection) => void = () => undefined,
): Promise<EchoServer> {
  let latest: VoiceAgentConnection | undefined;
  const server = await VoiceAgentServer.listen({
    isAuthorized: () => true,
    connected: (connection) => {
      latest = connection;
      connection.onMessage = (message) => answer(message, connection);
      greet(connection);
    },
  });
  return {
    url: `${server.url}${path}`,
    get latest() {
      return latest;
    },
    close: () => server.close(),
  };
}

function assemblyAi(): Promise<EchoServer> {
  return echoServer('/v1/ws', (message, { send }) => {
    if (message['type'] === 'session.update') send({ type: 'session.ready', session_id: 's' });
    else if (message['type'] === 'input.audio')
      send({ type: 'reply.audio', data: message['audio'], reply_id: 'echo' });
  });
}

function openAi(): Promise<EchoServer> {
  const part = { item_id: 'echo', content_index: 0 };
  return echoServer(
    '/v1/realtime',
    (message, { send }) => {
      if (message['type'] === 'session.update') send({ type: 'session.updated' });
      else if (message['type'] === 'input_audio_buffer.append')
        send({ type: 'response.output_audio.delta', ...part, delta: message['audio'] });
    },
    ({ send }) => send({ type: 'session.created' }),
  );
}

async function rawAgent(): Promise<EchoServer> {
  return echoServer(
    '/',
    () => undefined,
    ({ socket }) => {
      socket.removeAllListeners('message');
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) socket.send(data);
      });
    },
  );
}

function report(what: string, ms: readonly number[]): void {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  process.stdout.write(`${what.padEnd(40)} p50 ${at(0.5)} ms, p95 ${at(0.95)}, most ${at(1)}\n`);
}

function print(cells: readonly string[]): void {
  process.stdout.write(`${cells.map((cell) => cell.padStart(13)).join(' ')}\n`);
}

const TRIALS = 40;
/** Some 8,000 in A-law, held. */
const LOUD_A_LAW = 0xaa;

await main();
