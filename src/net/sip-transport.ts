import { SwitchError } from '../errors.ts';
import type { SipFlow, SipFramer, SipReceiver } from './sip-flow.ts';
import { SipTcp, type SipTcpOptions } from './sip-tcp.ts';
import { SipUdpSocket } from './sip-udp.ts';

export interface SipListen {
  readonly transport: 'udp' | 'tcp';
  /** Numeric; `0.0.0.0` and `::` are every address of their family. */
  readonly address: string;
  /** 0: any. */
  readonly port: number;
}

export interface SipTransportOptions<Failure>
  extends Pick<
    SipTcpOptions<Failure>,
    'maxConnections' | 'maxConnectionsPerAddress' | 'connectTimeoutMs' | 'limits'
  > {
  readonly listen: readonly SipListen[];
  readonly newFramer: () => SipFramer<Failure>;
  readonly receiver: SipReceiver<Failure>;
  /** Whether a peer may connect over TCP. */
  readonly admits: (remoteAddress: string) => boolean;
}

/** The sockets that SIP runs on. Knows octets and addresses, nothing of what they say. */
export class SipTransport<Failure> {
  readonly #options: SipTransportOptions<Failure>;
  readonly #tcp: SipTcp<Failure>;
  #udp: SipUdpSocket[] = [];
  #listening: SipListen[] = [];

  constructor(options: SipTransportOptions<Failure>) {
    this.#options = options;
    this.#tcp = new SipTcp(options);
  }

  /** What is listened on, with the ports the system chose. */
  get listening(): readonly SipListen[] {
    return this.#listening;
  }

  get connections(): number {
    return this.#tcp.connections;
  }

  /** Listens on every address or on none: rejects with `port-in-use` or `config-invalid`. */
  async start(): Promise<void> {
    try {
      for (const listen of this.#options.listen) this.#listening.push(await this.#listen(listen));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Sends one message. That it failed, where that can be known, is told to the receiver. */
  send(flow: SipFlow, octets: Uint8Array): void {
    switch (flow.transport) {
      case 'udp': {
        const socket = this.#socketFor(flow);
        if (socket !== undefined) socket.send(flow, octets);
        else this.#fail(flow);
        return;
      }
      case 'tcp':
        this.#tcp.send(flow, octets);
        return;
      case 'tls':
        this.#fail(flow);
        return;
    }
  }

  /** What has been sent still leaves. */
  async stop(): Promise<void> {
    await Promise.all([this.#tcp.stop(), ...this.#udp.map((socket) => socket.close())]);
    this.#udp = [];
    this.#listening = [];
  }

  async #listen(listen: SipListen): Promise<SipListen> {
    const { transport, address, port } = listen;
    try {
      if (transport === 'tcp') return { ...listen, port: await this.#tcp.listen(address, port) };
      const socket = await SipUdpSocket.bind(address, port, this.#options.receiver);
      this.#udp.push(socket);
      return { ...listen, port: socket.port };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      const detail = `${transport} ${address} port ${port} (${code}); choose another in sip.listen`;
      throw new SwitchError(code === 'EADDRINUSE' ? 'port-in-use' : 'config-invalid', detail, {
        cause: error,
      });
    }
  }

  /** The socket the flow names, or else one of its address family. */
  #socketFor({ localAddress, localPort }: SipFlow): SipUdpSocket | undefined {
    const isIpv6 = localAddress.includes(':');
    return (
      this.#udp.find((socket) => socket.port === localPort && socket.address === localAddress) ??
      this.#udp.find((socket) => socket.address.includes(':') === isIpv6)
    );
  }

  #fail(flow: SipFlow): void {
    setImmediate(() => this.#options.receiver.failed(flow));
  }
}
