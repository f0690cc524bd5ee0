import { describe, expect, it } from 'vitest';
import { partiesOf } from '../../src/call/caller.ts';
import type { SipRequest } from '../../src/sip/message/message.ts';

function invite(requestUri: string, from: string): SipRequest {
  return {
    kind: 'request',
    method: 'INVITE',
    requestUri,
    headers: [
      { name: 'f', value: `${from};tag=1` },
      { name: 'To', value: '<sip:somebody-else@example.com>' },
      { name: 'i', value: 'call-1' },
    ],
    body: new Uint8Array(),
  };
}

describe('who calls whom', () => {
  const cases: [string, string, string, { from: string; to: string }][] = [
    [
      'reads the dialled number from the Request-URI, not from To',
      'sip:4921155660@pbx',
      '"Ann" <sip:+4915790000687@carrier>',
      { from: '+4915790000687', to: '4921155660' },
    ],
    [
      'leaves an anonymous caller empty',
      'sip:200@pbx',
      'Anonymous <sip:anonymous@anonymous.invalid>',
      { from: '', to: '200' },
    ],
    [
      'reads tel: URIs without their separators',
      'tel:+49-211-555',
      '<tel:+49(30)123>',
      { from: '+4930123', to: '+49211555' },
    ],
    [
      'undoes escapes and drops user parameters',
      'sip:%2B49211;ext=5@pbx;user=phone',
      'sip:ann@pbx',
      { from: 'ann', to: '+49211' },
    ],
    ['gives an empty number for a URI without a user', 'sip:pbx', 'sip:pbx', { from: '', to: '' }],
  ];
  it.each(cases)('%s', (_, requestUri, from, expected) => {
    expect(partiesOf(invite(requestUri, from))).toMatchObject(expected);
  });

  it('reads the dialled number from To where the Request-URI is only the Contact we registered', () => {
    expect(partiesOf(invite('sip:account7@192.0.2.1', 'sip:ann@pbx'), 'account7').to).toBe('somebody-else');
    expect(partiesOf(invite('sip:200@192.0.2.1', 'sip:ann@pbx'), 'account7').to).toBe('200');
  });
});
