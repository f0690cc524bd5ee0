import { describe, expect, it } from 'vitest';
import {
  acceptSequence,
  type Dialog,
  dialogAsCallee,
  dialogAsCaller,
  refreshTarget,
  requestWithin,
} from '../../../src/sip/dialog/dialog.ts';
import { nextHop } from '../../../src/sip/dialog/next-hop.ts';
import type { Flow } from '../../../src/sip/flow.ts';
import { headerList, headerValue } from '../../../src/sip/message/headers.ts';
import type { SipRequest, SipResponse } from '../../../src/sip/message/message.ts';
import { parseMessage } from '../../../src/sip/message/parse.ts';
import { inviteText, octetsOf, responseText } from '../../support/sip-text.ts';

const flow: Flow = {
  transport: 'udp',
  localAddress: '192.0.2.20',
  localPort: 5060,
  remoteAddress: '192.0.2.4',
  remotePort: 5060,
};

function invite(changes: Record<string, string | undefined> = {}): SipRequest {
  const outcome = parseMessage(octetsOf(inviteText(changes)));
  if (!outcome.ok || outcome.value.kind !== 'request') throw new Error('the test has a bad INVITE');
  return outcome.value;
}

function response(changes: Record<string, string | undefined>, statusLine = 'SIP/2.0 200 OK'): SipResponse {
  const outcome = parseMessage(octetsOf(responseText(statusLine, changes)));
  if (!outcome.ok || outcome.value.kind !== 'response') throw new Error('the test has a bad response');
  return outcome.value;
}

function callee(changes: Record<string, string | undefined> = {}): Dialog {
  const dialog = dialogAsCallee(invite(changes), 'local', flow);
  if (dialog === undefined) throw new Error('the INVITE makes a dialog');
  return dialog;
}

describe('a dialog', () => {
  it('of an INVITE we answer keeps the recorded route in its order', () => {
    const dialog = callee({ 'Record-Route': '<sip:p2;lr>, <sip:p1;lr>' });
    expect(dialog).toMatchObject({
      routeSet: ['<sip:p2;lr>', '<sip:p1;lr>'],
      remoteTarget: 'sip:alice@192.0.2.4:5060;transport=udp',
      remoteTag: '1928301774',
      remoteSequence: 314_159,
      isCaller: false,
    });
  });

  it('of an INVITE we send has the recorded route turned round', () => {
    const dialog = dialogAsCaller(
      invite(),
      response({ To: '<sip:bob@x>;tag=b', 'Record-Route': '<sip:p2;lr>, <sip:p1;lr>' }),
      flow,
    );
    expect(dialog).toMatchObject({
      routeSet: ['<sip:p1;lr>', '<sip:p2;lr>'],
      remoteTag: 'b',
      isCaller: true,
    });
  });

  it('is not made by a provisional response without a tag', () => {
    expect(dialogAsCaller(invite(), response({}, 'SIP/2.0 180 Ringing'), flow)).toBeUndefined();
  });

  it('is plain data', () => {
    const dialog = callee();
    expect(JSON.parse(JSON.stringify(dialog))).toEqual(dialog);
  });

  it('numbers its requests one after the other', () => {
    const dialog = callee();
    const numbers = ['INFO', 'INFO', 'BYE'].map((method) =>
      headerValue(requestWithin(dialog, method), 'CSeq'),
    );
    expect(numbers).toEqual(['1 INFO', '2 INFO', '3 BYE']);
  });

  it('puts the URI of a strict router where the target stood, and the target last', () => {
    const request = requestWithin(callee({ 'Record-Route': '<sip:strict.example.com>, <sip:p1;lr>' }), 'BYE');
    expect(request.requestUri).toBe('sip:strict.example.com');
    expect(headerList(request, 'Route')).toEqual(['<sip:p1;lr>', '<sip:alice@192.0.2.4:5060;transport=udp>']);
  });

  it('takes requests of the peer in order, gaps included', () => {
    const dialog = callee({ CSeq: '10 INVITE' });
    expect([11, 20, 20, 19, 21].map((sequence) => acceptSequence(dialog, sequence))).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
  });

  it('follows the peer to a new Contact, and stays where one has none', () => {
    const dialog = callee();
    refreshTarget(dialog, invite({ Contact: '<sip:alice@198.51.100.7>' }));
    refreshTarget(dialog, invite({ Contact: undefined }));
    expect(dialog.remoteTarget).toBe('sip:alice@198.51.100.7');
  });
});

describe('the next hop', () => {
  it.each([
    // Contact, heard from, goes to
    ['sip:a@192.0.2.4:5070', '192.0.2.4', '192.0.2.4:5070/udp'],
    ['sip:a@192.0.2.4', '192.0.2.4', '192.0.2.4:5060/udp'],
    ['sip:a@198.51.100.1:5070', '192.0.2.4', '198.51.100.1:5070/udp'],
    ['sip:a@192.0.2.4:5070;transport=tcp', '192.0.2.4', '192.0.2.4:5070/tcp'],
    ['sip:a@10.1.1.1:5070', '10.2.2.2', '10.1.1.1:5070/udp'],
    // Behind a NAT, or by a name: back to where it is heard from.
    ['sip:a@192.168.1.5:5070', '203.0.113.9', '203.0.113.9:40000/udp'],
    ['sip:a@127.0.0.1:5070', '203.0.113.9', '203.0.113.9:40000/udp'],
    ['sip:a@[2001:db8::1]:5070', '203.0.113.9', '203.0.113.9:40000/udp'],
    ['sip:a@pbx.example.com', '203.0.113.9', '203.0.113.9:40000/udp'],
    ['sip:a@1234', '203.0.113.9', '203.0.113.9:40000/udp'],
    ['tel:+4930', '203.0.113.9', '203.0.113.9:40000/udp'],
  ])('of a peer at %s that is heard from %s is %s', (contact, heardFrom, expected) => {
    const dialog = callee({ Contact: `<${contact}>` });
    dialog.flow = { ...flow, remoteAddress: heardFrom, remotePort: 40_000 };
    const { remoteAddress, remotePort, transport } = nextHop(dialog);
    expect(`${remoteAddress}:${remotePort}/${transport}`).toBe(expected);
  });

  it('is the first of the recorded route', () => {
    const dialog = callee({ 'Record-Route': '<sip:198.51.100.2:5080;lr>, <sip:198.51.100.3;lr>' });
    expect(nextHop(dialog)).toMatchObject({ remoteAddress: '198.51.100.2', remotePort: 5080 });
  });

  it('is the connection the peer is heard on, while there is one', () => {
    const dialog = callee({ Contact: '<sip:a@192.0.2.4:5070;transport=tcp>' });
    const connected: Flow = { ...flow, transport: 'tcp', remotePort: 40_000, connectionId: 3 };
    dialog.flow = connected;
    expect(nextHop(dialog)).toEqual(connected);
    const { connectionId: _gone, ...lost } = connected;
    dialog.flow = lost;
    expect(nextHop(dialog)).toEqual({ ...lost, remotePort: 5070 });
  });
});
