import ipaddr from 'ipaddr.js';
import { withoutBrackets } from '../message/host.ts';
import { parameterValue } from '../message/parameters.ts';
import type { SipUri } from '../message/uri.ts';
import type { DnsQuestion, DnsRecord, NaptrRecord, SrvRecord } from './dns-record.ts';
import { srvOrder } from './srv-order.ts';

export type SipTransportName = 'udp' | 'tcp' | 'tls';

/** Where a request may be sent. */
export interface ServerTarget {
  readonly transport: SipTransportName;
  readonly address: string;
  readonly port: number;
}

export interface ServerLocationOptions {
  /** Those we can send over, the ones we like better first. */
  readonly transports: readonly SipTransportName[];
  readonly families: readonly ('ipv4' | 'ipv6')[];
  /** 0 to 1. */
  readonly random: () => number;
}

/** One server by name, its addresses still to be asked for. */
interface Host {
  readonly transport: SipTransportName;
  readonly name: string;
  readonly port: number;
}

type State =
  | { readonly name: 'naptr' }
  | { readonly name: 'srv'; readonly services: readonly Service[] }
  | { readonly name: 'addresses'; readonly hosts: readonly Host[] }
  | { readonly name: 'done'; readonly targets: readonly ServerTarget[] };

interface Service {
  readonly transport: SipTransportName;
  readonly name: string;
}

/**
 * Finds the servers of a SIP URI, step by step: it says what to ask the DNS, is told the answers, and in the end has the
 * targets in the order in which they are to be tried.
 *
 * @see RFC 3263 section 4
 */
export class ServerLocation {
  readonly #uri: SipUri;
  readonly #options: ServerLocationOptions;
  #state: State;

  constructor(uri: SipUri, options: ServerLocationOptions) {
    this.#uri = uri;
    this.#options = options;
    this.#state = this.#begin();
  }

  /** What is to be asked now; empty once the targets are known. */
  get questions(): readonly DnsQuestion[] {
    return this.#questionsOf(this.#state);
  }

  /** Undefined while there are questions; empty when nobody can be reached. */
  get targets(): readonly ServerTarget[] | undefined {
    return this.#state.name === 'done' ? this.#state.targets : undefined;
  }

  /** The answers to the questions, in their order; none for a name that does not exist or cannot be asked about. */
  handleAnswers(answers: readonly (readonly DnsRecord[])[]): void {
    switch (this.#state.name) {
      case 'naptr':
        this.#state = this.#afterNaptr(answers.flat().filter((record) => record.type === 'NAPTR'));
        return;
      case 'srv':
        this.#state = this.#afterSrv(this.#state.services, answers);
        return;
      case 'addresses':
        this.#state = this.#afterAddresses(this.#state.hosts, answers);
        return;
      case 'done':
        return;
    }
  }

  #questionsOf(state: State): DnsQuestion[] {
    switch (state.name) {
      case 'naptr':
        return [{ type: 'NAPTR', name: this.#uri.host }];
      case 'srv':
        return state.services.map(({ name }) => ({ type: 'SRV', name }));
      case 'addresses':
        return state.hosts.flatMap(({ name }) => this.#addressQuestions(name));
      case 'done':
        return [];
    }
  }

  #begin(): State {
    const { host, port } = this.#uri;
    const address = withoutBrackets(host);
    const transport = this.#namedTransport;
    if (transport === null || !this.#options.transports.includes(transport ?? this.#defaultTransport))
      return nowhere;
    if (ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address)) {
      const target = this.#host(transport ?? this.#defaultTransport, address, port);
      return { name: 'done', targets: [{ transport: target.transport, address, port: target.port }] };
    }
    if (port !== undefined) return this.#hostAlone(transport ?? this.#defaultTransport);
    return transport === undefined
      ? { name: 'naptr' }
      : { name: 'srv', services: this.#services([transport]) };
  }

  /** "If no NAPTR records are found", SRV records of every transport we have are asked for. */
  #afterNaptr(records: readonly NaptrRecord[]): State {
    const services = [...records]
      .sort((a, b) => a.order - b.order || a.preference - b.preference)
      .flatMap(({ flags, service, replacement }) => {
        const transport = naptrServices.get(service.toUpperCase());
        const isUsable = flags.toLowerCase() === 's' && transport !== undefined && this.#isAllowed(transport);
        return isUsable ? [{ transport, name: withoutDot(replacement) }] : [];
      });
    if (services.length > 0) return { name: 'srv', services: services.slice(0, MAX_SERVICES) };
    return {
      name: 'srv',
      services: this.#services(this.#options.transports.filter((it) => this.#isAllowed(it))),
    };
  }

  #afterSrv(services: readonly Service[], answers: readonly (readonly DnsRecord[])[]): State {
    const hosts = services.flatMap(({ transport }, index) => {
      const records = (answers[index] ?? []).filter((record): record is SrvRecord => record.type === 'SRV');
      return srvOrder(records, this.#options.random).flatMap(({ target, port }) => {
        // "A Target of '.' means that the service is decidedly not available at this domain."
        const name = withoutDot(target);
        return name === '' ? [] : [{ transport, name, port }];
      });
    });
    const found = services.some((_service, index) => (answers[index] ?? []).length > 0);
    if (!found) return this.#hostAlone(services[0]?.transport ?? this.#defaultTransport);
    return hosts.length === 0 ? nowhere : { name: 'addresses', hosts: hosts.slice(0, MAX_HOSTS) };
  }

  #afterAddresses(hosts: readonly Host[], answers: readonly (readonly DnsRecord[])[]): State {
    const perHost = this.#options.families.length;
    const targets = hosts.flatMap(({ transport, port }, index) =>
      answers
        .slice(index * perHost, (index + 1) * perHost)
        .flat()
        .flatMap((record) => ('address' in record ? [{ transport, address: record.address, port }] : [])),
    );
    return { name: 'done', targets: targets.slice(0, MAX_TARGETS) };
  }

  /** What the URI asks for; null: a transport that we have never heard of. */
  get #namedTransport(): SipTransportName | null | undefined {
    const named = parameterValue(this.#uri.parameters, 'transport')?.toLowerCase();
    if (named === undefined) return undefined;
    if (named !== 'udp' && named !== 'tcp' && named !== 'tls') return null;
    return this.#uri.scheme === 'sips' ? 'tls' : named;
  }

  get #defaultTransport(): SipTransportName {
    if (this.#uri.scheme === 'sips') return 'tls';
    return this.#options.transports.includes('udp') ? 'udp' : (this.#options.transports[0] ?? 'udp');
  }

  #isAllowed(transport: SipTransportName): boolean {
    const isSecure = this.#uri.scheme !== 'sips' || transport === 'tls';
    return isSecure && this.#options.transports.includes(transport);
  }

  #services(transports: readonly SipTransportName[]): Service[] {
    return transports.map((transport) => ({
      transport,
      name: `${servicePrefixes[transport]}.${this.#uri.host}`,
    }));
  }

  #hostAlone(transport: SipTransportName): State {
    return { name: 'addresses', hosts: [this.#host(transport, this.#uri.host, this.#uri.port)] };
  }

  #host(transport: SipTransportName, name: string, port: number | undefined): Host {
    return { transport, name, port: port ?? (transport === 'tls' ? 5061 : 5060) };
  }

  #addressQuestions(name: string): DnsQuestion[] {
    return this.#options.families.map((family) => ({ type: family === 'ipv4' ? 'A' : 'AAAA', name }));
  }
}

function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

const nowhere: State = { name: 'done', targets: [] };

const servicePrefixes: Readonly<Record<SipTransportName, string>> = {
  udp: '_sip._udp',
  tcp: '_sip._tcp',
  tls: '_sips._tcp',
};
const naptrServices: ReadonlyMap<string, SipTransportName> = new Map([
  ['SIP+D2U', 'udp'],
  ['SIP+D2T', 'tcp'],
  ['SIPS+D2T', 'tls'],
]);

/** Ours: what one name may have us ask and try. */
const MAX_SERVICES = 6;
const MAX_HOSTS = 8;
const MAX_TARGETS = 16;
