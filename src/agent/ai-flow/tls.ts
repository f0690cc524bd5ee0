/** How an app is trusted, and how it can trust us. Certificates and keys are PEM. */
export interface AgentTls {
  /** Whom to trust instead of the system's authorities. */
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** Trusts any certificate. */
  readonly insecure?: boolean | undefined;
}

/** As `node:tls` has it; a key that cannot be used shows at the first connection. */
export function tlsSettings(tls: AgentTls | undefined): TlsSettings {
  if (tls === undefined) return {};
  const { ca, certificate, key, insecure = false } = tls;
  return {
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
    ...(insecure && { rejectUnauthorized: false }),
  };
}

export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: boolean;
}
