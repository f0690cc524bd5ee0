/** RFC 4475 and RFC 5118: every message of both, with the outcome we claim for it and why. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../../src/sip/message/parse.ts';
import type { MessageRefusal } from '../../../src/sip/message/refusal.ts';
import { sharedPath } from '../../support/shared.ts';

type Verdict = 'accepted' | `${MessageRefusal} ${number | 'dropped'}`;
type Row = readonly [file: string, verdict: Verdict, why: string];

const rfc4475: readonly Row[] = [
  ['wsinv.dat', 'accepted', '3.1.1.1 valid: folding and whitespace wherever the grammar lets it'],
  ['intmeth.dat', 'accepted', '3.1.1.2 valid: every character a token may have; 501 is for the user agent'],
  ['esc01.dat', 'accepted', '3.1.1.3 valid: escapes are not undone before comparing'],
  ['escnull.dat', 'accepted', '3.1.1.4 valid: %00 is an escape, not a terminator'],
  ['esc02.dat', 'accepted', '3.1.1.5 valid: a method with % in it is not REGISTER'],
  ['lwsdisp.dat', 'accepted', '3.1.1.6 valid: no space between name and <'],
  ['longreq.dat', 'accepted', '3.1.1.7 valid: long values, nothing is cut'],
  ['dblreq.dat', 'accepted', '3.1.1.8 valid: octets behind Content-Length of a datagram are dropped'],
  ['semiuri.dat', 'accepted', '3.1.1.9 valid: a semicolon in the user part'],
  ['transports.dat', 'accepted', '3.1.1.10 valid: any transport in Via'],
  ['mpart01.dat', 'accepted', '3.1.1.11 valid: a binary body'],
  ['unreason.dat', 'accepted', '3.1.1.12 valid: a reason phrase in UTF-8'],
  ['noreason.dat', 'accepted', '3.1.1.13 valid: an empty reason phrase'],
  ['badinv01.dat', 'bad-via 400', '3.1.2.1: the second Via is ";"; the first can be answered to'],
  ['clerr.dat', 'body-truncated 400', '3.1.2.2: Content-Length beyond the datagram'],
  ['ncl.dat', 'bad-content-length 400', '3.1.2.3: Content-Length -999'],
  ['scalar02.dat', 'bad-cseq 400', '3.1.2.4: CSeq above 2^31 - 1'],
  ['scalarlg.dat', 'bad-cseq dropped', '3.1.2.5: the same in a response'],
  ['quotbal.dat', 'bad-address 400', '3.1.2.6: a quote in To that never closes'],
  ['ltgtruri.dat', 'bad-request-uri 400', '3.1.2.7: <> around the Request-URI'],
  ['lwsruri.dat', 'bad-request-line 400', '3.1.2.8: a space in the Request-URI'],
  ['lwsstart.dat', 'bad-request-line 400', '3.1.2.9: two spaces in the request line'],
  ['trws.dat', 'bad-request-line 400', '3.1.2.10: spaces behind SIP/2.0'],
  ['escruri.dat', 'request-uri-headers 400', '3.1.2.11: headers in the Request-URI'],
  ['baddate.dat', 'bad-date 400', '3.1.2.12: a Date not in GMT'],
  ['regbadct.dat', 'bad-address 400', '3.1.2.13: Contact with "?" and no <>'],
  ['badaspec.dat', 'bad-address 400', '3.1.2.14: spaces within the <> of To'],
  [
    'baddn.dat',
    'headers-unfinished 400',
    '3.1.2.15: the file lacks its empty line; with it we infer the quotes',
  ],
  ['badvers.dat', 'unsupported-version 505', '3.1.2.16: SIP/7.0'],
  ['mismatch01.dat', 'cseq-method-mismatch 400', '3.1.2.17: OPTIONS with the CSeq of an INVITE'],
  ['mismatch02.dat', 'cseq-method-mismatch 400', '3.1.2.18: the same of an unknown method'],
  ['bigcode.dat', 'bad-status-line dropped', '3.1.2.19: status code 4294967301'],
  ['badbranch.dat', 'accepted', '3.2.1: a branch that is the bare cookie is matched as RFC 2543 does'],
  ['insuf.dat', 'missing-header 400', '3.3.1: no Call-ID, From, To; Via leads back all the same'],
  ['unkscm.dat', 'unsupported-uri-scheme 416', '3.3.2: a Request-URI of an unknown scheme'],
  ['novelsc.dat', 'unsupported-uri-scheme 416', '3.3.3: soap.beep: is registered, and not ours either'],
  ['unksm2.dat', 'accepted', '3.3.4: unknown schemes in From, To, Contact are for who reads them'],
  ['bext01.dat', 'accepted', '3.3.5: Require is answered 420 by the user agent'],
  ['invut.dat', 'accepted', '3.3.6: an unknown body type is answered 415 by the session'],
  ['regaut01.dat', 'accepted', '3.3.7: an unknown Authorization scheme is the challenger’s to judge'],
  ['multi01.dat', 'duplicate-header 400', '3.3.8: two CSeq, Call-ID, To, From, Max-Forwards'],
  ['mcl01.dat', 'duplicate-header 400', '3.3.9: two Content-Length'],
  ['bcast.dat', 'several-vias dropped', '3.3.10: a response whose lower Via is a broadcast address'],
  ['zeromf.dat', 'accepted', '3.3.11: Max-Forwards 0 has reached its end point'],
  ['cparam01.dat', 'accepted', '3.3.12: an unknown parameter of Contact'],
  ['cparam02.dat', 'accepted', '3.3.13: an unknown parameter of the URI in Contact'],
  ['regescrt.dat', 'accepted', '3.3.14: an escaped Route in the URI of Contact'],
  ['sdp01.dat', 'accepted', '3.3.15: Accept is answered 406 by the session'],
  ['inv2543.dat', 'accepted', '3.4.1: RFC 2543: no branch, no tag, no Max-Forwards, no Content-Length'],
];

const rfc5118: readonly Row[] = [
  ['ipv6-good', 'accepted', '4.1 valid'],
  ['ipv6-bad', 'bad-request-uri 400', '4.2: an IPv6 Request-URI without brackets'],
  ['port-ambiguous', 'accepted', '4.3: [2001:db8::10:5070] is all address'],
  ['port-unambiguous', 'accepted', '4.4: [2001:db8::10]:5070 has a port'],
  ['via-received-param-with-delim', 'accepted', '4.5: received=[…] as RFC 3986 would have it'],
  ['via-received-param-no-delim', 'accepted', '4.5: received=… as RFC 3261 has it'],
  ['ipv6-in-sdp', 'accepted', '4.6'],
  ['mult-ip-in-header', 'accepted', '4.7: IPv4 and IPv6 hops'],
  ['mult-ip-in-sdp', 'accepted', '4.8'],
  ['ipv4-mapped-ipv6', 'accepted', '4.9: addresses like ::ffff:192.0.2.2'],
  ['ipv6-bug-abnf-3-colons', 'accepted', '4.10: "must tolerate both of the above constructs"'],
  ['ipv6-correct-abnf-2-colons', 'accepted', '4.10'],
];

for (const [corpus, table] of [
  ['rfc4475', rfc4475],
  ['rfc5118', rfc5118],
] as const) {
  const folder = sharedPath('corpora', corpus);
  describe.skipIf(folder === undefined)(`the torture messages of ${corpus}`, () => {
    it('have every one a claim in the table', () => {
      expect(table.map(([file]) => file).sort()).toEqual(readdirSync(folder!).sort());
    });

    it.each(table)('%s is %s (%s)', (file, verdict) => {
      expect(verdictOn(readFileSync(join(folder!, file)))).toBe(verdict);
    });
  });
}

describe('a torture message that is damaged in the corpus', () => {
  const folder = sharedPath('corpora', 'rfc4475');

  it.skipIf(folder === undefined)('baddn.dat is accepted once its empty line is there', () => {
    const whole = Buffer.concat([readFileSync(join(folder!, 'baddn.dat')), Buffer.from('\r\n')]);
    expect(verdictOn(whole)).toBe('accepted');
  });
});

function verdictOn(octets: Uint8Array): Verdict {
  const outcome = parseMessage(octets);
  return outcome.ok ? 'accepted' : `${outcome.reason} ${outcome.answer?.statusCode ?? 'dropped'}`;
}
