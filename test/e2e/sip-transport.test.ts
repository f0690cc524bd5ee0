import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { SipFlow } from '../../src/net/sip-flow.ts';
import { SipTransport, type SipTransportOptions } from '../../src/net/sip-transport.ts';
import type { ParseFailure } from '../../src/sip/message/refusal.ts';
import { StreamFramer } from '../../src/sip/message/stream-framer.ts';
import { requestText } from '../support/sip-text.ts';

const OPTIONS = Buffer.from(requestText('OPTIONS sip:x@127.0.0.1 SIP/2.0', 'OPTIONS'));
const PONG = '\r\n';

interface Arrived {
  readonly octets: Uint8Array;
  readonly flow: SipFlow;
}

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

class Listener {
  readonly arrived: Arrived[] = [];
  readonly failed: SipFlow[] = [];
  readonly broken: ParseFailure[] = [];
  readonly bugs: unknown[] = [];
  readonly transport: SipTransport<ParseFailure>;

  constructor(options: Partial<SipTransportOptions<ParseFailure>> = {}) {
    this.transport = new SipTransport({
      listen: [
        { transport: 'udp', address: '127.0.0.1', port: 0 },
        { transport: 'tcp', address: '127.0.0.1', port: 0 },
      ],
      newFramer: () => new StreamFramer(),
      admits: () => true,
      receiver: {
        message: (octets, flow) => this.arrived.push({ octets, flow }),
        broken: (failure, flow) => {
          this.broken.push(failure);
          this.transport.send(flow, Buffer.from('refused'));
        },
        failed: (flow) => this.failed.push(flow),
      },
      onBug: (error) => this.bugs.push(error),
      ...options,
    });
  }

  static async start(options: Partial<SipTransportOptions<ParseFailure>> = {}): Promise<Listener> {
    const listener = new Listener(options);
    await listener.transport.start();
    cleanups.push(() => listener.transport.stop());
    return listener;
  }

  port(transport: 'udp' | 'tcp'): number {
    return this.transport.listening.find((listen) => listen.transport === transport)!.port;
  }

  /** A flow to another listener, no connection named. */
  flowTo(port: number, transport: 'udp' | 'tcp', remoteAddress = '127.0.0.1'): SipFlow {
    return {
      transport,
      localAddress: '127.0.0.1',
      localPort: this.port(transport),
      remoteAddress,
      remotePort: port,
    };
  }
}

/** A bare TCP client: what it has heard, and whether it was hung up on. */
class Client {
  heard = '';
  isClosed = false;
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port });
    this.socket.on('data', (octets) => {
      this.heard += octets.toString();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    cleanups.push(() => {
      this.socket.destroy();
    });
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 5000) throw new Error('waited for five seconds in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('the SIP transport', () => {
  it.each(['udp', 'tcp'] as const)('carries messages both ways over %s', async (transport) => {
    const [a, b] = [await Listener.start(), await Listener.start()];
    a.transport.send(a.flowTo(b.port(transport), transport), OPTIONS);
    await until(() => b.arrived.length === 1);
    expect(Buffer.from(b.arrived[0]!.octets)).toEqual(OPTIONS);
    b.transport.send(b.arrived[0]!.flow, OPTIONS);
    await until(() => a.arrived.length === 1);
    expect(a.arrived[0]!.flow).toMatchObject({ transport, remotePort: b.port(transport) });
    expect(a.arrived[0]!.flow.localPort).toBe(a.port(transport));
  });

  it('uses one connection for all that goes to an address, and tells which it was', async () => {
    const [a, b] = [await Listener.start(), await Listener.start()];
    const flow = a.flowTo(b.port('tcp'), 'tcp');
    for (let message = 0; message < 3; message++) a.transport.send(flow, OPTIONS);
    await until(() => b.arrived.length === 3);
    expect(new Set(b.arrived.map((arrived) => arrived.flow.connectionId)).size).toBe(1);
    expect(a.transport.connections).toBe(1);
  });

  it.each(['udp', 'tcp'] as const)(
    'names the port in use and how to choose another (%s)',
    async (transport) => {
      const taken = await Listener.start();
      const port = taken.port(transport);
      const second = new Listener({
        listen: [
          { transport: 'udp', address: '127.0.0.1', port: 0 },
          { transport, address: '127.0.0.1', port },
        ],
      });
      await expect(second.transport.start()).rejects.toMatchObject({
        code: 'port-in-use',
        message: expect.stringMatching(new RegExp(`${transport} 127.0.0.1 port ${port} .*sip\\.listen`)),
      });
      expect(second.transport.listening).toEqual([]);
    },
  );

  it('rejects an address that is not ours', async () => {
    const listen = [{ transport: 'udp', address: '192.0.2.1', port: 5060 }] as const;
    await expect(new Listener({ listen }).transport.start()).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });

  it.each([
    ['tcp', '127.0.0.1', 9],
    ['tcp', 'no.such.name.invalid', 5060],
    ['udp', 'no.such.name.invalid', 5060],
    ['udp', '127.0.0.1', 0],
  ] as const)('tells that nothing can be sent over %s to %s port %i', async (transport, address, port) => {
    const a = await Listener.start();
    const flow = a.flowTo(port, transport, address);
    a.transport.send(flow, OPTIONS);
    await until(() => a.failed.length === 1);
    expect(a.failed[0]).toMatchObject(flow);
  });

  it('tells that a datagram is too large to be sent', async () => {
    const [a, b] = [await Listener.start(), await Listener.start()];
    a.transport.send(a.flowTo(b.port('udp'), 'udp'), Buffer.alloc(70_000));
    await until(() => a.failed.length === 1);
  });

  it('tells that a connection is gone', async () => {
    const a = await Listener.start();
    const client = new Client(a.port('tcp'));
    client.socket.write(OPTIONS);
    await until(() => a.arrived.length === 1);
    client.socket.resetAndDestroy();
    await until(() => a.failed.length === 1);
    expect(a.failed[0]).toEqual(a.arrived[0]!.flow);
    a.transport.send(a.arrived[0]!.flow, OPTIONS);
    await until(() => a.failed.length === 2);
  });
});

describe('a TCP connection', () => {
  it('may bring a message octet by octet, and several at once', async () => {
    const a = await Listener.start();
    const client = new Client(a.port('tcp'));
    client.socket.setNoDelay(true);
    for (const octet of OPTIONS) client.socket.write(Buffer.from([octet]));
    client.socket.write(Buffer.concat([OPTIONS, OPTIONS, OPTIONS]));
    await until(() => a.arrived.length === 4);
    for (const { octets } of a.arrived) expect(Buffer.from(octets)).toEqual(OPTIONS);
  });

  it('is kept alive: a double CRLF is answered with one', async () => {
    const a = await Listener.start();
    const client = new Client(a.port('tcp'));
    client.socket.write('\r\n\r\n');
    await until(() => client.heard === PONG);
    expect(a.arrived).toEqual([]);
  });

  it('that cannot be followed is answered, then closed', async () => {
    const a = await Listener.start();
    const client = new Client(a.port('tcp'));
    client.socket.write(OPTIONS.toString().replace('Content-Length: 0', 'Content-Length: -1'));
    await until(() => client.isClosed);
    expect(a.broken).toHaveLength(1);
    expect(client.heard).toBe('refused');
  });

  it.each([
    ['never says anything', ''],
    ['never ends its message', OPTIONS.toString().slice(0, -4)],
  ])('that %s is closed', async (_what, text) => {
    const a = await Listener.start({ limits: { messageTimeoutMs: 50, maxUnsentOctets: 1000 } });
    const client = new Client(a.port('tcp'));
    if (text !== '') client.socket.write(text);
    const trickle = setInterval(() => client.socket.write(text === '' ? '' : 'X'), 10);
    cleanups.push(() => clearInterval(trickle));
    await until(() => client.isClosed);
  });

  it('that has brought a message may stay idle', async () => {
    const a = await Listener.start({ limits: { messageTimeoutMs: 30, maxUnsentOctets: 1000 } });
    const client = new Client(a.port('tcp'));
    client.socket.write(OPTIONS);
    await until(() => a.arrived.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(client.isClosed).toBe(false);
  });

  it('whose peer does not read is given up', async () => {
    const a = await Listener.start({ limits: { messageTimeoutMs: 10_000, maxUnsentOctets: 100_000 } });
    const client = new Client(a.port('tcp'));
    client.socket.pause();
    client.socket.write(OPTIONS);
    await until(() => a.arrived.length === 1);
    const { flow } = a.arrived[0]!;
    for (let sent = 0; sent < 500 && a.failed.length === 0; sent++) {
      a.transport.send(flow, Buffer.alloc(60_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => a.failed.length > 0);
    expect(a.transport.connections).toBe(0);
  });

  it('that brings a bug of ours to light is closed, and no other', async () => {
    class Buggy extends StreamFramer {
      override push(octets: Uint8Array): ReturnType<StreamFramer['push']> {
        if (Buffer.from(octets).includes('bug')) throw new RangeError('offset is out of bounds');
        return super.push(octets);
      }
    }
    const a = await Listener.start({ newFramer: () => new Buggy() });
    const [unlucky, other] = [new Client(a.port('tcp')), new Client(a.port('tcp'))];
    unlucky.socket.write('bug');
    await until(() => unlucky.isClosed);
    expect(a.bugs).toEqual([new RangeError('offset is out of bounds')]);
    expect(a.failed).toHaveLength(1);
    other.socket.write(OPTIONS);
    await until(() => a.arrived.length === 1);
  });

  it('is refused when there are too many, from one address or in all, or from a stranger', async () => {
    const perAddress = await Listener.start({ maxConnectionsPerAddress: 2 });
    const stranger = await Listener.start({ admits: () => false });
    const clients = [0, 1, 2].map(() => new Client(perAddress.port('tcp')));
    await until(() => clients.some(({ isClosed }) => isClosed));
    expect(clients.filter(({ isClosed }) => isClosed)).toHaveLength(1);
    const refused = new Client(stranger.port('tcp'));
    await until(() => refused.isClosed);
  });
});

it('a datagram of 65,507 octets arrives whole', async () => {
  const a = await Listener.start();
  const sender = createSocket('udp4');
  cleanups.push(() => new Promise<void>((resolve) => sender.close(() => resolve())));
  const datagram = Buffer.alloc(65_507, 'x');
  sender.send(datagram, a.port('udp'), '127.0.0.1');
  await until(() => a.arrived.length === 1);
  expect(Buffer.from(a.arrived[0]!.octets)).toEqual(datagram);
});
