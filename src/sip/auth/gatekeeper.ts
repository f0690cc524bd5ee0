import type { Flow } from '../flow.ts';
import type { HeaderField, SipRequest } from '../message/message.ts';
import type { SipTrunk, TrunkDirectory } from '../trunk.ts';
import type { DigestServer } from './digest-server.ts';
import { FailedLogins } from './failed-logins.ts';

export type Admission =
  | { readonly kind: 'admitted'; readonly trunk: SipTrunk }
  | {
      readonly kind: 'refused';
      readonly statusCode: 401 | 403;
      readonly headers: readonly HeaderField[];
      readonly reason: 'unproven' | 'wrong-password' | 'locked-out' | 'uncertified';
    };

/** Decides whether a request may come in, and over which trunk: by its address, by a password, by both, or by a certificate. */
export class Gatekeeper {
  readonly #trunks: TrunkDirectory;
  readonly #digest: DigestServer;
  readonly #failures: FailedLogins = new FailedLogins();

  constructor(trunks: TrunkDirectory, digest: DigestServer) {
    this.#trunks = trunks;
    this.#digest = digest;
  }

  judge(request: SipRequest, source: Flow, nowMs: number): Admission {
    const { remoteAddress } = source;
    const known = this.#trunks.ofSource(source);
    if (known?.inboundAuth === 'address') return { kind: 'admitted', trunk: known };
    if (known?.inboundAuth === 'certificate') {
      return known.certifies(source)
        ? { kind: 'admitted', trunk: known }
        : { kind: 'refused', statusCode: 403, headers: [], reason: 'uncertified' };
    }
    if (this.#failures.isLockedOut(remoteAddress, nowMs))
      return { kind: 'refused', statusCode: 403, headers: [], reason: 'locked-out' };
    const account = (username: string) => this.#trunks.account(username, known);
    const verdict = this.#digest.verify(
      request,
      remoteAddress,
      (username) => account(username)?.password,
      nowMs,
    );
    const proven = verdict.kind === 'proven' ? account(verdict.username) : undefined;
    if (proven !== undefined) {
      this.#failures.forget(remoteAddress);
      return { kind: 'admitted', trunk: proven.trunk };
    }
    if (verdict.kind === 'wrong') this.#failures.note(remoteAddress, nowMs);
    return {
      kind: 'refused',
      statusCode: 401,
      headers: this.#digest.challenges(remoteAddress, verdict.kind === 'stale', nowMs),
      reason: verdict.kind === 'wrong' ? 'wrong-password' : 'unproven',
    };
  }
}
