/** baresip as the caller's telephone: a softphone by other people, driven over its control port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseWav, serializeWav } from '../../src/audio/wav.ts';
import { freePort } from './free-port.ts';

interface Answer {
  readonly response?: true;
  readonly event?: true;
  readonly type?: string;
  readonly token?: string;
  readonly ok?: boolean;
  readonly data?: string;
}

export class Baresip {
  /** What it told, as `CALL_ESTABLISHED`. */
  readonly events: string[] = [];
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #control: Socket;
  readonly #answers = new Map<string, (answer: Answer) => void>();
  readonly #waiting = new Set<() => void>();
  #unread = '';
  #commands = 0;

  /**
   * `voice` is what it sends into calls, at 8 kHz, or 16 where it speaks G.722; then silence. Over TLS it trusts the authorities in `caFile` alone.
   * `mediaEncryption` is `srtp`, with which it can do without, or `srtp-mand`.
   */
  static async start(
    voice: Int16Array,
    tls?: { readonly transport: 'tls'; readonly caFile: string },
    mediaEncryption?: 'srtp' | 'srtp-mand',
    codec: 'PCMA' | 'G722/16000/1' = 'PCMA',
  ): Promise<Baresip> {
    const rateHz = codec === 'PCMA' ? 8000 : 16_000;
    const folder = mkdtempSync(join(tmpdir(), 'baresip-'));
    const [sipPort, controlPort] = [await freePort(), await freePort()];
    writeFileSync(join(folder, 'voice.wav'), serializeWav(voice, rateHz));
    const trust = tls === undefined ? '' : `sip_cafile ${tls.caFile}\nsip_verify_server yes\n`;
    writeFileSync(join(folder, 'config'), configFile(folder, sipPort, controlPort, rateHz) + trust);
    const over = tls === undefined ? '' : ';transport=tls';
    const encryption = mediaEncryption === undefined ? '' : `;mediaenc=${mediaEncryption}`;
    writeFileSync(
      join(folder, 'accounts'),
      `<sip:phone@127.0.0.1:${sipPort}${over}>;regint=0;audio_codecs=${codec}${encryption}\n`,
    );
    writeFileSync(join(folder, 'contacts'), '');
    // It reads keys from standard input and ends with it.
    const child = spawn('baresip', ['-f', folder], { stdio: ['pipe', 'ignore', 'ignore'] });
    return new Baresip(folder, child, await dial(controlPort));
  }

  private constructor(folder: string, child: ChildProcess, control: Socket) {
    this.#folder = folder;
    this.#process = child;
    this.#control = control;
    control.setEncoding('utf8').on('data', (text) => this.#read(String(text)));
  }

  /** One of its menu's commands, by its long name. */
  async command(command: string, params?: string): Promise<string> {
    this.#commands += 1;
    const token = String(this.#commands);
    const answered = new Promise<Answer>((resolve) => this.#answers.set(token, resolve));
    const json = JSON.stringify({ command, token, ...(params === undefined ? {} : { params }) });
    this.#control.write(`${json.length}:${json},`);
    const { ok, data = '' } = await answered;
    if (ok !== true) throw new Error(`baresip refuses ${command}: ${data}`);
    return data;
  }

  async event(type: string, withinMs: number = 5000): Promise<void> {
    if (this.events.includes(type)) return;
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!this.events.includes(type)) return;
        this.#waiting.delete(look);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`no ${type} in ${withinMs} ms; baresip told ${this.events.join(', ')}`));
      }, withinMs);
      this.#waiting.add(look);
    });
  }

  /** Seconds of sound that it has decoded in this call. */
  async heardSeconds(): Promise<number> {
    const status = await this.command('audio_debug');
    return Number(/ rx: .*? time = ([\d.]+) sec/s.exec(status)?.[1]);
  }

  /**
   * What it heard in its one call, at the rate of its voice, once that is over. After the first hold it records no more: baresip 1.0
   * takes its recorder out of the way of the sound then and does not put it back.
   */
  recording(): Int16Array {
    const file = readdirSync(this.#folder).find((name) => name.endsWith('-dec.wav'));
    if (file === undefined) throw new Error('baresip recorded nothing');
    const wav = parseWav(readFileSync(join(this.#folder, file)));
    if (!wav.ok) throw new Error(wav.reason);
    return wav.value.samples;
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, 'exit');
    await this.command('quit');
    const overdue = setTimeout(() => this.#process.kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(overdue);
    this.#control.destroy();
    rmSync(this.#folder, { recursive: true });
  }

  /** Netstrings: `<length>:<JSON>,`, the length in octets; what it tells is ASCII. */
  #read(text: string): void {
    this.#unread += text;
    for (;;) {
      const [length] = this.#unread.split(':', 1);
      const end = length!.length + 1 + Number(length);
      if (!this.#unread.includes(':') || this.#unread.length <= end) return;
      this.#take(JSON.parse(this.#unread.slice(length!.length + 1, end)));
      this.#unread = this.#unread.slice(end + 1);
    }
  }

  #take(answer: Answer): void {
    if (answer.event === true && answer.type !== undefined) this.events.push(answer.type);
    if (answer.token !== undefined) this.#answers.get(answer.token)?.(answer);
    for (const look of [...this.#waiting]) look();
  }
}

async function dial(port: number): Promise<Socket> {
  const untilMs = performance.now() + 10_000;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await new Promise((next) => setTimeout(next, 50));
    }
  }
}

function configFile(folder: string, sipPort: number, controlPort: number, rateHz: number): string {
  return `
sip_listen 127.0.0.1:${sipPort}
net_interface 127.0.0.1
rtp_ports 28000-28999
audio_source aufile,${folder}/voice.wav
ausrc_srate ${rateHz}
ausrc_channels 1
auplay_srate ${rateHz}
auplay_channels 1
snd_path ${folder}
ctrl_tcp_listen 127.0.0.1:${controlPort}
module_path ${MODULES}
module g711.so
module g722.so
module aufile.so
module sndfile.so
module srtp.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
`;
}

/** Where Debian has them. */
const MODULES = '/usr/lib/baresip/modules';
