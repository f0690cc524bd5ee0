import { describe, expect, it } from 'vitest';
import { peerFlow, peerTcpFlow, ScriptedPeer } from '../../support/scripted-peer.ts';
import { inviteText, requestText } from '../../support/sip-text.ts';

const OFFER = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';
const ANSWER = 'v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\n';
const INVITE = inviteText({ 'Content-Type': 'application/sdp' }, OFFER);

/** A call that rings. */
function called(text: string = INVITE, flow = peerFlow): ScriptedPeer {
  const peer = new ScriptedPeer();
  peer.says(text, flow);
  return peer;
}

function answered(flow = peerFlow): ScriptedPeer {
  const peer = called(INVITE, flow);
  peer.act((userAgent, nowMs) => userAgent.answer(peer.session, ANSWER, nowMs));
  return peer;
}

/** A request of the caller within the dialog. */
function within(peer: ScriptedPeer, method: string, sequence: number, branch: string = method): string {
  const to = peer.sent.find(({ title }) => /^(180|200|487) INVITE/.test(title));
  return requestText(`${method} sip:b@192.0.2.2 SIP/2.0`, method, {
    To: peer.header('To', to),
    CSeq: `${sequence} ${method}`,
    Via: `SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK${branch}${sequence}`,
  });
}

const ack = (peer: ScriptedPeer): void => peer.says(within(peer, 'ACK', 314_159));

describe('a call that comes in', () => {
  it('is told with its offer, and 100 Trying goes out at once, without a tag', () => {
    const peer = called();
    expect(peer.events).toMatchObject([{ kind: 'incoming-call', offer: OFFER, flow: peerFlow }]);
    expect(peer.titles()).toEqual(['100 INVITE']);
    expect(peer.header('To')).not.toContain('tag=');
  });

  it('says in 180 and 200 who we are, where we are and what we can do', () => {
    const peer = new ScriptedPeer({ userAgentName: 'Patchbay' });
    peer.says(
      inviteText({ 'Record-Route': '<sip:p2.example.com;lr>, <sip:p1.example.com;lr>', Timestamp: '54' }),
    );
    expect(peer.header('Timestamp')).toBe('54');
    peer.act((userAgent, nowMs) => userAgent.ring(peer.session, 180, undefined, nowMs));
    const ringing = peer.last;
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, ANSWER, nowMs));
    for (const sent of [ringing, peer.last]) {
      expect(peer.header('Contact', sent)).toBe('<sip:b@192.0.2.2:5060>');
      expect(peer.header('Allow', sent)).toContain('UPDATE');
      expect(peer.header('Server', sent)).toBe('Patchbay');
      expect(peer.header('Record-Route', sent)).toBe('<sip:p2.example.com;lr>, <sip:p1.example.com;lr>');
    }
    expect(peer.header('To')).toBe(peer.header('To', ringing));
    expect(peer.header('To')).toMatch(/;tag=\w+$/);
    expect(peer.header('Content-Type')).toBe('application/sdp');
    expect(peer.last.text.endsWith(ANSWER)).toBe(true);
  });

  it('repeats its latest provisional response to a repeated INVITE', () => {
    const peer = called();
    peer.says(INVITE);
    peer.act((userAgent, nowMs) => userAgent.ring(peer.session, 183, ANSWER, nowMs));
    peer.says(INVITE);
    expect(peer.titles()).toEqual(['100 INVITE', '100 INVITE', '183 INVITE', '183 INVITE']);
    expect(peer.kinds()).toEqual(['incoming-call']);
  });

  it('rings again every minute, so that no proxy gives up (RFC 3261 section 13.3.1.1)', () => {
    const peer = called();
    peer.act((userAgent, nowMs) => userAgent.ring(peer.session, 180, undefined, nowMs));
    peer.run(185_000);
    expect(peer.timesOf('180 INVITE')).toEqual([0, 60_000, 120_000, 180_000]);
    peer.act((userAgent, nowMs) => userAgent.reject(peer.session, 486, {}, nowMs));
    peer.run(120_000);
    expect(peer.timesOf('180 INVITE')).toHaveLength(4);
  });

  it('is refused with a reason and headers of the call layer, and is over at once', () => {
    const peer = called();
    peer.act((userAgent, nowMs) =>
      userAgent.reject(
        peer.session,
        503,
        { reasonPhrase: 'Full', headers: [{ name: 'Retry-After', value: '10' }] },
        nowMs,
      ),
    );
    expect(peer.last.text).toMatch(/^SIP\/2.0 503 Full\r\n/);
    expect(peer.header('Retry-After')).toBe('10');
    expect(peer.events.at(-1)).toMatchObject({ kind: 'ended', by: 'local', statusCode: 503 });
    expect(peer.userAgent.sessions).toBe(0);
  });

  it.each([
    [peerFlow, [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]],
    [peerTcpFlow, [0]],
  ] as const)('repeats a refusal only where the transport does not', (flow, times) => {
    const peer = called(INVITE, flow);
    peer.act((userAgent, nowMs) => userAgent.reject(peer.session, 486, {}, nowMs));
    peer.run(40_000);
    expect(peer.timesOf('486 INVITE')).toEqual(times);
    expect(peer.userAgent.transactions).toBe(0);
  });

  it('stops repeating a refusal once it is acknowledged', () => {
    const peer = called();
    peer.act((userAgent, nowMs) => userAgent.reject(peer.session, 486, {}, nowMs));
    peer.run(600);
    peer.says(requestText('ACK sip:+4930123456@192.0.2.20:5060 SIP/2.0', 'ACK'));
    peer.run(10_000);
    expect(peer.timesOf('486 INVITE')).toEqual([0, 500]);
    expect(peer.userAgent.transactions).toBe(0);
    expect(peer.userAgent.refusals.size).toBe(0);
  });

  it.each([peerFlow, peerTcpFlow])('repeats its 200 until the ACK, over $transport too', (flow) => {
    const peer = answered(flow);
    peer.run(4000);
    expect(peer.timesOf('200 INVITE')).toEqual([0, 500, 1500, 3500]);
    ack(peer);
    peer.run(60_000);
    expect(peer.timesOf('200 INVITE')).toHaveLength(4);
    expect(peer.kinds()).toEqual(['incoming-call', 'confirmed']);
  });

  it('hangs up when the ACK never comes', () => {
    const peer = answered();
    peer.run(31_999);
    expect(peer.timesOf('200 INVITE')).toEqual([
      0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ]);
    expect(peer.timesOf('BYE')).toEqual([]);
    peer.run(1);
    expect(peer.timesOf('BYE')).toEqual([32_000]);
    expect(peer.events.at(-1)).toMatchObject({ kind: 'ended', by: 'timeout' });
  });

  it('says BYE only after the ACK when hung up before it (RFC 3261 section 15)', () => {
    const peer = answered();
    peer.act((userAgent, nowMs) => userAgent.hangUp(peer.session, { reason: 'Q.850;cause=16' }, nowMs));
    expect(peer.events.at(-1)).toMatchObject({ kind: 'ended', by: 'local' });
    peer.run(1000);
    expect(peer.timesOf('BYE')).toEqual([]);
    ack(peer);
    expect(peer.timesOf('BYE')).toEqual([1000]);
    expect(peer.header('Reason')).toBe('Q.850;cause=16');
    expect(peer.kinds()).toEqual(['incoming-call', 'ended']);
  });

  it('says BYE without the ACK when that never comes', () => {
    const peer = answered();
    peer.act((userAgent, nowMs) => userAgent.hangUp(peer.session, {}, nowMs));
    peer.run(33_000);
    expect(peer.timesOf('BYE')[0]).toBe(32_000);
    expect(peer.kinds()).toEqual(['incoming-call', 'ended']);
  });

  it('answers 480 when hung up while it rings', () => {
    const peer = called();
    peer.act((userAgent, nowMs) => userAgent.hangUp(peer.session, {}, nowMs));
    expect(peer.last.title).toBe('480 INVITE');
    expect(peer.events.at(-1)).toMatchObject({ kind: 'ended', by: 'local', statusCode: 480 });
  });

  it('takes a late offer: our 200 offers, the ACK answers', () => {
    const peer = called(inviteText());
    expect(peer.events).toMatchObject([{ kind: 'incoming-call', offer: undefined }]);
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, ANSWER, nowMs));
    const text = within(peer, 'ACK', 314_159).replace(
      /Content-Length: 0\r\n\r\n/,
      `Content-Type: application/sdp\r\nContent-Length: ${OFFER.length}\r\n\r\n${OFFER}`,
    );
    peer.says(text);
    expect(peer.events.at(-1)).toMatchObject({ kind: 'confirmed', answer: OFFER });
  });

  it('confirms once, whatever ACKs come again', () => {
    const peer = answered();
    ack(peer);
    ack(peer);
    peer.says(within(peer, 'ACK', 314_160));
    expect(peer.kinds()).toEqual(['incoming-call', 'confirmed']);
  });

  it('is ended by the caller with a reason, and BYE is answered again when repeated', () => {
    const peer = answered();
    ack(peer);
    const bye = within(peer, 'BYE', 314_160).replace('CSeq:', 'Reason: Q.850;cause=16\r\nCSeq:');
    peer.says(bye);
    peer.says(bye);
    expect(peer.titles().slice(-2)).toEqual(['200 BYE', '200 BYE']);
    expect(peer.kinds()).toEqual(['incoming-call', 'confirmed', 'ended']);
    expect(peer.events.at(-1)).toMatchObject({ by: 'remote', reason: 'Q.850;cause=16' });
    peer.says(within(peer, 'INFO', 314_161));
    expect(peer.last.title).toBe('481 INFO');
  });

  it('is hung up with a request along the recorded route, to the caller', () => {
    const peer = called(inviteText({ 'Record-Route': '<sip:192.0.2.30:5080;lr>, <sip:p1.example.com;lr>' }));
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, ANSWER, nowMs));
    ack(peer);
    peer.act((userAgent, nowMs) => userAgent.hangUp(peer.session, {}, nowMs));
    const { text, flow } = peer.last;
    expect(text).toMatch(/^BYE sip:alice@192.0.2.4:5060;transport=udp SIP\/2.0\r\n/);
    expect(text).toContain('\r\nRoute: <sip:192.0.2.30:5080;lr>\r\nRoute: <sip:p1.example.com;lr>\r\n');
    expect(text).toMatch(/\r\nFrom: <sip:\+4930123456@192.0.2.20>;tag=\w+\r\n/);
    expect(text).toContain('\r\nTo: "Alice" <sip:alice@192.0.2.4>;tag=1928301774\r\n');
    expect(text).toContain('\r\nCSeq: 1 BYE\r\n');
    expect(flow).toMatchObject({ remoteAddress: '192.0.2.30', remotePort: 5080 });
  });
});

describe('CANCEL', () => {
  const cancel = requestText('CANCEL sip:+4930123456@192.0.2.20:5060 SIP/2.0', 'CANCEL');

  it('ends a call that rings: 200 to the CANCEL, 487 to the INVITE, with one tag', () => {
    const peer = called();
    peer.act((userAgent, nowMs) => userAgent.ring(peer.session, 180, undefined, nowMs));
    peer.says(cancel);
    expect(peer.titles()).toEqual(['100 INVITE', '180 INVITE', '200 CANCEL', '487 INVITE']);
    expect(new Set(peer.sent.slice(1).map((sent) => peer.header('To', sent))).size).toBe(1);
    expect(peer.kinds()).toEqual(['incoming-call', 'cancelled']);
    expect(peer.userAgent.sessions).toBe(0);
    const { session } = peer.events[0]!;
    peer.act((userAgent, nowMs) => userAgent.answer(session, ANSWER, nowMs));
    expect(peer.titles()).toHaveLength(4);
  });

  it('that crosses our 200 changes nothing', () => {
    const peer = answered();
    peer.says(cancel);
    expect(peer.last.title).toBe('200 CANCEL');
    ack(peer);
    expect(peer.kinds()).toEqual(['incoming-call', 'confirmed']);
  });

  it('that comes before its INVITE is answered 481, and the call comes in', () => {
    const peer = new ScriptedPeer();
    peer.says(cancel);
    peer.says(INVITE);
    expect(peer.titles()).toEqual(['481 CANCEL', '100 INVITE']);
  });

  it('is answered again when repeated, and 487 is repeated until its ACK', () => {
    const peer = called();
    peer.says(cancel);
    peer.says(cancel);
    peer.run(600);
    expect(peer.titles()).toEqual(['100 INVITE', '200 CANCEL', '487 INVITE', '200 CANCEL', '487 INVITE']);
  });
});

describe('an RFC 2543 caller, whose branch says nothing', () => {
  const via = { Via: 'SIP/2.0/UDP 192.0.2.1:5060' };

  it('has repeats, ACK and CANCEL matched by the fields RFC 2543 used', () => {
    const peer = called(inviteText(via));
    peer.says(inviteText(via));
    peer.act((userAgent, nowMs) => userAgent.reject(peer.session, 486, {}, nowMs));
    const ackText = (tag: string): string =>
      requestText('ACK sip:+4930123456@192.0.2.20:5060 SIP/2.0', 'ACK', {
        ...via,
        To: `<sip:+4930123456@192.0.2.20>;tag=${tag}`,
      });
    peer.says(ackText('not-ours'));
    peer.run(600);
    expect(peer.titles()).toEqual(['100 INVITE', '100 INVITE', '486 INVITE', '486 INVITE']);
    peer.says(ackText(/tag=(\w+)/.exec(peer.header('To')!)![1]!));
    peer.run(40_000);
    expect(peer.titles()).toHaveLength(4);
  });

  it('cancels', () => {
    const peer = called(inviteText(via));
    peer.says(requestText('CANCEL sip:+4930123456@192.0.2.20:5060 SIP/2.0', 'CANCEL', via));
    expect(peer.titles()).toEqual(['100 INVITE', '200 CANCEL', '487 INVITE']);
  });

  it('without a tag in From still has a dialog', () => {
    const from = { ...via, From: '<sip:alice@192.0.2.4>' };
    const peer = called(inviteText(from));
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, ANSWER, nowMs));
    const to = peer.header('To');
    peer.says(requestText('ACK sip:b@192.0.2.2 SIP/2.0', 'ACK', { ...from, To: to }));
    peer.says(requestText('BYE sip:b@192.0.2.2 SIP/2.0', 'BYE', { ...from, To: to, CSeq: '314160 BYE' }));
    expect(peer.kinds()).toEqual(['incoming-call', 'confirmed', 'ended']);
  });
});

describe('two requests that share a branch', () => {
  it('are two when their sent-by differs (RFC 3261 section 17.2.3)', () => {
    const peer = called(inviteText({ Via: 'SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKsame;rport' }));
    peer.says(
      inviteText({
        Via: 'SIP/2.0/UDP 192.0.2.8;branch=z9hG4bKsame;rport',
        'Call-ID': 'another',
      }),
    );
    expect(peer.kinds()).toEqual(['incoming-call', 'incoming-call']);
  });

  it('are two when their method differs', () => {
    const peer = called();
    peer.says(requestText('OPTIONS sip:192.0.2.2 SIP/2.0', 'OPTIONS'));
    expect(peer.titles()).toEqual(['100 INVITE', '200 OPTIONS']);
  });
});
