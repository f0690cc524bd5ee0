/** Programs by other people that tests hold ours against. */
import { spawnSync } from 'node:child_process';

export type Peer = keyof typeof debianPackages;

/**
 * Whether every one of these programs is here, for `describe.skipIf(!peersPresent('sipp'))`. One that is missing is
 * told on standard error; where PATCHBAY_E2E is `required` it fails the run instead.
 */
export function peersPresent(...programs: readonly Peer[]): boolean {
  const missing = programs.filter((program) => !isOnPath(program));
  for (const program of missing) {
    const reason = `${program} is not on the PATH (Debian: apt-get install ${debianPackages[program]})`;
    if (process.env['PATCHBAY_E2E'] === 'required') throw new Error(`PATCHBAY_E2E=required, but ${reason}`);
    process.stderr.write(`skipped: ${reason}\n`);
  }
  return missing.length === 0;
}

function isOnPath(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0"', program]).status === 0;
}

const debianPackages = {
  baresip: 'baresip-core',
  curl: 'curl',
  'espeak-ng': 'espeak-ng',
  ffmpeg: 'ffmpeg',
  kamailio: 'kamailio kamailio-tls-modules',
  openssl: 'openssl',
  sipp: 'sip-tester',
  svmap: 'sipvicious',
  tshark: 'tshark',
} as const;
