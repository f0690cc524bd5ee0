/** A SIP peer on one connection, over TCP or TLS, and no stack: says what it is given, can make a plain call, and hears. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { StreamFramer } from '../../src/sip/message/stream-framer.ts';

/** A call that was answered. */
export interface StreamCall {
  readonly id: string;
  /** Of the switch, with its tag. */
  readonly to: string;
  /** Where requests within the call go: the URI of the switch's Contact. */
  readonly contact: string;
}

export class StreamCaller {
  /** Every message that came. */
  readonly received: string[] = [];
  readonly socket: Socket;
  /** Where it is to be called back. */
  contact: string;
  isClosed = false;
  readonly #transport: 'TCP' | 'TLS';
  readonly #framer = new StreamFramer();
  readonly #waiting = new Set<() => void>();
  #sequence = 1;

  static async overTcp(port: number): Promise<StreamCaller> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new StreamCaller(socket, 'TCP');
  }

  static async overTls(port: number, options: ConnectionOptions): Promise<StreamCaller> {
    const socket = tlsConnect({ port, host: '127.0.0.1', ...options });
    socket.setNoDelay(true);
    await once(socket, 'secureConnect');
    return new StreamCaller(socket, 'TLS');
  }

  constructor(socket: Socket, transport: 'TCP' | 'TLS') {
    this.socket = socket;
    this.#transport = transport;
    this.contact = `sip:hand@127.0.0.1:${socket.localPort};transport=${transport.toLowerCase()}`;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('data', (octets) => this.#hear(octets));
  }

  send(message: string): void {
    this.socket.write(message);
  }

  /** The first message that fits, come already or within the time. */
  message(fits: (message: string) => boolean, withinMs: number = 5000): Promise<string> {
    const found = this.received.find(fits);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const message = this.received.find(fits);
        if (message === undefined) return;
        this.#waiting.delete(look);
        clearTimeout(timer);
        resolve(message);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`nothing fits ${fits} in ${withinMs} ms; last came ${this.received.at(-1)}`));
      }, withinMs);
      this.#waiting.add(look);
    });
  }

  /** INVITE, 200, ACK. `uri` is what is dialled, `id` a Call-ID of its own. */
  async call(uri: string, id: string): Promise<StreamCall> {
    this.send(this.#request(id, 'INVITE', uri, `<${uri}>`, OFFER));
    const final = await this.message((it) => /^SIP\/2\.0 [2-6]/.test(it) && isOf(it, id, 'INVITE'));
    const to = /^To: (.*)\r$/m.exec(final)![1]!;
    const contact = /^Contact: <(.*)>\r$/m.exec(final)?.[1];
    this.send(this.#request(id, 'ACK', contact ?? uri, to));
    if (contact === undefined) throw new Error(`the call is refused: ${final}`);
    return { id, to, contact };
  }

  /** A request within a call, and its final response. */
  async request(call: StreamCall, method: string): Promise<string> {
    this.#sequence += 1;
    this.send(this.#request(call.id, method, call.contact, call.to));
    return this.message((it) => it.startsWith('SIP/2.0 ') && isOf(it, call.id, method));
  }

  /** What a request of the peer is answered with. */
  respond(request: string, status: string, headers: readonly string[] = [], body: string = ''): void {
    const copied = request
      .split('\r\n')
      .filter((line) => /^(Via|From|Call-ID|CSeq|Record-Route):/.test(line));
    const to = /^To: (.*)\r$/m.exec(request)![1]!;
    const tagged = to.includes(';tag=') ? to : `${to};tag=hand`;
    const lines = [`SIP/2.0 ${status}`, ...copied, `To: ${tagged}`, ...headers];
    this.send(`${[...lines, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`);
  }

  close(): void {
    this.socket.destroy();
  }

  #hear(octets: Uint8Array): void {
    for (const event of this.#framer.push(octets)) {
      if (event.kind === 'message') this.received.push(Buffer.from(event.octets).toString());
    }
    for (const look of [...this.#waiting]) look();
  }

  #request(id: string, method: string, uri: string, to: string, body: string = ''): string {
    const sequence = method === 'INVITE' || method === 'ACK' ? 1 : this.#sequence;
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/${this.#transport} 127.0.0.1:${this.socket.localPort};branch=z9hG4bK-${id}-${method}-${sequence}`,
      'Max-Forwards: 70',
      `From: <sip:hand@127.0.0.1>;tag=${id}`,
      `To: ${to}`,
      `Call-ID: ${id}`,
      `CSeq: ${sequence} ${method}`,
      `Contact: <${this.contact}>`,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    return `${lines.join('\r\n')}\r\n\r\n${body}`;
  }
}

function isOf(message: string, id: string, method: string): boolean {
  return (
    message.includes(`\r\nCall-ID: ${id}\r\n`) && new RegExp(`^CSeq: \\d+ ${method}\r$`, 'm').test(message)
  );
}

/** Nobody hears at the port: what is said there is dropped. */
const OFFER = `${['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 9 RTP/AVP 8'].join('\r\n')}\r\n`;
