/** A caller of one UDP socket and no stack: sends what it is given, can make a plain call, and hears. */
import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { pcmaDecoder } from '../../codecs/pcma.ts';

export interface CallByHand {
  /** Where the switch hears. */
  readonly rtpPort: number;
  /** One key, by SIP INFO. */
  press(key: string): Promise<void>;
  /** A key from 0 to 9, in the RTP (RFC 4733). */
  pressInRtp(key: number): Promise<void>;
  hangUp(): Promise<void>;
}

export interface SipCallerOptions {
  /** Of loopback, where it calls from: 127.0.0.1 unless told. */
  readonly address?: string;
  /** What its SDP names in place of that. */
  readonly mediaAddress?: string;
  /** Proven by MD5 when it is challenged. */
  readonly credentials?: { readonly username: string; readonly password: string };
}

export class SipCaller {
  readonly address: string;
  /** Every SIP message that came back. */
  readonly received: string[] = [];
  /** So many are lost on the way here. */
  byesToLose = 0;
  /** Told of the samples of each packet as it comes, at 8 kHz. */
  onSound: ((samples: Int16Array) => void) | undefined;
  readonly #heard: Int16Array[] = [];
  readonly #socket: Socket;
  readonly #switchPort: number;
  readonly #options: SipCallerOptions;
  readonly #waiting = new Set<() => void>();
  #calls = 0;

  static async open(switchPort: number, options: SipCallerOptions = {}): Promise<SipCaller> {
    const socket = createSocket('udp4');
    socket.bind(0, options.address ?? '127.0.0.1');
    await once(socket, 'listening');
    return new SipCaller(socket, switchPort, options);
  }

  private constructor(socket: Socket, switchPort: number, options: SipCallerOptions) {
    this.#socket = socket;
    this.#options = options;
    this.address = options.address ?? '127.0.0.1';
    this.#switchPort = switchPort;
    socket.on('message', (octets) => {
      if (octets[0] === RTP_VERSION_2) this.#hear(octets);
      else this.#receive(octets.toString('latin1'));
    });
  }

  /** All sound that came since the last look, at 8 kHz. */
  heard(): Int16Array {
    return Int16Array.from(this.#heard.splice(0).flatMap((samples) => [...samples]));
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

  /** INVITE, its final response, ACK: gives the response, whatever it is. */
  async dial(number: string): Promise<string> {
    const final = await this.#invite(number);
    const { credentials } = this.#options;
    if (credentials === undefined || !final.startsWith('SIP/2.0 401')) return final;
    return this.#invite(number, [proofOf(final, `sip:${number}@127.0.0.1`, credentials)]);
  }

  /** A call that is answered. */
  async call(number: string): Promise<CallByHand> {
    const ok = await this.dial(number);
    if (!ok.startsWith('SIP/2.0 200')) throw new Error(`the call is refused: ${ok}`);
    const callId = this.#callId;
    const to = toOf(ok);
    let sequence = 1;
    const request = async (method: string, body?: string): Promise<void> => {
      sequence += 1;
      await this.send(this.#request(callId, method, sequence, to, body));
      await this.message((it) => it.startsWith('SIP/2.0 200') && isOf(it, callId, `${sequence} ${method}`));
    };
    const rtpPort = Number(/m=audio (\d+)/.exec(ok)![1]);
    return {
      rtpPort,
      press: (key) => request('INFO', `Signal=${key}\r\nDuration=100\r\n`),
      pressInRtp: async (key) => {
        for (const packet of keyPress(key)) await this.send(packet, rtpPort);
      },
      hangUp: () => request('BYE'),
    };
  }

  close(): void {
    this.#socket.close();
  }

  get #callId(): string {
    return `by-hand-${this.port}-${this.#calls}`;
  }

  async #invite(number: string, headers: readonly string[] = []): Promise<string> {
    this.#calls += 1;
    const callId = this.#callId;
    await this.send(this.#request(callId, 'INVITE', 1, `<sip:${number}@127.0.0.1>`, this.#offer(), headers));
    const final = await this.message((it) => /^SIP\/2\.0 [2-6]/.test(it) && isOf(it, callId, '1 INVITE'));
    await this.send(this.#request(callId, 'ACK', 1, toOf(final)));
    return final;
  }

  #receive(message: string): void {
    this.received.push(message);
    if (message.startsWith('BYE ')) {
      if (this.byesToLose > 0) this.byesToLose -= 1;
      else void this.send(okTo(message));
    }
    for (const look of [...this.#waiting]) look();
  }

  /** RTP of ours has neither CSRC nor extension; RTCP comes to the next port. */
  #hear(packet: Uint8Array): void {
    const samples = new Int16Array(packet.length - RTP_HEADER_OCTETS);
    pcmaDecoder.decode(packet, RTP_HEADER_OCTETS, samples.length, samples, 0);
    this.#heard.push(samples);
    this.onSound?.(samples);
  }

  #request(
    callId: string,
    method: string,
    sequence: number,
    to: string,
    body: string = '',
    headers: readonly string[] = [],
  ): string {
    const host = `${this.address}:${this.port}`;
    const lines = [
      `${method} ${/<([^>;]*)/.exec(to)![1]} SIP/2.0`,
      // One branch for an INVITE and its ACK: right where it is refused, harmless where it is answered.
      `Via: SIP/2.0/UDP ${host};branch=z9hG4bK-${callId}-${sequence}`,
      'Max-Forwards: 70',
      `From: <sip:hand@${host}>;tag=${callId}`,
      `To: ${to}`,
      `Call-ID: ${callId}`,
      `CSeq: ${sequence} ${method}`,
      `Contact: <sip:hand@${host}>`,
      ...headers,
      ...(body === '' ? [] : [`Content-Type: application/${method === 'INFO' ? 'dtmf-relay' : 'sdp'}`]),
      `Content-Length: ${body.length}`,
    ];
    return `${lines.join('\r\n')}\r\n\r\n${body}`;
  }

  /** RTP comes to the same socket. */
  #offer(): string {
    const address = this.#options.mediaAddress ?? this.address;
    const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', `c=IN IP4 ${address}`, 't=0 0'];
    return `${[...lines, `m=audio ${this.port} RTP/AVP 8 101`, 'a=rtpmap:101 telephone-event/8000'].join('\r\n')}\r\n`;
  }
}

/** Of 100 ms; its last packet three times (RFC 4733 section 2.5.1.4). */
function keyPress(key: number): Buffer[] {
  return [160, 320, 480, 640, 800, 800, 800].map((duration, index) => {
    const packet = Buffer.alloc(16);
    packet.set([RTP_VERSION_2, index === 0 ? 0xe5 : 0x65], 0);
    packet.writeUInt16BE(9000 + index, 2);
    packet.writeUInt32BE(77_000, 4);
    packet.writeUInt32BE(0x5678, 8);
    packet.set([key, index >= 4 ? 0x8a : 0x0a, duration >> 8, duration & 0xff], 12);
    return packet;
  });
}

/** RFC 7616 section 3.4.1, by MD5. */
function proofOf(
  challenge: string,
  uri: string,
  { username, password }: { readonly username: string; readonly password: string },
): string {
  const [, realm] = /realm="([^"]*)"/.exec(challenge)!;
  const [, nonce] = /nonce="([^"]*)"/.exec(challenge)!;
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const [a1, a2] = [md5(`${username}:${realm}:${password}`), md5(`INVITE:${uri}`)];
  const cnonce = 'by-hand';
  const response = md5(`${a1}:${nonce}:00000001:${cnonce}:auth:${a2}`);
  const proof = `qop=auth, nc=00000001, cnonce="${cnonce}", response="${response}"`;
  return `Authorization: Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=MD5, ${proof}`;
}

function okTo(request: string): string {
  const copied = request.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
  return `${['SIP/2.0 200 OK', ...copied, 'Content-Length: 0'].join('\r\n')}\r\n\r\n`;
}

function toOf(message: string): string {
  return /^To: (.*)\r$/m.exec(message)![1]!;
}

function isOf(message: string, callId: string, cseq: string): boolean {
  return message.includes(`\r\nCall-ID: ${callId}\r\n`) && message.includes(`\r\nCSeq: ${cseq}\r\n`);
}

/** First octet of RTP without padding, extension and CSRC. */
const RTP_VERSION_2 = 0x80;
const RTP_HEADER_OCTETS = 12;
