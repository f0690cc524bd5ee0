import { SwitchError } from '../errors.ts';
import type { SipFlow, SipFramer, SipReceiver } from './sip-flow.ts';
import { SipTcp, type SipTcpOptions } from './sip-tcp.ts';
import { SipTlsAcceptor, type TlsLimits, type TlsReload } from './sip-tls-acceptor.ts';
import { SipTlsDialer } from './sip-tls-dialer.ts';
import { SipUdpSocket } from './sip-udp.ts';
import type { TlsListenerOptions } from './tls-credentials.ts';
import type { TlsIdentity } from './tls-identity.ts';
import type { TlsTrouble } from './tls-trouble.ts';

/** Where is listened: the address is numeric, `0.0.0.0` and `::` are every one of their family; port 0 is any. */
export type SipListen =
  | { readonly transport: 'udp' | 'tcp'; readonly address: string; readonly port: number }
  | ({ readonly transport: 'tls'; readonly address: string; readonly port: number } & TlsListenerOptions);

/** What is listened on. */
export interface SipListening {
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly address: string;
  readonly port: number;
}

export interface SipTransportOptions<Failure>
  extends Pick<SipTcpOptions<Failure>, 'maxConnections' | 'maxConnectionsPerAddress' | 'limits' | 'onBug'> {
  readonly connectTimeoutMs?: number;
  readonly listen: readonly SipListen[];
  readonly newFramer: () => SipFramer<Failure>;
  readonly receiver: SipReceiver<Failure>;
  /** Whether a peer may connect. */
  readonly admits: (remoteAddress: string, transport: 'tcp' | 'tls') => boolean;
  /** As whom we open connections over TLS, and whom we trust there, by name. */
  readonly tlsIdentities?: ReadonlyMap<string, TlsIdentity>;
  /** Where a flow does not say. */
  readonly tlsIdentityOf?: (flow: SipFlow) => string | undefined;
  readonly tlsLimits?: TlsLimits;
  readonly onTlsTrouble?: (trouble: TlsTrouble) => void;
}

/** One listener that has read its certificates again. */
export type SipTlsReload = TlsReload & { readonly listening: SipListening };

/** The sockets that SIP runs on. Knows octets and addresses, nothing of what they say. */
export class SipTransport<Failure> {
  readonly #options: SipTransportOptions<Failure>;
  #tcp: SipTcp<Failure> | undefined;
  #dialer: SipTlsDialer | undefined;
  #acceptors: { readonly acceptor: SipTlsAcceptor; readonly listening: SipListening }[] = [];
  #udp: SipUdpSocket[] = [];
  #listening: SipListening[] = [];

  constructor(options: SipTransportOptions<Failure>) {
    this.#options = options;
  }

  /** What is listened on, with the ports the system chose. */
  get listening(): readonly SipListening[] {
    return this.#listening;
  }

  get connections(): number {
    return this.#tcp?.connections ?? 0;
  }

  /** Over TLS, those of peers that are not finished. */
  get handshakes(): number {
    return this.#acceptors.reduce((sum, { acceptor }) => sum + acceptor.handshakes, 0);
  }

  /** The certificates in use, by listener. */
  get certificates(): readonly SipTlsReload[] {
    return this.#acceptors.map(({ acceptor: { certificates }, listening }) => {
      return { kind: 'loaded', certificates, listening };
    });
  }

  /** Listens on every address or on none: rejects with `port-in-use` or `config-invalid`. */
  async start(): Promise<void> {
    try {
      const tcp = this.#connections();
      this.#tcp = tcp;
      for (const listen of this.#options.listen) this.#listening.push(await this.#listen(listen, tcp));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Sends one message. That it failed, where that can be known, is told to the receiver. */
  send(flow: SipFlow, octets: Uint8Array): void {
    if (flow.transport !== 'udp' && this.#tcp !== undefined) {
      this.#tcp.send(flow, octets);
      return;
    }
    const socket = flow.transport === 'udp' ? this.#socketFor(flow) : undefined;
    if (socket !== undefined) socket.send(flow, octets);
    else setImmediate(() => this.#options.receiver.failed(flow));
  }

  /** Reads all certificates again. Connections that stand go on; why the ones for our own connections stay, or undefined. */
  reloadCertificates(): {
    readonly listeners: readonly SipTlsReload[];
    readonly identities: string | undefined;
  } {
    const listeners = this.#acceptors.map(({ acceptor, listening }) => ({ ...acceptor.reload(), listening }));
    return { listeners, identities: this.#dialer?.reload() };
  }

  /** What has been sent still leaves. */
  async stop(): Promise<void> {
    for (const { acceptor } of this.#acceptors) acceptor.stop();
    await Promise.all([this.#tcp?.stop(), ...this.#udp.map((socket) => socket.close())]);
    this.#udp = [];
    this.#listening = [];
    this.#acceptors = [];
  }

  #connections(): SipTcp<Failure> {
    const { tlsIdentities, tlsIdentityOf, onTlsTrouble, connectTimeoutMs, ...options } = this.#options;
    try {
      this.#dialer = new SipTlsDialer({
        identities: tlsIdentities ?? new Map(),
        connectTimeoutMs: connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
        onTrouble: onTlsTrouble ?? (() => {}),
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new SwitchError('config-invalid', `the tls section of trunk ${reason}`, { cause: error });
    }
    return new SipTcp({
      ...options,
      connectTimeoutMs: connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      dialer: this.#dialer,
      identityOf: tlsIdentityOf ?? (() => undefined),
    });
  }

  async #listen(listen: SipListen, tcp: SipTcp<Failure>): Promise<SipListening> {
    const { transport, address, port } = listen;
    try {
      if (listen.transport === 'tls') return await this.#listenSecurely(listen, tcp);
      if (transport === 'tcp') return { transport, address, port: await tcp.listen(address, port) };
      const socket = await SipUdpSocket.bind(address, port, this.#options.receiver);
      this.#udp.push(socket);
      return { transport, address, port: socket.port };
    } catch (error) {
      if (error instanceof SwitchError) throw error;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      const detail = `${transport} ${address} port ${port} (${code}); choose another in sip.listen`;
      throw new SwitchError(code === 'EADDRINUSE' ? 'port-in-use' : 'config-invalid', detail, {
        cause: error,
      });
    }
  }

  async #listenSecurely(
    listen: Extract<SipListen, { readonly transport: 'tls' }>,
    tcp: SipTcp<Failure>,
  ): Promise<SipListening> {
    const { transport, address } = listen;
    const acceptor = this.#acceptor(listen);
    const listening = { transport, address, port: await tcp.listen(address, listen.port, acceptor) };
    this.#acceptors.push({ acceptor, listening });
    return listening;
  }

  #acceptor(listen: Extract<SipListen, { readonly transport: 'tls' }>): SipTlsAcceptor {
    const { tlsLimits = TLS_LIMITS, onTlsTrouble = () => {} } = this.#options;
    try {
      return new SipTlsAcceptor(listen, tlsLimits, onTlsTrouble);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const detail = `tls ${listen.address} port ${listen.port}: ${reason}`;
      throw new SwitchError('config-invalid', detail, { cause: error });
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
}

const CONNECT_TIMEOUT_MS = 5000;
/** Ours: a phone takes tens of milliseconds; an office behind one address that lost its power comes back at once. */
const TLS_LIMITS: TlsLimits = { handshakeTimeoutMs: 5000, maxHandshakes: 128, maxHandshakesPerAddress: 32 };
