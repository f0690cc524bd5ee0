/** The switch as it is run: a process of its own, at ports of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** A line of the log, as parsed. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

/** Sections of the configuration; what is left out gets ports of its own on loopback. */
export type SwitchSections = Readonly<Record<string, object>>;

export class RunningSwitch {
  readonly lines: LogLine[] = [];
  /** What was written and is no line of the log: a stack trace, a warning of Node's. */
  readonly strayOutput: string[] = [];
  sipPort = 0;
  tcpPort = 0;
  tlsPort = 0;
  adminUrl = '';
  apiUrl = '';
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #folder: string;
  readonly #waiting = new Set<() => void>();

  /** Resolves when the switch says that it is ready for calls. */
  static async start(sections: SwitchSections = {}): Promise<RunningSwitch> {
    const running = new RunningSwitch(sections);
    try {
      const ready = await running.line(({ msg }) => msg === 'ready for calls', { withinMs: 20_000 });
      const listening = ready['sip'] as readonly { transport: string; port: number }[];
      running.sipPort = listening.find(({ transport }) => transport === 'udp')?.port ?? 0;
      running.tcpPort = listening.find(({ transport }) => transport === 'tcp')?.port ?? 0;
      running.tlsPort = listening.find(({ transport }) => transport === 'tls')?.port ?? 0;
      running.adminUrl = String(ready['admin']);
      running.apiUrl = String(ready['api'] ?? '');
      return running;
    } catch (error) {
      await running.stop();
      throw error;
    }
  }

  private constructor(sections: SwitchSections) {
    this.#folder = mkdtempSync(join(tmpdir(), 'patchbay-'));
    const path = join(this.#folder, 'switch.yaml');
    // JSON is YAML.
    writeFileSync(path, JSON.stringify({ ...onLoopback, ...sections }));
    this.#process = spawn(process.execPath, [mainFile, 'serve', '--config', path], { cwd: this.#folder });
    createInterface(this.#process.stdout).on('line', (line) => this.#take(line));
    createInterface(this.#process.stderr).on('line', (line) => this.strayOutput.push(line));
    this.#process.once('exit', () => this.#look());
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** The first line, written already or to come, that fits. */
  async line(
    fits: (line: LogLine) => boolean,
    options: { withinMs?: number; after?: number } = {},
  ): Promise<LogLine> {
    const { withinMs = 10_000, after = 0 } = options;
    const find = () => this.lines.slice(after).find(fits);
    const found = find();
    if (found !== undefined) return found;
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        this.#waiting.delete(look);
        clearTimeout(timer);
        settle();
      };
      const look = () => {
        const line = find();
        if (line !== undefined) done(() => resolve(line));
        else if (!this.isRunning) done(() => reject(new Error(`the switch ended: ${this.#lastWords}`)));
      };
      const timer = setTimeout(() => {
        done(() => reject(new Error(`no line fits ${fits} in ${withinMs} ms: ${this.#lastWords}`)));
      }, withinMs);
      this.#waiting.add(look);
      look();
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Lines with this message. */
  linesSaying(message: string): LogLine[] {
    return this.lines.filter(({ msg }) => msg === message);
  }

  /** The sum of a metric over its labels, or over those that hold `label`, for example `status="488"`. */
  async metric(name: string, label: string = ''): Promise<number> {
    const response = await fetch(`${this.adminUrl}/metrics`);
    const samples = (await response.text()).split('\n').filter((sample) => {
      return sample.startsWith(name) && /^[{ ]/.test(sample.slice(name.length)) && sample.includes(label);
    });
    return samples.reduce((sum, sample) => sum + Number(sample.slice(sample.lastIndexOf(' '))), 0);
  }

  /** Resolves when no call is left. */
  async idle(withinMs: number = 10_000): Promise<void> {
    const untilMs = performance.now() + withinMs;
    for (;;) {
      const calls = await this.metric('patchbay_calls_active');
      if (calls === 0) return;
      if (performance.now() > untilMs) throw new Error(`${calls} calls are left after ${withinMs} ms`);
      await new Promise((next) => setTimeout(next, 50));
    }
  }

  /** Processor time used so far, by user and system, on all threads. */
  get cpuMs(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'latin1');
    // Fields 14 and 15 of proc(5); the name before them may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
  }

  /** Ends it as an operator does, and gives its exit code; null when it had to be killed. */
  async stop(): Promise<number | null> {
    if (this.isRunning) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      const overdue = setTimeout(() => this.#process.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(overdue);
    }
    rmSync(this.#folder, { recursive: true, force: true });
    return this.#process.exitCode;
  }

  #take(line: string): void {
    try {
      this.lines.push(JSON.parse(line));
    } catch {
      this.strayOutput.push(line);
    }
    this.#look();
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }

  get #lastWords(): string {
    const lines = this.lines.slice(-5).map((line) => JSON.stringify(line));
    return [...lines, ...this.strayOutput.slice(-20)].join('\n') || 'it said nothing';
  }
}

/** The command line, run to its end. */
export async function runPatchbay(
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; output: string; errors: string }> {
  const child = spawn(process.execPath, [mainFile, ...parameters], {
    env: { ...process.env, ...environment },
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const overdue = setTimeout(() => {
    errors += `killed: not done after ${RUN_WITHIN_MS} ms`;
    child.kill('SIGKILL');
  }, RUN_WITHIN_MS);
  const [code] = await once(child, 'close');
  clearTimeout(overdue);
  return { code, output, errors };
}

/** A command that makes a call of fifteen seconds, on a machine that is busy. */
const RUN_WITHIN_MS = 60_000;
const mainFile: string = resolve(import.meta.dirname, '../../src/main.ts');

const onLoopback: SwitchSections = {
  sip: {
    listen: [
      { transport: 'udp', address: '127.0.0.1', port: 0 },
      { transport: 'tcp', address: '127.0.0.1', port: 0 },
    ],
    rateLimit: { perSecond: 100_000, burst: 100_000 },
  },
  media: { address: '127.0.0.1', portMin: 24_000, portMax: 27_999 },
  admin: { port: 0 },
  limits: { drainS: 0 },
};

/** Linux counts processor time in hundredths of a second. */
const CLOCK_TICK_MS = 10;
