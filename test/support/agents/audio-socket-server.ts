/** A server that Asterisk's AudioSocket would call, of its own framing. What it says and when is the test's. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { fromWire, toWire } from './wire-samples.ts';

export class AudioSocketServer {
  uuid: string | undefined;
  digits = '';
  /** How the caller's side ended the connection. */
  hungUp = false;
  isClosed = false;
  /** The type of the latest audio that came. */
  audioType = 0;
  /** Told of each piece of the caller as it comes. */
  onAudio: ((octets: Buffer) => void) | undefined;
  readonly #server: Server;
  readonly #heard: Buffer[] = [];
  #socket: Socket | undefined;
  #unread = Buffer.alloc(0);

  static async listen(): Promise<AudioSocketServer> {
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new AudioSocketServer(server);
  }

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#socket = socket;
      socket.on('data', (octets) => this.#read(octets));
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.isClosed = true;
      });
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get heard(): Int16Array {
    return fromWire(Buffer.concat(this.#heard), 'l16');
  }

  /** Everything at once, in frames of 20 ms; Asterisk's own servers would pace themselves. */
  speak(samples: Int16Array, type = 0x10, frameSamples = 160): void {
    const octets = toWire(samples, 'l16');
    for (let at = 0; at < octets.length; at += 2 * frameSamples)
      this.send(type, octets.subarray(at, at + 2 * frameSamples));
  }

  send(type: number, payload: Uint8Array = Buffer.alloc(0)): void {
    const header = Buffer.alloc(3);
    header.writeUInt8(type, 0);
    header.writeUInt16BE(payload.length, 1);
    this.write(Buffer.concat([header, payload]));
  }

  write(octets: Uint8Array): void {
    this.#socket?.write(octets);
  }

  hangUp(): void {
    this.send(0x00);
    this.#socket?.end();
  }

  drop(): void {
    this.#socket?.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #read(octets: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, octets]);
    while (this.#unread.length >= 3 && this.#unread.length >= 3 + this.#unread.readUInt16BE(1)) {
      const end = 3 + this.#unread.readUInt16BE(1);
      this.#take(this.#unread.readUInt8(0), this.#unread.subarray(3, end));
      this.#unread = this.#unread.subarray(end);
    }
  }

  #take(type: number, payload: Buffer): void {
    if (type === 0x00) this.hungUp = true;
    else if (type === 0x01) this.uuid = payload.toString('hex');
    else if (type === 0x03) this.digits += payload.toString('ascii');
    else {
      this.audioType = type;
      this.#heard.push(payload);
      this.onAudio?.(payload);
    }
  }
}
