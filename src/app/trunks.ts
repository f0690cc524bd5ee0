import type { OutboundTrunk } from '../call/outbound-routes.ts';
import type { TrunkConfig } from '../config/config.ts';
import { isCertifiedFor } from '../net/certified-names.ts';
import type { TlsIdentity } from '../net/tls-identity.ts';
import type { AddressBook } from '../sip/address-book.ts';
import { DigestClient } from '../sip/auth/digest-client.ts';
import type { Flow } from '../sip/flow.ts';
import { escapeUser, isSips, parseUri } from '../sip/message/uri.ts';
import type { RegistrationOptions } from '../sip/registration/registration-options.ts';
import { type Account, anyTrunk, type SipTrunk, type TrunkDirectory } from '../sip/trunk.ts';

/** The configured trunks, as the SIP user agent knows them. */
export class Trunks implements TrunkDirectory {
  readonly #addresses: AddressBook;
  readonly #byName: ReadonlyMap<string, { readonly trunk: SipTrunk; readonly config: TrunkConfig }>;

  /** `newCnonce` is random, 64 bits or more. */
  constructor(configs: readonly TrunkConfig[], addresses: AddressBook, newCnonce: () => string) {
    this.#addresses = addresses;
    this.#byName = new Map(
      configs.map((config) => [config.name, { config, trunk: sipTrunk(config, addresses, newCnonce) }]),
    );
  }

  /** Whether somebody of no trunk's address may prove who he is. */
  get takesStrangers(): boolean {
    return [...this.#byName.values()].some(({ trunk }) => trunk.inboundAuth === 'digest');
  }

  /** Whether somebody of no trunk's address may show a certificate. */
  get takesCertificates(): boolean {
    return [...this.#byName.values()].some(({ trunk }) => trunk.inboundAuth === 'certificate');
  }

  ofSource(source: Flow): SipTrunk | undefined {
    return this.ofCertificate(source) ?? this.ofName(this.#addresses.trunkOf(source.remoteAddress) ?? '');
  }

  /** The trunk that a connection over TLS was opened for, or that has proven to be at its other end. */
  ofCertificate(source: Flow): SipTrunk | undefined {
    if (source.transport !== 'tls') return undefined;
    const opened = source.tls?.identity;
    if (opened !== undefined) return this.ofName(opened);
    const entries = [...this.#byName.values()];
    return entries.find(({ trunk }) => trunk.inboundAuth === 'certificate' && trunk.certifies(source))?.trunk;
  }

  /** How connections over TLS are opened, by trunk. */
  tlsIdentities(): Map<string, TlsIdentity> {
    return new Map(
      [...this.#byName].flatMap(([name, { config }]) => (config.tls ? [[name, config.tls]] : [])),
    );
  }

  ofName(name: string): SipTrunk | undefined {
    return this.#byName.get(name)?.trunk;
  }

  account(username: string, trunk: SipTrunk | undefined): Account | undefined {
    for (const entry of this.#byName.values()) {
      const isMeant = trunk === undefined ? entry.trunk.inboundAuth === 'digest' : entry.trunk === trunk;
      const account = isMeant ? entry.config.accounts.find((it) => it.username === username) : undefined;
      if (account !== undefined) return { trunk: entry.trunk, password: account.password };
    }
    return undefined;
  }

  /** What is to be registered. */
  registrations(): RegistrationOptions[] {
    return [...this.#byName.values()].flatMap(({ config }) => registrationOf(config) ?? []);
  }

  /** Those that calls of ours can go over. */
  outbound(): Map<string, OutboundTrunk> {
    return new Map(
      [...this.#byName.values()].flatMap(({ config }) => {
        const { name, outbound, register, auth } = config;
        if (outbound === undefined) return [];
        const server = parseUri(outbound.uri);
        const host = server?.kind === 'sip' ? server.host : '';
        return [
          [
            name,
            {
              ...outbound,
              name,
              user: outbound.user ?? register?.user ?? auth?.username,
              domain: outbound.domain ?? register?.domain ?? host,
            },
          ] as const,
        ];
      }),
    );
  }

  /** The user part of our Contact at a trunk: what the Request-URI of its calls says, whatever was dialled. */
  contactUser(name: string): string | undefined {
    const config = this.#byName.get(name)?.config;
    return config && registrationOf(config)?.contactUser;
  }
}

function sipTrunk(config: TrunkConfig, addresses: AddressBook, newCnonce: () => string): SipTrunk {
  const { name, auth, inboundAuth, trusted, mayRefer, reliableProvisionals, sessionTimers, tls } = config;
  const owns = (address: string): boolean => addresses.owns(name, address);
  const certifies = (source: Flow): boolean =>
    source.tls?.identity === name || isCertifiedFor(source.certifiedNames ?? [], tls?.names ?? []);
  return {
    ...anyTrunk,
    name,
    owns,
    certifies,
    inboundAuth,
    digest: auth && new DigestClient({ credentials: auth, owns, newCnonce }),
    isTrusted: trusted,
    mayRefer,
    reliableProvisionals,
    sessionTimers,
  };
}

function registrationOf({ name, auth, register }: TrunkConfig): RegistrationOptions | undefined {
  if (register === undefined) return undefined;
  const { registrars, expiresS, keepAliveS } = register;
  const contactUser = register.user ?? auth?.username ?? name;
  const first = parseUri(registrars[0] ?? '');
  const domain = register.domain ?? (first?.kind === 'sip' ? first.host : '');
  const scheme = isSips(registrars[0] ?? '') ? 'sips' : 'sip';
  const addressOfRecord = `${scheme}:${escapeUser(contactUser)}@${domain}`;
  return { trunk: name, registrars, addressOfRecord, contactUser, expiresS, keepAliveS };
}
