/** Certificates for tests, made by openssl when they are needed, so that none is kept and none expires. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Certified {
  readonly certificate: string;
  readonly key: string;
}

/** An authority of its own, with what it has certified: a server at 127.0.0.1, and a client. All PEM. */
export interface Authority {
  readonly certificate: string;
  readonly server: Certified;
  readonly client: Certified;
}

export function makeAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-ca-'));
  const at = (name: string) => join(folder, name);
  const openssl = (...parameters: string[]) => execFileSync('openssl', parameters, { stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const certify = (name: string, extensions: string): Certified => {
    writeFileSync(at(`${name}.ext`), extensions);
    const [key, request, certificate] = [at(`${name}.key`), at(`${name}.csr`), at(`${name}.pem`)];
    openssl('req', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${name}`);
    const signing = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '1'];
    openssl('x509', '-req', '-in', request, ...signing, '-extfile', at(`${name}.ext`), '-out', certificate);
    return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
  };
  try {
    const subject = ['-subj', '/CN=patchbay tests', '-days', '1'];
    openssl('req', '-x509', ...newKey, '-keyout', at('ca.key'), '-out', at('ca.pem'), ...subject);
    return {
      certificate: readFileSync(at('ca.pem'), 'utf8'),
      server: certify('server', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n'),
      client: certify('client', 'extendedKeyUsage=clientAuth\n'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
