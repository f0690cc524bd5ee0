/** Messages made to break parsers: whatever comes, it is read or refused for a reason, and nothing throws. */
import { describe, expect, it } from 'vitest';
import { headerList } from '../../../src/sip/message/headers.ts';
import type { SipMessage } from '../../../src/sip/message/message.ts';
import { type NameAddress, serializeNameAddress } from '../../../src/sip/message/name-address.ts';
import { parseMessage } from '../../../src/sip/message/parse.ts';
import { serializeMessage } from '../../../src/sip/message/serialize.ts';
import { StreamFramer } from '../../../src/sip/message/stream-framer.ts';
import { serializeUri } from '../../../src/sip/message/uri.ts';
import {
  callIdOf,
  contactsOf,
  contentTypeOf,
  cseqOf,
  fromOf,
  reasonsOf,
  referToOf,
  replacesOf,
  routesOf,
  sessionExpiresOf,
  toOf,
  topViaOf,
} from '../../../src/sip/message/views.ts';
import { sipCorpus } from '../../support/sip-corpora.ts';
import { seededRandom } from '../../support/virtual-network.ts';

const corpora = ['rfc4475', 'rfc5118', 'protos-sample', 'sip-malformed'] as const;

describe.each(corpora)('the corpus %s', (corpus) => {
  const messages = sipCorpus(corpus);

  it.skipIf(messages === undefined)('is read or refused, message by message', () => {
    const verdicts = new Map<string, number>();
    for (const octets of messages!) {
      const verdict = judge(octets);
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    }
    expect(Object.fromEntries([...verdicts].sort())).toMatchSnapshot();
  });

  it.skipIf(messages === undefined)('goes through a stream without an exception', () => {
    for (const octets of messages!) {
      const framer = new StreamFramer();
      for (let at = 0; at < octets.length; at += 700) framer.push(octets.subarray(at, at + 700));
    }
  });
});

describe('mutated messages', () => {
  const seeds = corpora.flatMap((corpus) => sipCorpus(corpus) ?? []).filter(({ length }) => length < 2_000);

  it.skipIf(seeds.length === 0)('a hundred thousand of them throw nothing', { timeout: 120_000 }, () => {
    const random = seededRandom(20_250_601);
    let accepted = 0;
    for (let round = 0; round < 100_000; round++) {
      const seed = seeds[Math.floor(random() * seeds.length)]!;
      if (judge(mutate(seed, random)) === 'accepted') accepted++;
    }
    // Mutation that only breaks things would not reach what lies behind the checks.
    expect(accepted).toBeGreaterThan(5_000);
  });
});

/** Parses, and when that succeeds uses the message in every way the upper layers do. */
function judge(octets: Uint8Array): string {
  const outcome = parseMessage(octets);
  if (!outcome.ok) {
    if (outcome.answer !== undefined) topViaOf(outcome.answer.request);
    return `${outcome.reason} ${outcome.answer?.statusCode ?? 'dropped'}`;
  }
  read(outcome.value);
  const again = parseMessage(serializeMessage(outcome.value));
  expect(again.ok || again.reason).toBe(true);
  return 'accepted';
}

function read(message: SipMessage): void {
  topViaOf(message);
  cseqOf(message);
  for (const contact of [contactsOf(message) ?? []].flat()) {
    if (contact !== '*') serializeMessage(requestTo(contact, message));
  }
  routesOf(message, 'Record-Route');
  contentTypeOf(message);
  sessionExpiresOf(message);
  replacesOf(message);
  referToOf(message);
  reasonsOf(message);
  headerList(message, 'Allow');
}

/** What a dialog makes of the message: a request to its Contact, with From and To written anew. */
function requestTo(target: NameAddress, message: SipMessage): SipMessage {
  return {
    kind: 'request',
    method: 'BYE',
    requestUri: serializeUri(target.uri),
    headers: [
      { name: 'From', value: serializeNameAddress(toOf(message)) },
      { name: 'To', value: serializeNameAddress(fromOf(message)) },
      { name: 'Call-ID', value: callIdOf(message) },
    ],
    body: new Uint8Array(0),
  };
}

/** One to four edits: an octet changed, a slice removed, doubled, or taken to another place. */
function mutate(seed: Uint8Array, random: () => number): Uint8Array {
  let octets = Buffer.from(seed);
  const edits = 1 + Math.floor(random() * 4);
  for (let edit = 0; edit < edits; edit++) {
    const at = Math.floor(random() * octets.length);
    const slice = octets.subarray(at, at + 1 + Math.floor(random() * 30));
    const choice = random();
    if (choice < 0.3) octets[at] = Math.floor(random() * 256);
    else if (choice < 0.6) octets[at] = DELIMITERS.charCodeAt(Math.floor(random() * DELIMITERS.length));
    else if (choice < 0.75)
      octets = Buffer.concat([octets.subarray(0, at), octets.subarray(at + slice.length)]);
    else {
      const to = choice < 0.85 ? at : Math.floor(random() * octets.length);
      octets = Buffer.concat([octets.subarray(0, to), slice, octets.subarray(to)]);
    }
  }
  return octets;
}

const DELIMITERS = '\r\n\t ",;:<>@=?%[]\\/*\0';
