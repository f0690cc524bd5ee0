import { DigestClient } from '../../src/sip/auth/digest-client.ts';
import type { Flow } from '../../src/sip/flow.ts';
import { anyTrunk, type SipTrunk, type TrunkDirectory } from '../../src/sip/trunk.ts';

export interface TestTrunk extends Partial<Omit<SipTrunk, 'owns' | 'certifies' | 'digest'>> {
  readonly name: string;
  readonly addresses?: readonly string[];
  /** Names in its certificate. */
  readonly certifiedNames?: readonly string[];
  /** Passwords by user name that callers prove. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** What we prove to it. */
  readonly credentials?: { username: string; password: string; realm?: string };
}

/** Trunks as the configuration would have them. */
export function trunkDirectory(...descriptions: TestTrunk[]): TrunkDirectory {
  let cnonces = 0;
  const trunks = descriptions.map(
    ({ addresses = [], accounts = {}, certifiedNames = [], credentials, ...parts }) => {
      const owns = (address: string): boolean => addresses.includes(address);
      const certifies = (source: Flow): boolean =>
        source.tls?.identity === parts.name ||
        certifiedNames.some((name) => source.certifiedNames?.includes(name));
      const newCnonce = (): string => `cnonce${cnonces++}`;
      const digest = credentials && new DigestClient({ credentials, owns, newCnonce });
      const trunk: SipTrunk = { ...anyTrunk, ...parts, owns, certifies, digest };
      return { trunk, accounts };
    },
  );
  return {
    ofSource: (source) =>
      (
        trunks.find(({ trunk }) => trunk.inboundAuth === 'certificate' && trunk.certifies(source)) ??
        trunks.find(({ trunk }) => trunk.owns(source.remoteAddress))
      )?.trunk,
    ofName: (name) => trunks.find(({ trunk }) => trunk.name === name)?.trunk,
    account: (username, wanted) => {
      const found = trunks.find(({ trunk, accounts }) => {
        const isMeant = wanted === undefined ? trunk.inboundAuth === 'digest' : trunk === wanted;
        return isMeant && Object.hasOwn(accounts, username);
      });
      return found && { trunk: found.trunk, password: found.accounts[username]! };
    },
  };
}
