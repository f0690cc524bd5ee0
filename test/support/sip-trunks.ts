import { DigestClient } from '../../src/sip/auth/digest-client.ts';
import { anyTrunk, type SipTrunk, type TrunkDirectory } from '../../src/sip/trunk.ts';

export interface TestTrunk extends Partial<Omit<SipTrunk, 'owns' | 'digest'>> {
  readonly name: string;
  readonly addresses?: readonly string[];
  /** Passwords by user name that callers prove. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** What we prove to it. */
  readonly credentials?: { username: string; password: string; realm?: string };
}

/** Trunks as the configuration would have them. */
export function trunkDirectory(...descriptions: TestTrunk[]): TrunkDirectory {
  let cnonces = 0;
  const trunks = descriptions.map(({ addresses = [], accounts = {}, credentials, ...parts }) => {
    const owns = (address: string): boolean => addresses.includes(address);
    const newCnonce = (): string => `cnonce${cnonces++}`;
    const digest = credentials && new DigestClient({ credentials, owns, newCnonce });
    const trunk: SipTrunk = { ...anyTrunk, ...parts, owns, digest };
    return { trunk, accounts };
  });
  return {
    ofAddress: (address) => trunks.find(({ trunk }) => trunk.owns(address))?.trunk,
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
