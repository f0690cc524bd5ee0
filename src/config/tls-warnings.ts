import type { Config } from './config.ts';

/** What of TLS works other than it looks, though nothing is wrong with it. */
export function tlsWarnings({ sip, trunks }: Config): string[] {
  const listeners = sip.listen.filter((listen) => listen.transport === 'tls');
  const asks = listeners.some(({ clientCertificate }) => clientCertificate !== 'none');
  return trunks.flatMap(({ name, inboundAuth, register, tls }) => {
    const warnings: string[] = [];
    if (tls?.insecure === true)
      warnings.push(
        `trunk ${name}: tls.insecure takes anybody for the trunk, and tells him passwords and keys`,
      );
    if (inboundAuth === 'certificate' && !asks)
      warnings.push(`trunk ${name}: calls must have a certificate, but no tls listener asks for any`);
    if (listeners.length === 0 && register?.registrars.some(needsTls))
      warnings.push(`trunk ${name}: its registrar is reached over TLS, but nothing in sip.listen is`);
    return warnings;
  });
}

function needsTls(uri: string): boolean {
  return /^sips:/i.test(uri) || /;transport=tls\b/i.test(uri);
}
