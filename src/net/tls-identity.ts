/** Who we are over TLS towards one trunk, and whom we trust there. */
import { createSecureContext, type SecureContext } from 'node:tls';
import { CIPHERS, NO_RENEGOTIATION } from './tls-policy.ts';

/** Text in PEM, read anew each time: files are replaced when certificates are renewed. Undefined: gone. */
export type Pem = () => string | undefined;

/** How connections to a trunk are opened. */
export interface TlsIdentity {
  /** Names of certificates that are the trunk's beside the one of the URI. */
  readonly names: readonly string[];
  /** Whom to trust instead of the system's authorities. */
  readonly ca?: Pem | undefined;
  readonly certificate?: Pem | undefined;
  readonly key?: Pem | undefined;
  /** Trusts any certificate. */
  readonly insecure: boolean;
}

/** Without a trunk: the system's authorities, and no certificate of ours. */
export const anonymous: TlsIdentity = { names: [], insecure: false };

/** Throws what `node:tls` says of a key or certificate that cannot be used. */
export function clientContext({ ca, certificate, key }: TlsIdentity): SecureContext {
  const read = (pem: Pem | undefined, what: string): string | undefined => {
    const text = pem?.();
    if (pem !== undefined && text === undefined) throw new Error(`the ${what} cannot be read`);
    return text;
  };
  return createSecureContext({
    ca: read(ca, 'ca'),
    cert: read(certificate, 'certificate'),
    key: read(key, 'key'),
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    secureOptions: NO_RENEGOTIATION,
  });
}
