/** A thread that sends SIP messages which nobody wants, ten thousand a second, until it is terminated. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

export interface MessageFlood {
  readonly port: number;
  /** Of loopback, where it comes from: so many sources of the 127 million there are. */
  readonly sources: number;
}

/** Resolves once it pours. */
export async function startFlood(flood: MessageFlood): Promise<Worker> {
  const worker = new Worker(new URL(import.meta.url), { workerData: flood });
  await once(worker, 'message');
  return worker;
}

if (!isMainThread && isFlood(workerData)) await pour(workerData);

function isFlood(data: unknown): data is MessageFlood {
  return typeof data === 'object' && data !== null && 'sources' in data && 'port' in data;
}

async function pour({ port, sources }: MessageFlood): Promise<void> {
  const sockets: Socket[] = [];
  for (let source = 0; source < sources; source++) {
    const socket = createSocket('udp4');
    // 127.1.0.1 and on: none of them is of a trunk.
    socket.bind(0, `127.${1 + (source >> 16)}.${(source >> 8) & 255}.${source & 255}`);
    await once(socket, 'listening');
    // Answers are not read: a sender of forged addresses has none either.
    socket.on('error', () => {});
    sockets.push(socket);
  }
  parentPort?.postMessage('pouring');
  let sent = 0;
  const startMs = performance.now();
  setInterval(() => {
    const due = Math.min(sent + MOST_AT_ONCE, ((performance.now() - startMs) * PER_SECOND) / 1000);
    for (; sent < due; sent++) {
      const socket = sockets[sent % sockets.length]!;
      socket.send(message(METHODS[sent % METHODS.length]!, sent), port, '127.0.0.1');
    }
  }, 5);
}

function message(method: string, n: number): string {
  return [
    `${method} sip:echo@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.9:5060;branch=z9hG4bKflood${n};rport`,
    `From: <sip:flood@127.0.0.9>;tag=${n}`,
    'To: <sip:echo@127.0.0.1>',
    `Call-ID: flood-${n}`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:flood@127.0.0.9>',
    'Max-Forwards: 70',
    `Authorization: Digest username="alice", realm="sip", nonce="${n}", uri="sip:echo@127.0.0.1", response="${n}", qop=auth, nc=00000001, cnonce="c"`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

const METHODS = ['INVITE', 'REGISTER', 'OPTIONS', 'SUBSCRIBE'];
const PER_SECOND = 10_000;
/** A machine that is busy catches up, but not all at once. */
const MOST_AT_ONCE = 1000;
