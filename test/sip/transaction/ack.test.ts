import { describe, expect, it } from 'vitest';
import { headerList, headerValue } from '../../../src/sip/message/headers.ts';
import type { SipRequest, SipResponse } from '../../../src/sip/message/message.ts';
import { ackForFailure, cancelFor } from '../../../src/sip/transaction/ack.ts';

const invite: SipRequest = {
  kind: 'request',
  method: 'INVITE',
  requestUri: 'sip:bob@192.0.2.9',
  headers: [
    { name: 'Via', value: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1' },
    { name: 'Route', value: '<sip:p1;lr>, <sip:p2;lr>' },
    { name: 'Route', value: '<sip:p3;lr>' },
    { name: 'Max-Forwards', value: '70' },
    { name: 'From', value: '<sip:a@x>;tag=1' },
    { name: 'To', value: '<sip:b@x>' },
    { name: 'Call-ID', value: 'c' },
    { name: 'CSeq', value: '7 INVITE' },
  ],
  body: Buffer.from('v=0'),
};

const busy: SipResponse = {
  kind: 'response',
  statusCode: 486,
  reasonPhrase: 'Busy Here',
  headers: [{ name: 'To', value: '<sip:b@x>;tag=2' }],
  body: new Uint8Array(0),
};

describe.each([
  ['the ACK to a failure', ackForFailure(invite, busy), 'ACK', '<sip:b@x>;tag=2'],
  ['a CANCEL', cancelFor(invite), 'CANCEL', '<sip:b@x>'],
] as const)('%s', (_name, request, method, to) => {
  it('goes the way of its INVITE: same target, same Via, every Route', () => {
    expect(request.requestUri).toBe('sip:bob@192.0.2.9');
    expect(headerList(request, 'Via')).toEqual(['SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1']);
    expect(headerList(request, 'Route')).toEqual(['<sip:p1;lr>', '<sip:p2;lr>', '<sip:p3;lr>']);
  });

  it('has the number of its INVITE, and no body', () => {
    expect(request.method).toBe(method);
    expect(headerValue(request, 'CSeq')).toBe(`7 ${method}`);
    expect(headerValue(request, 'To')).toBe(to);
    expect(request.body).toHaveLength(0);
  });
});
