/** Which keys go into offers and answers, and which two an exchange settles (RFC 4568 section 5.1). */
import { invariant } from '../invariant.ts';
import { failure, type Result, success } from '../result.ts';
import type { NegotiationRefusal } from './audio-stream.ts';
import { type CryptoAttribute, hasCryptoAttribute, SUITES } from './crypto-attribute.ts';
import type { MediaDescription } from './description.ts';
import type { NegotiatedSrtp } from './negotiated.ts';
import type { SrtpPreferences } from './preferences.ts';

/**
 * What is settled by answering with our key. It stays the same as long as the other side's does: another key of theirs
 * may be another party's, who is not to have what the one before it knew.
 */
export function answerCrypto(
  theirs: CryptoAttribute,
  preferences: SrtpPreferences | undefined,
  settled: NegotiatedSrtp | undefined,
): NegotiatedSrtp {
  invariant(preferences !== undefined, 'keys are looked for only where they may be taken');
  const isSame = settled?.remoteKey === theirs.key && settled.suite === theirs.suite;
  return settledBy(theirs, isSame ? settled.localKey : preferences.newKey());
}

/** Every suite with a key of its own, the one in use first and with the key it has. */
export function offeredCryptos(
  newKey: () => string,
  settled: NegotiatedSrtp | undefined,
): Omit<CryptoAttribute, 'mkiOctets'>[] {
  const suites = SUITES.toSorted((a, b) => Number(b === settled?.suite) - Number(a === settled?.suite));
  return suites.map((suite, index) => ({
    tag: String(index + 1),
    suite,
    key: suite === settled?.suite ? settled.localKey : newKey(),
  }));
}

/** What an answer settles that has `theirs`; a key nobody offered to take would be noise to both sides. */
export function acceptedCrypto(
  offered: readonly CryptoAttribute[],
  answer: MediaDescription,
  theirs: CryptoAttribute | undefined,
): Result<NegotiatedSrtp | undefined, NegotiationRefusal> {
  if (theirs === undefined) {
    const isMisunderstood = offered.length > 0 && hasCryptoAttribute(answer);
    return isMisunderstood ? failure('no-common-crypto') : success(undefined);
  }
  const ours = offered.find(({ tag, suite }) => tag === theirs.tag && suite === theirs.suite);
  return ours === undefined ? failure('no-common-crypto') : success(settledBy(theirs, ours.key));
}

function settledBy({ suite, key, mkiOctets }: CryptoAttribute, localKey: string): NegotiatedSrtp {
  return { suite, localKey, remoteKey: key, remoteMkiOctets: mkiOctets };
}
