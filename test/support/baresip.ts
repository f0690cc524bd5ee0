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

export interface BaresipOptions {
  /** Of loopback, where it listens and talks. */
  readonly address?: string;
  /** What it is dialled by. */
  readonly user?: string;
  /** Over which it calls; it is called over any. */
  readonly transport?: 'udp' | 'tcp' | 'tls';
  /** Over TLS it trusts the authorities in it alone. */
  readonly caFile?: string;
  /** What it shows over TLS to who calls it: certificate and key in one. */
  readonly certificateFile?: string;
  /** Proven when it is challenged. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Whether it takes calls by itself. */
  readonly answers?: boolean;
  /** `srtp` can do without. */
  readonly mediaEncryption?: 'srtp' | 'srtp-mand' | undefined;
  readonly codec?: 'PCMA' | 'G722/16000/1';
}

export class Baresip {
  /** Where it is called over UDP and TCP; over TLS at the next. */
  readonly sipPort: number;
  /** What it told, as `CALL_ESTABLISHED`. */
  readonly events: string[] = [];
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #control: Socket;
  readonly #answers = new Map<string, (answer: Answer) => void>();
  readonly #waiting = new Set<() => void>();
  #unread = '';
  #commands = 0;

  /** `voice` is what it sends into calls, at 8 kHz, or 16 where it speaks G.722; then silence. */
  static async start(voice: Int16Array, options: BaresipOptions = {}): Promise<Baresip> {
    const rateHz = (options.codec ?? 'PCMA') === 'PCMA' ? 8000 : 16_000;
    const folder = mkdtempSync(join(tmpdir(), 'baresip-'));
    const [sipPort, controlPort] = [await freePort(), await freePort()];
    writeFileSync(join(folder, 'voice.wav'), serializeWav(voice, rateHz));
    writeFileSync(join(folder, 'config'), configFile(folder, options, sipPort, controlPort, rateHz));
    writeFileSync(join(folder, 'accounts'), accountOf(options, sipPort));
    writeFileSync(join(folder, 'contacts'), '');
    // It reads keys from standard input and ends with it.
    const child = spawn('baresip', ['-f', folder], { stdio: ['pipe', 'ignore', 'ignore'] });
    return new Baresip(folder, child, await dial(controlPort), sipPort);
  }

  private constructor(folder: string, child: ChildProcess, control: Socket, sipPort: number) {
    this.sipPort = sipPort;
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

function accountOf(options: BaresipOptions, sipPort: number): string {
  const { address = LOOPBACK, user = 'phone', transport = 'udp', credentials } = options;
  const { mediaEncryption, codec = 'PCMA', answers } = options;
  const parameters = [
    'regint=0',
    `audio_codecs=${codec}`,
    ...(mediaEncryption === undefined ? [] : [`mediaenc=${mediaEncryption}`]),
    ...(answers === true ? ['answermode=auto'] : []),
    ...(credentials === undefined
      ? []
      : [`auth_user=${credentials.username}`, `auth_pass=${credentials.password}`]),
  ];
  return `<sip:${user}@${address}:${sipPort};transport=${transport}>;${parameters.join(';')}\n`;
}

function configFile(
  folder: string,
  { address = LOOPBACK, caFile, certificateFile }: BaresipOptions,
  sipPort: number,
  controlPort: number,
  rateHz: number,
): string {
  const trust = caFile === undefined ? '' : `sip_cafile ${caFile}\nsip_verify_server yes\n`;
  const certificate = certificateFile === undefined ? '' : `sip_certificate ${certificateFile}\n`;
  return `
sip_listen ${address}:${sipPort}
net_interface ${address}
${trust}${certificate}rtp_ports 28000-28999
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

const LOOPBACK = '127.0.0.1';
/** Where Debian has them. */
const MODULES = '/usr/lib/baresip/modules';
