import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../../src/invariant.ts';
import { serializeRAck } from '../../../src/sip/message/cseq.ts';
import type { Headed } from '../../../src/sip/message/headers.ts';
import { serializeReason } from '../../../src/sip/message/reason.ts';
import { serializeReplaces } from '../../../src/sip/message/replaces.ts';
import { serializeSessionExpires } from '../../../src/sip/message/session-timer.ts';
import {
  callIdOf,
  contactsOf,
  contentTypeOf,
  cseqOf,
  expiresOf,
  fromOf,
  hasOptionTag,
  maxForwardsOf,
  minSeOf,
  rackOf,
  reasonsOf,
  referToOf,
  replacesOf,
  replaceTopVia,
  routesOf,
  rseqOf,
  sessionExpiresOf,
  tokensOf,
  toOf,
  topViaOf,
} from '../../../src/sip/message/views.ts';

describe('the mandatory headers', () => {
  const message = headed({
    v: 'SIP/2.0/UDP a;branch=z9hG4bK1;rport, SIP/2.0/TCP b',
    f: '"A" <sip:a@a>;tag=1',
    t: 'sip:b@b;tag=2',
    i: 'x@y',
    CSEQ: '7 INVITE',
  });

  it('are there', () => {
    expect(topViaOf(message)).toMatchObject({ host: 'a', transport: 'UDP' });
    expect(fromOf(message)).toMatchObject({ displayName: 'A' });
    expect(toOf(message)).toMatchObject({ uri: { user: 'b' } });
    expect(callIdOf(message)).toBe('x@y');
    expect(cseqOf(message)).toEqual({ sequence: 7, method: 'INVITE' });
  });

  it('missing are a mistake of ours', () => {
    expect(() => callIdOf({ headers: [] })).toThrow(InvariantError);
  });

  it('let the top Via be rewritten alone', () => {
    const via = topViaOf(message);
    replaceTopVia(message, {
      ...via,
      parameters: [...via.parameters, { name: 'received', value: '192.0.2.1' }],
    });
    expect(message.headers[0]).toEqual({
      name: 'v',
      value: 'SIP/2.0/UDP a;branch=z9hG4bK1;rport;received=192.0.2.1, SIP/2.0/TCP b',
    });
  });
});

describe('Contact', () => {
  it('may list addresses, or say *', () => {
    expect(contactsOf(headed({ m: '<sip:a@b>;expires=5, "c, d" <sip:e@f>' }))).toHaveLength(2);
    expect(contactsOf(headed({ Contact: '*' }))).toBe('*');
    expect(contactsOf(headed({}))).toEqual([]);
    expect(contactsOf(headed({ Contact: '<a>' }))).toBeUndefined();
  });
});

describe('Record-Route', () => {
  it('keeps the order of its fields and elements', () => {
    const message = {
      headers: [field('Record-Route', '<sip:p2;lr>, <sip:p1;lr>'), field('record-route', '<sip:p0>')],
    };
    expect(routesOf(message, 'Record-Route')!.map(({ uri }) => uri.kind === 'sip' && uri.host)).toEqual([
      'p2',
      'p1',
      'p0',
    ]);
  });
});

describe('lists of tokens', () => {
  it('go over every field', () => {
    const message = {
      headers: [field('k', 'timer, 100rel'), field('Supported', 'replaces'), field('Allow', 'INVITE,ACK')],
    };
    expect(tokensOf(message, 'Supported')).toEqual(['timer', '100rel', 'replaces']);
    expect(tokensOf(message, 'Allow')).toEqual(['INVITE', 'ACK']);
    expect(hasOptionTag(message, 'Supported', '100REL')).toBe(true);
    expect(hasOptionTag(message, 'Require', '100rel')).toBe(false);
  });
});

describe('single values', () => {
  it.each<readonly [(message: Headed) => unknown, string, string, unknown]>([
    [maxForwardsOf, 'Max-Forwards', '0068', 68],
    [maxForwardsOf, 'Max-Forwards', '256', undefined],
    [expiresOf, 'Expires', '3600', 3600],
    [expiresOf, 'Expires', '99999999999999999999', 4294967295],
    [expiresOf, 'Expires', 'Thu', undefined],
    [
      contentTypeOf,
      'c',
      'Application / SDP ; charset=utf-8',
      { mediaType: 'application/sdp', parameters: [{ name: 'charset', value: 'utf-8' }] },
    ],
    [contentTypeOf, 'c', 'sdp', undefined],
    [sessionExpiresOf, 'x', '1800;refresher=UAC', { intervalSeconds: 1800, refresher: 'uac' }],
    [sessionExpiresOf, 'x', '90', { intervalSeconds: 90, refresher: undefined }],
    [sessionExpiresOf, 'x', '90;refresher=me', undefined],
    [minSeOf, 'Min-SE', '90', 90],
    [
      rackOf,
      'RAck',
      '776656 1 INVITE',
      { responseSequence: 776656, cseq: { sequence: 1, method: 'INVITE' } },
    ],
    [rackOf, 'RAck', '0 1 INVITE', undefined],
    [rseqOf, 'RSeq', '988789', 988789],
    [rseqOf, 'RSeq', '0', undefined],
    [rseqOf, 'RSeq', '4294967296', undefined],
    [
      replacesOf,
      'Replaces',
      '12@a;from-tag=5;to-tag=7;early-only',
      { callId: '12@a', toTag: '7', fromTag: '5', earlyOnly: true },
    ],
    [replacesOf, 'Replaces', '12@a;to-tag=7', undefined],
  ])('%o of %s: %s', (view, name, value, expected) => {
    expect(view(headed({ [name]: value }))).toEqual(expected);
    expect(view(headed({}))).toBeUndefined();
  });

  it('Refer-To keeps the headers its URI asks for', () => {
    expect(referToOf(headed({ r: '<sip:a@b?Replaces=1%3Bto-tag%3D2>' }))).toMatchObject({
      uri: { headers: 'Replaces=1%3Bto-tag%3D2' },
    });
  });

  it('Reason may give several protocols', () => {
    expect(
      reasonsOf(headed({ Reason: 'Q.850 ;cause=16 ;text="Normal, clearing", SIP;cause=200, ;' })),
    ).toEqual([
      { protocol: 'Q.850', cause: 16, text: 'Normal, clearing' },
      { protocol: 'SIP', cause: 200, text: undefined },
    ]);
  });
});

describe('written values', () => {
  it('read as the RFCs print them', () => {
    expect(serializeRAck({ responseSequence: 776656, cseq: { sequence: 1, method: 'INVITE' } })).toBe(
      '776656 1 INVITE',
    );
    expect(serializeSessionExpires({ intervalSeconds: 1800, refresher: 'uas' })).toBe('1800;refresher=uas');
    expect(serializeReplaces({ callId: '1@a', toTag: '7', fromTag: '5', earlyOnly: false })).toBe(
      '1@a;to-tag=7;from-tag=5',
    );
    expect(serializeReason({ protocol: 'Q.850', cause: 16, text: 'a "b"' })).toBe(
      'Q.850;cause=16;text="a \\"b\\""',
    );
  });
});

function headed(values: Record<string, string>): Headed {
  return { headers: Object.entries(values).map(([name, value]) => field(name, value)) };
}

function field(name: string, value: string): { name: string; value: string } {
  return { name, value };
}
