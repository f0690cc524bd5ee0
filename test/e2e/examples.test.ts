/** Each example runs as its README says, and is understood by the agents of this house without a warning. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Agent } from '../../src/agent/agent.ts';
import { createAiFlowAgent } from '../../src/agent/ai-flow/ai-flow-agent.ts';
import { levelDb } from '../support/audio.ts';
import { freePort } from '../support/free-port.ts';
import { RecordingHost, RecordingLogger } from '../support/recording-host.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { SipCaller } from '../support/sip-caller.ts';

const examples = resolve(import.meta.dirname, '../../examples');

interface Example {
  readonly name: string;
  readonly command: string;
  readonly parameters: readonly string[];
  /** Absent: why it cannot run here. */
  readonly missing: string | undefined;
}

const missing = (command: string, ...parameters: string[]) =>
  spawnSync(command, parameters).status === 0
    ? undefined
    : `${[command, ...parameters].join(' ')} does not run here`;

/** Debian's own has Debian's Flask, whatever other Python comes first on the PATH. */
const python =
  ['python3', '/usr/bin/python3'].find((command) => missing(command, '-c', 'import flask') === undefined) ??
  'python3';

const table: readonly Example[] = [
  { name: 'express-demo', command: process.execPath, parameters: ['app.ts'], missing: undefined },
  { name: 'node-webhook', command: process.execPath, parameters: ['app.mjs'], missing: undefined },
  { name: 'websocket-agent', command: process.execPath, parameters: ['app.ts'], missing: undefined },
  {
    name: 'flask-webhook',
    command: python,
    parameters: ['app.py'],
    missing: missing(python, '-c', 'import flask'),
  },
  { name: 'go-webhook', command: 'go', parameters: ['run', '.'], missing: missing('go', 'version') },
];

for (const { name, missing: reason } of table)
  if (reason !== undefined) process.stderr.write(`skipped: the example ${name}, as ${reason}\n`);

describe.each(table.filter(({ missing: reason }) => reason === undefined))('the example $name', (example) => {
  it('greets with a sound behind its voice, answers a key, and says goodbye before it hangs up', async () => {
    const url = await start(example);
    const { host, log, agent } = callTo(url, { token: 'secret' });
    agent.handle({ kind: 'started' });
    await eventually(() => host.batches.length === 1);
    agent.handle({ kind: 'digit', digit: '1' });
    await eventually(() => host.batches.length === 2);
    agent.handle({ kind: 'digit', digit: '0' });
    await eventually(() => host.batches.length === 3);
    agent.handle({ kind: 'ended', cause: 'agent-hung-up' });
    await agent.close();

    const kinds = host.batches.map((batch) => batch.map(({ kind }) => kind));
    expect(kinds[0]).toEqual(['loop', 'say']);
    expect(kinds[1]?.[0]).toBe('interrupt');
    expect(kinds[2]?.slice(-2)).toEqual(['say', 'hang-up']);
    expect(log.warnings).toEqual([]);
    expect(host.failures).toEqual([]);
  });

  it('serves a caller: ambience and voice are heard, and key 0 ends the call', async () => {
    const url = await start(example);
    const running = await RunningSwitch.start({
      flows: { example: { agent: { kind: 'ai-flow', url, token: 'secret' } } },
    });
    onTestFinished(async () => {
      await running.stop();
    });
    const caller = await SipCaller.open(running.sipPort);
    onTestFinished(() => caller.close());
    const { press } = await caller.call('example');
    await running.line(({ event }) => event === 'assistant_speak');
    await new Promise((second) => setTimeout(second, 1000));
    expect(levelDb(caller.heard())).toBeGreaterThan(-40);
    await press('0');
    await caller.message((message) => message.startsWith('BYE '), 15_000);
    expect(await running.line(({ msg }) => msg === 'call ended')).toMatchObject({ cause: 'agent-hung-up' });
    expect(running.linesSaying('the agent sent something that is not understood')).toEqual([]);
  });

  it('demands the token that it was started with', async () => {
    const url = await start(example);
    const { log, agent } = callTo(url, { token: 'wrong' });
    agent.handle({ kind: 'started' });
    await eventually(() => log.lines.some(({ level }) => level === 'warn'));
    expect(JSON.stringify(log.lines.at(-1)?.fields)).toContain('401');
  });
});

/** Starts an example on a free port and gives the URL that it prints. */
async function start({ name, command, parameters }: Example): Promise<string> {
  const child = spawn(command, parameters, {
    cwd: resolve(examples, name),
    env: { ...process.env, PORT: String(await freePort()), API_TOKEN: 'secret' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  onTestFinished(() => stop(child));
  let output = '';
  child.stderr.on('data', (data) => {
    output += data;
  });
  const url = await new Promise<string>((resolveUrl, reject) => {
    child.stdout.on('data', (data) => {
      output += data;
      const printed = /listens at (\S+)/.exec(output)?.[1];
      if (printed !== undefined) resolveUrl(printed);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${name} ended: ${output}`)));
  });
  // Flask says so before it does.
  await eventually(() => accepts(Number(new URL(url).port)));
  return url;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The example and what it started: `go run` starts a program of its own. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  const exited = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await exited;
}

function callTo(
  url: string,
  { token }: { token: string },
): { host: RecordingHost; log: RecordingLogger; agent: Agent } {
  const log = new RecordingLogger();
  const host = new RecordingHost({}, log);
  const factory = createAiFlowAgent({ url, token });
  onTestFinished(() => factory.close());
  return { host, log, agent: factory(host) };
}

async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > untilMs) throw new Error(`never happened: ${condition}`);
    await new Promise((tick) => setTimeout(tick, 10));
  }
}
