/**
 * A telephone with the core of sip.js in it, over UDP: transactions, dialogs, 100rel and Digest by people who know
 * nothing of ours. It talks to one peer on loopback.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  type Body,
  DigestAuthentication,
  Grammar,
  type IncomingInviteRequest,
  IncomingRequestMessage,
  LoggerFactory,
  type OutgoingInviteRequestDelegate,
  Parser,
  type URI,
  UserAgentCore,
} from 'sip.js/lib/core/index.js';

export interface SipjsPhoneOptions {
  readonly peerPort: number;
  /** What it proves when it is challenged. */
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly onInvite?: (request: IncomingInviteRequest) => void;
}

export class SipjsPhone {
  readonly core: UserAgentCore;
  /** What came over the socket, oldest first. */
  readonly received: string[] = [];
  readonly #socket: Socket;
  readonly #peerPort: number;

  static async open(options: SipjsPhoneOptions): Promise<SipjsPhone> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new SipjsPhone(socket, options);
  }

  private constructor(socket: Socket, { peerPort, credentials, onInvite }: SipjsPhoneOptions) {
    this.#socket = socket;
    this.#peerPort = peerPort;
    const loggerFactory = new LoggerFactory();
    loggerFactory.builtinEnabled = false;
    const uri = this.#uri('phone', this.port);
    const transport = {
      protocol: 'UDP',
      send: (message: string): Promise<void> =>
        new Promise((resolve, reject) => {
          socket.send(message, peerPort, '127.0.0.1', (error) =>
            error === null ? resolve() : reject(error),
          );
        }),
    };
    this.core = new UserAgentCore(
      {
        aor: uri,
        contact: { pubGruu: undefined, tempGruu: undefined, uri, toString: () => `<${uri.toString()}>` },
        displayName: '',
        loggerFactory,
        hackViaTcp: false,
        routeSet: [],
        sipjsId: 'sipjs',
        supportedOptionTags: ['100rel'],
        supportedOptionTagsResponse: ['100rel'],
        userAgentHeaderFieldValue: 'sip.js',
        viaForceRport: true,
        viaHost: `127.0.0.1:${this.port}`,
        authenticationFactory: () =>
          credentials &&
          new DigestAuthentication(loggerFactory, undefined, credentials.username, credentials.password),
        transportAccessor: () => transport,
      },
      onInvite === undefined ? {} : { onInvite },
    );
    const logger = loggerFactory.getLogger('phone');
    socket.on('message', (octets) => {
      const text = octets.toString('utf8');
      this.received.push(text);
      const message = Parser.parseMessage(text, logger);
      if (message instanceof IncomingRequestMessage) this.core.receiveIncomingRequestFromTransport(message);
      else if (message !== undefined) this.core.receiveIncomingResponseFromTransport(message);
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  call(number: string, sdp: string, delegate: OutgoingInviteRequestDelegate): void {
    const target = this.#uri(number, this.#peerPort);
    const from = this.#uri('phone', this.port);
    const message = this.core.makeOutgoingRequestMessage(
      'INVITE',
      target,
      from,
      target,
      {},
      [],
      sdpBody(sdp),
    );
    message.extraHeaders.push(`Contact: <${from.toString()}>`);
    this.core.invite(message, delegate);
  }

  close(): void {
    this.core.dispose();
    this.#socket.close();
  }

  #uri(user: string, port: number): URI {
    const uri = Grammar.URIParse(`sip:${user}@127.0.0.1:${port}`);
    if (uri === undefined) throw new Error('sip.js does not take the URI');
    return uri;
  }
}

export function sdpBody(sdp: string): Body {
  return { contentDisposition: 'session', contentType: 'application/sdp', content: sdp };
}
