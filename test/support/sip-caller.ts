/** A caller of one UDP socket and no stack: sends what it is given, and can make a plain call. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export class SipCaller {
  /** Everything that came back. */
  readonly received: string[] = [];
  readonly #socket: Socket;
  readonly #switchPort: number;
  readonly #waiting = new Set<() => void>();
  #calls = 0;

  static async open(switchPort: number): Promise<SipCaller> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new SipCaller(socket, switchPort);
  }

  private constructor(socket: Socket, switchPort: number) {
    this.#socket = socket;
    this.#switchPort = switchPort;
    socket.on('message', (octets) => {
      this.received.push(octets.toString('latin1'));
      for (const look of [...this.#waiting]) look();
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Resolves when it has been handed to the kernel. */
  send(message: Uint8Array | string, port: number = this.#switchPort): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(message, port, '127.0.0.1', (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  /** The latest message that fits, come already or within the time. */
  async message(fits: (message: string) => boolean, withinMs: number = 5000): Promise<string> {
    const found = this.received.findLast(fits);
    if (found !== undefined) return found;
    return new Promise((resolve, reject) => {
      const look = () => {
        const message = this.received.findLast(fits);
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

  /** INVITE, 200, ACK: gives the RTP port of the switch and the function that hangs up. */
  async call(number: string): Promise<{ rtpPort: number; hangUp: () => Promise<void> }> {
    this.#calls += 1;
    const callId = `by-hand-${this.port}-${this.#calls}`;
    await this.send(this.#request(callId, 'INVITE', 1, `<sip:${number}@127.0.0.1>`, this.#offer()));
    const ok = await this.message((it) => it.startsWith('SIP/2.0 200') && isOf(it, callId, 'INVITE'));
    const to = /^To: (.*)\r$/m.exec(ok)![1]!;
    await this.send(this.#request(callId, 'ACK', 1, to));
    return {
      rtpPort: Number(/m=audio (\d+)/.exec(ok)![1]),
      hangUp: async () => {
        await this.send(this.#request(callId, 'BYE', 2, to));
        await this.message((it) => it.startsWith('SIP/2.0 200') && isOf(it, callId, 'BYE'));
      },
    };
  }

  close(): void {
    this.#socket.close();
  }

  #request(callId: string, method: string, sequence: number, to: string, body: string = ''): string {
    const lines = [
      `${method} ${/<([^>;]*)/.exec(to)![1]} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK-${callId}-${sequence}-${method}`,
      'Max-Forwards: 70',
      `From: <sip:hand@127.0.0.1:${this.port}>;tag=${callId}`,
      `To: ${to}`,
      `Call-ID: ${callId}`,
      `CSeq: ${sequence} ${method}`,
      `Contact: <sip:hand@127.0.0.1:${this.port}>`,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    return `${lines.join('\r\n')}\r\n\r\n${body}`;
  }

  /** Its own port for RTP too: what comes there is not SIP and is kept with the rest. */
  #offer(): string {
    const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
    return `${[...lines, `m=audio ${this.port} RTP/AVP 8`].join('\r\n')}\r\n`;
  }
}

function isOf(message: string, callId: string, method: string): boolean {
  return (
    message.includes(`Call-ID: ${callId}\r\n`) && new RegExp(`^CSeq: \\d+ ${method}\r$`, 'm').test(message)
  );
}
