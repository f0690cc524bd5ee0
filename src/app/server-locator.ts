import type { DnsResolver } from '../net/dns-resolver.ts';
import type { SipListen } from '../net/sip-transport.ts';
import type { Flow } from '../sip/flow.ts';
import { ServerLocation } from '../sip/location/server-location.ts';
import { parseUri } from '../sip/message/uri.ts';

export interface ServerLocatorOptions {
  readonly resolver: DnsResolver;
  /** What we listen on is what we can send from. */
  readonly listening: () => readonly SipListen[];
  readonly random: () => number;
}

/** Finds the ways to the server of a SIP URI, over the transports and address families we have (RFC 3263). */
export class ServerLocator {
  readonly #options: ServerLocatorOptions;

  constructor(options: ServerLocatorOptions) {
    this.#options = options;
  }

  /** Best first; none where the URI is none, or nothing leads there. */
  async locate(text: string): Promise<readonly Flow[]> {
    const uri = parseUri(text);
    if (uri?.kind !== 'sip') return [];
    const { resolver, random } = this.#options;
    const listening = this.#options.listening();
    const families = (['ipv4', 'ipv6'] as const).filter((family) => {
      return listening.some(({ address }) => familyOf(address) === family);
    });
    const transports = (['udp', 'tcp'] as const).filter((name) => {
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
      return [{ transport, ...local, remoteAddress: address, remotePort: port }];
    });
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
