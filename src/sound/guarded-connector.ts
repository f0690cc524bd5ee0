import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressGuard } from './address-guard.ts';

/** Resolves a host name to every address it has; the system's resolver in the service. */
export type ResolveHost = (hostname: string) => Promise<readonly LookupAddress[]>;

/**
 * Opens connections to permitted addresses only. The address that is judged is the one that is connected to: a name
 * that resolves differently a moment later gains nothing. A name with any address that is not permitted is refused
 * whole.
 */
export function guardedConnector(
  guard: AddressGuard,
  resolve: ResolveHost,
  timeoutMs: number,
): buildConnector.connector {
  const lookup: LookupFunction = (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const forbidden = addresses.find(({ address }) => !guard.permits(address));
        const [first] = addresses;
        if (forbidden !== undefined) callback(new AddressForbidden(forbidden.address), []);
        else if (first === undefined) callback(new Error(`${hostname} has no address`), []);
        else if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, []),
    );
  };
  const connect = buildConnector({ timeout: timeoutMs, lookup });
  return (options, callback) => {
    // An address in the URL is not looked up.
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) === 0 || guard.permits(host)) connect(options, callback);
    else callback(new AddressForbidden(host), null);
  };
}

/** Told apart by its class when a download fails. */
export class AddressForbidden extends Error {
  override readonly name: string = 'AddressForbidden';

  constructor(address: string) {
    super(`${address} is not a public address, and is not allowed`);
  }
}
