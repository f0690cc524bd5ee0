/** Certificates for tests, made by openssl when they are needed, so that none is kept and none expires. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

/** An authority of its own, with what it has certified: a server at 127.0.0.1, and a client. All PEM. */
export interface Authority {
  readonly certificate: string;
  readonly server: Certified;
  readonly client: Certified;
  /** Certifies anything else: `altNames` as OpenSSL writes them, `DNS:a.example,URI:sip:b.example`. */
  certify(altNames: string, days?: number): Certified;
}

export function makeAuthority(): Authority {
  const authority = inFolder((folder) => {
    const [key, certificate] = [join(folder, 'ca.key'), join(folder, 'ca.pem')];
    const subject = ['-subj', '/CN=patchbay tests', '-days', '1'];
    openssl('req', '-x509', ...newKey, '-keyout', key, '-out', certificate, ...subject);
    return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
  });
  return {
    certificate: authority.certificate,
    server: certify(authority, 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n'),
    client: certify(authority, 'extendedKeyUsage=clientAuth\n'),
    certify: (altNames, days) => certify(authority, `subjectAltName=${altNames}\n`, days),
  };
}

function certify(authority: Certified, extensions: string, days: number = 1): Certified {
  return inFolder((folder) => {
    const at = (name: string) => join(folder, name);
    writeFileSync(at('ca.pem'), authority.certificate);
    writeFileSync(at('ca.key'), authority.key);
    writeFileSync(at('extensions'), extensions);
    openssl('req', ...newKey, '-keyout', at('key'), '-out', at('request'), '-subj', '/CN=patchbay test');
    const signing = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', String(days)];
    const into = ['-extfile', at('extensions'), '-out', at('certificate')];
    openssl('x509', '-req', '-in', at('request'), ...signing, ...into);
    return { certificate: readFileSync(at('certificate'), 'utf8'), key: readFileSync(at('key'), 'utf8') };
  });
}

function inFolder<Made>(make: (folder: string) => Made): Made {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-ca-'));
  try {
    return make(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function openssl(...parameters: string[]): void {
  execFileSync('openssl', parameters, { stdio: 'pipe' });
}

const newKey: readonly string[] = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
