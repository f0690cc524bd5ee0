import type { DnsResolver } from '../net/dns-resolver.ts';
import type { SipListening } from '../net/sip-transport.ts';
import type { Flow } from '../sip/flow.ts';
import { ServerLocation } from '../sip/location/server-location.ts';
import { withoutBrackets } from '../sip/message/host.ts';
import { parseUri } from '../sip/message/uri.ts';

export interface ServerLocatorOptions {
  readonly resolver: DnsResolver;
  /** What we listen on is what we can send from. */
  readonly listening: () => readonly SipListening[];
  readonly random: () => number;
}

/** Finds the ways to the server of a SIP URI, over the transports and address families we have (RFC 3263). */
export class ServerLocator {
  readonly #options: ServerLocatorOptions;

  constructor(options: ServerLocatorOptions) {
    this.#options = options;
  }

  /**
   * Best first; none where the URI is none, or nothing leads there. Over TLS the server has to prove the URI's own
   * domain, whatever the DNS makes of it (RFC 5922 section 7.3), and is shown the certificate of `identity`.
   */
  async locate(text: string, identity?: string): Promise<readonly Flow[]> {
    const uri = parseUri(text);
    if (uri?.kind !== 'sip') return [];
    const { resolver, random } = this.#options;
    const listening = this.#options.listening();
    const families = (['ipv4', 'ipv6'] as const).filter((family) => {
      return listening.some(({ address }) => familyOf(address) === family);
    });
    const transports = (['udp', 'tcp', 'tls'] as const).filter((name) => {
      return listening.some(({ transport }) => transport === name);
    });
    const location = new ServerLocation(uri, { transports, families, random });
    while (location.questions.length > 0) {
      location.handleAnswers(
        await Promise.all(location.questions.map((question) => resolver.resolve(question))),
      );
    }
    return (location.targets ?? []).flatMap(({ transport, address, port }): Flow[] => {
      const from = listening.find(
        (listen) => listen.transport === transport && familyOf(listen.address) === familyOf(address),
      );
      if (from === undefined) return [];
      const local = { localAddress: from.address, localPort: from.port };
      const way = { transport, ...local, remoteAddress: address, remotePort: port };
      if (transport !== 'tls') return [way];
      const serverName = withoutBrackets(uri.host);
      return [{ ...way, tls: { serverName, ...(identity !== undefined && { identity }) } }];
    });
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
