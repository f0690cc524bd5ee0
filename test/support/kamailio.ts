/** Kamailio as the proxy in front of several switches, with the configuration of `examples/kamailio`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from './free-port.ts';

export class Kamailio {
  readonly port: number;
  readonly log: string[] = [];
  readonly #folder: string;
  readonly #process: ChildProcess;

  /** Resolves when it listens. `nodes` are the SIP ports of the switches behind it, on loopback. */
  static async start(nodes: readonly number[]): Promise<Kamailio> {
    const kamailio = new Kamailio(await freePort(), nodes);
    await kamailio.#listening();
    return kamailio;
  }

  private constructor(port: number, nodes: readonly number[]) {
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), 'kamailio-'));
    const list = join(this.#folder, 'dispatcher.list');
    writeFileSync(list, nodes.map((node) => `1 sip:127.0.0.1:${node}\n`).join(''));
    const defines = [
      `LISTEN=udp:127.0.0.1:${port}`,
      `LISTEN_TCP=tcp:127.0.0.1:${port}`,
      `DISPATCHER_LIST="${list}"`,
      // Several would let a 200 overtake its 180, which SIPp does not forgive.
      'CHILDREN=1',
    ].flatMap((define) => ['-A', define]);
    const files = ['-P', join(this.#folder, 'pid'), '-Y', this.#folder, '-w', this.#folder];
    // -DD: stays in the foreground, so that it ends with the process that is told to.
    this.#process = spawn('kamailio', ['-DD', '-E', '-m', '32', '-f', configFile, ...files, ...defines], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process.stderr?.on('data', (data) => this.log.push(String(data)));
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      const overdue = setTimeout(() => this.#process.kill('SIGKILL'), 5000);
      await exited;
      clearTimeout(overdue);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #listening(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      if (this.#process.exitCode !== null) break;
      const socket = connect(this.port, '127.0.0.1');
      const outcome = await Promise.race([
        once(socket, 'connect').then(() => 'open'),
        once(socket, 'error').then(() => 'shut'),
      ]).catch(() => 'shut');
      socket.destroy();
      if (outcome === 'open') return;
      await new Promise((next) => setTimeout(next, 100));
    }
    await this.stop();
    throw new Error(`kamailio does not listen: ${this.log.join('')}`);
  }
}

const configFile: string = resolve(import.meta.dirname, '../../examples/kamailio/kamailio.cfg');
