/** Kamailio: as the proxy in front of several switches, with the configuration of `examples/kamailio`, and as a registrar. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Certified } from './certificates.ts';
import { freePort } from './free-port.ts';

export class Kamailio {
  readonly port: number;
  /** 0 without a certificate. */
  readonly tlsPort: number;
  readonly log: string[] = [];
  readonly #folder: string;
  readonly #process: ChildProcess;

  /**
   * Resolves when it listens, at a free port unless told. `nodes` are the SIP ports of the switches behind it, and
   * `carrier` that of whom their own calls go to, on loopback.
   */
  static async start(
    nodes: readonly number[],
    { port, carrier }: { readonly port?: number; readonly carrier?: number } = {},
  ): Promise<Kamailio> {
    const folder = mkdtempSync(join(tmpdir(), 'kamailio-'));
    const list = join(folder, 'dispatcher.list');
    writeFileSync(list, nodes.map((node) => `1 sip:127.0.0.1:${node}\n`).join(''));
    const defines = [`DISPATCHER_LIST="${list}"`];
    if (carrier !== undefined) defines.push(`CARRIER="127.0.0.1:${carrier}"`);
    const kamailio = new Kamailio(port ?? (await freePort()), folder, proxyFile, defines);
    await kamailio.#listening();
    return kamailio;
  }

  /**
   * A registrar of realm `registrar.example` that takes anybody with the password `secret`, for 12 seconds at a time; with a
   * certificate over TLS too.
   */
  static async registrar(algorithm: 'MD5' | 'SHA-256', certified?: Certified): Promise<Kamailio> {
    const folder = mkdtempSync(join(tmpdir(), 'kamailio-'));
    const port = await freePort();
    const defines = [`ALGORITHM="${algorithm}"`];
    if (certified !== undefined) {
      const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
      writeFileSync(certificate, certified.certificate);
      writeFileSync(key, certified.key);
      defines.push(`CERTIFICATE="${certificate}"`, `KEY="${key}"`);
      defines.push(`LISTEN_TLS=tls:127.0.0.1:${await freePort()}`);
    }
    const kamailio = new Kamailio(port, folder, registrarFile, defines);
    await kamailio.#listening();
    return kamailio;
  }

  private constructor(port: number, folder: string, configFile: string, parts: readonly string[]) {
    this.port = port;
    this.tlsPort = Number(/^LISTEN_TLS=.*:(\d+)$/m.exec(parts.join('\n'))?.[1] ?? 0);
    this.#folder = folder;
    const defines = [
      ...parts,
      `LISTEN=udp:127.0.0.1:${port}`,
      `LISTEN_TCP=tcp:127.0.0.1:${port}`,
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

const proxyFile: string = resolve(import.meta.dirname, '../../examples/kamailio/kamailio.cfg');
const registrarFile: string = resolve(import.meta.dirname, 'kamailio-registrar.cfg');
