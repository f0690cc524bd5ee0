/** The certificates of one TLS listener, read and checked together. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { Pem } from './tls-identity.ts';
import { CIPHERS, NO_RENEGOTIATION } from './tls-policy.ts';

export interface TlsListenerOptions {
  /** The first is shown to peers that ask for no name, or for one that no other has. */
  readonly certificates: readonly { readonly certificate: Pem; readonly key: Pem }[];
  readonly clientCertificate: 'none' | 'request' | 'require';
  /** Whom client certificates must come from; undefined: the system's authorities. */
  readonly clientCa?: Pem | undefined;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}

/** What is to be told of a certificate in use. */
export interface CertificateSummary {
  readonly names: string;
  readonly validFrom: Date;
  readonly validTo: Date;
}

export interface TlsCredentials {
  readonly options: SecureContextOptions;
  readonly summaries: readonly CertificateSummary[];
  /** By the name that the peer asks for (RFC 6066 section 3). */
  contextFor(serverName: string): SecureContext;
}

/** All of them, or why they cannot be used: one that is wrong leaves the others as they were too. */
export function loadCredentials(options: TlsListenerOptions): TlsCredentials | { readonly trouble: string } {
  const { certificates, clientCa, clientCertificate, minVersion } = options;
  const ca = clientCertificate === 'none' ? undefined : clientCa?.();
  if (clientCertificate !== 'none' && clientCa !== undefined && ca === undefined)
    return { trouble: 'the authorities for client certificates cannot be read' };
  const loaded: { options: SecureContextOptions; context: SecureContext; x509: X509Certificate }[] = [];
  for (const [index, pair] of certificates.entries()) {
    const [cert, key] = [pair.certificate(), pair.key()];
    if (cert === undefined || key === undefined)
      return { trouble: `certificate ${index + 1} or its key cannot be read` };
    const parts = {
      ...{ cert, key, minVersion, ciphers: CIPHERS, secureOptions: NO_RENEGOTIATION },
      ...(ca !== undefined && { ca }),
    };
    try {
      // Throws too when the key is another certificate's.
      const context = createSecureContext(parts);
      loaded.push({ options: parts, context, x509: new X509Certificate(cert) });
    } catch (error) {
      return { trouble: `certificate ${index + 1}: ${reasonOf(error)}` };
    }
  }
  const [first] = loaded;
  if (first === undefined) return { trouble: 'there is no certificate' };
  return {
    options: first.options,
    summaries: loaded.map(({ x509 }) => ({
      names: x509.subjectAltName ?? x509.subject,
      validFrom: new Date(x509.validFrom),
      validTo: new Date(x509.validTo),
    })),
    contextFor: (serverName) =>
      (loaded.find(({ x509 }) => x509.checkHost(serverName) !== undefined) ?? first).context,
  };
}

/** OpenSSL's last words: `key values mismatch` of `error:05800074:x509 certificate routines::key values mismatch`. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.slice(message.lastIndexOf(':') + 1).trim() || message;
}
