import { describe, expect, it } from 'vitest';
import { headerValue } from '../../../src/sip/message/headers.ts';
import { peerFlow, peerTcpFlow, ScriptedPeer } from '../../support/scripted-peer.ts';

const OFFER = 'v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\n';
const ANSWER = 'v=0\r\no=- 2 1 IN IP4 192.0.2.1\r\n';

/** A call of ours, its INVITE sent. */
function calling(flow = peerFlow, options = {}): ScriptedPeer {
  const peer = new ScriptedPeer(options);
  peer.act((userAgent, nowMs) => {
    const call = { target: 'sip:+4930@192.0.2.1', from: '"Agent" <sip:a@192.0.2.2>', flow, sdp: OFFER };
    return userAgent.invite(call, nowMs).outputs;
  });
  return peer;
}

/** A response to the first request with that method. */
function responds(
  peer: ScriptedPeer,
  statusLine: string,
  options: { tag?: string; method?: string; headers?: string; sdp?: string; flow?: typeof peerFlow } = {},
): void {
  const { tag = 'callee', method = 'INVITE', headers = '', sdp = '', flow = peerFlow } = options;
  const request = peer.sent.find((sent) => sent.title === method)!.message;
  const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${headerValue(request, name)}`);
  const type = sdp === '' ? '' : 'Content-Type: application/sdp\n';
  const to = `To: ${headerValue(request, 'To')}${tag === '' ? '' : `;tag=${tag}`}`;
  const head = `SIP/2.0 ${statusLine}\n${copied.join('\n')}\n${to}\n${headers}${type}Content-Length: ${sdp.length}`;
  peer.says(`${head}\n\n${sdp}`, flow);
}

const CONTACT = 'Contact: <sip:callee@192.0.2.1:5070>\n';
const hangUp = (peer: ScriptedPeer): void => peer.act((userAgent, nowMs) => userAgent.hangUp(1, {}, nowMs));

describe('a call of ours', () => {
  it('is an INVITE with our offer, Contact and a Via of ours', () => {
    const peer = calling();
    expect(peer.titles()).toEqual(['INVITE']);
    expect(peer.last.text).toMatch(/^INVITE sip:\+4930@192.0.2.1 SIP\/2.0\r\n/);
    expect(peer.header('Via')).toMatch(/^SIP\/2.0\/UDP 192.0.2.2:5060;rport;branch=z9hG4bK\w+$/);
    expect(peer.header('From')).toMatch(/^"Agent" <sip:a@192.0.2.2>;tag=\w+$/);
    expect(peer.header('To')).toBe('<sip:+4930@192.0.2.1>');
    expect(peer.header('Contact')).toBe('<sip:b@192.0.2.2:5060>');
    expect(peer.header('Max-Forwards')).toBe('70');
    expect(peer.last.text.endsWith(OFFER)).toBe(true);
  });

  it('tells ringing with early media, then the answer, and acknowledges it to the Contact', () => {
    const peer = calling();
    responds(peer, '100 Trying', { tag: '' });
    responds(peer, '183 Session Progress', { sdp: ANSWER });
    responds(peer, '200 OK', { headers: CONTACT, sdp: ANSWER });
    expect(peer.events).toMatchObject([
      { kind: 'ringing', statusCode: 183, answer: ANSWER },
      { kind: 'answered', answer: ANSWER },
    ]);
    expect(peer.last.text).toMatch(/^ACK sip:callee@192.0.2.1:5070 SIP\/2.0\r\n/);
    expect(peer.header('CSeq')).toBe('1 ACK');
    expect(peer.header('To')).toBe('<sip:+4930@192.0.2.1>;tag=callee');
    expect(peer.last.flow.remotePort).toBe(5070);
    expect(peer.header('Via')).not.toBe(peer.header('Via', peer.sent[0]));
  });

  it('acknowledges each repeat of the 200 again with the same ACK', () => {
    const peer = calling();
    for (let repeat = 0; repeat < 3; repeat++) responds(peer, '200 OK', { headers: CONTACT });
    expect(peer.titles()).toEqual(['INVITE', 'ACK', 'ACK', 'ACK']);
    expect(new Set(peer.sent.slice(1).map(({ text }) => text)).size).toBe(1);
    expect(peer.kinds()).toEqual(['answered']);
  });

  it('acknowledges and hangs up the second of two forks', () => {
    const peer = calling();
    responds(peer, '200 OK', { headers: CONTACT });
    responds(peer, '200 OK', { headers: 'Contact: <sip:other@192.0.2.1:5071>\n', tag: 'fork' });
    expect(peer.titles()).toEqual(['INVITE', 'ACK', 'ACK', 'BYE']);
    expect(peer.last.text).toMatch(/^BYE sip:other@192.0.2.1:5071 /);
    expect(peer.header('To')).toBe('<sip:+4930@192.0.2.1>;tag=fork');
    expect(peer.kinds()).toEqual(['answered']);
    hangUp(peer);
    expect(peer.header('To')).toBe('<sip:+4930@192.0.2.1>;tag=callee');
  });

  it('goes along the route the callee recorded, last first', () => {
    const peer = calling();
    responds(peer, '200 OK', {
      headers: `${CONTACT}Record-Route: <sip:192.0.2.30;lr>\nRecord-Route: <sip:192.0.2.31;lr>\n`,
    });
    hangUp(peer);
    expect(peer.last.title).toBe('BYE');
    expect(peer.last.text).toContain('Route: <sip:192.0.2.31;lr>\r\nRoute: <sip:192.0.2.30;lr>\r\n');
    expect(peer.last.flow.remoteAddress).toBe('192.0.2.31');
    expect(peer.header('CSeq')).toBe('2 BYE');
  });

  it.each([302, 401, 407, 486, 603])('ends with the status of a refusal (%i), acknowledged', (statusCode) => {
    const peer = calling();
    responds(peer, `${statusCode} No`);
    expect(peer.titles()).toEqual(['INVITE', 'ACK']);
    expect(peer.header('Via')).toBe(peer.header('Via', peer.sent[0]));
    expect(peer.events).toMatchObject([{ kind: 'ended', by: 'remote', statusCode }]);
    responds(peer, `${statusCode} No`);
    expect(peer.titles()).toEqual(['INVITE', 'ACK', 'ACK']);
    expect(peer.userAgent.sessions).toBe(0);
  });

  it.each([
    [peerFlow, [0, 500, 1500, 3500, 7500, 15_500, 31_500]],
    [peerTcpFlow, [0]],
  ] as const)('that nobody answers is repeated only over UDP, and ends 408 (%#)', (flow, times) => {
    const peer = calling(flow);
    peer.run(40_000);
    expect(peer.timesOf('INVITE')).toEqual(times);
    expect(peer.events).toMatchObject([{ kind: 'ended', by: 'timeout', statusCode: 408 }]);
    expect(peer.userAgent.transactions).toBe(0);
  });

  it('ends 503 when the transport fails', () => {
    const peer = calling();
    peer.act((userAgent, nowMs) => userAgent.handleTransportError(peerFlow, nowMs));
    expect(peer.events).toMatchObject([{ kind: 'ended', by: 'transport', statusCode: 503 }]);
  });

  it('over TCP goes on over the connection that was opened for it', () => {
    const { connectionId: _none, ...unopened } = peerTcpFlow;
    const peer = calling(unopened);
    expect(peer.header('Via')).toContain('SIP/2.0/TCP ');
    responds(peer, '200 OK', { headers: CONTACT, flow: peerTcpFlow });
    expect(peer.last.flow).toEqual(peerTcpFlow);
    hangUp(peer);
    expect(peer.last.flow).toEqual(peerTcpFlow);
  });
});

describe('hanging up a call of ours that is not answered', () => {
  it('waits with the CANCEL for a provisional response', () => {
    const peer = calling();
    hangUp(peer);
    expect(peer.events).toMatchObject([{ kind: 'ended', by: 'local', statusCode: 487 }]);
    expect(peer.titles()).toEqual(['INVITE']);
    responds(peer, '100 Trying', { tag: '' });
    expect(peer.titles()).toEqual(['INVITE', 'CANCEL']);
    expect(peer.header('Via')).toBe(peer.header('Via', peer.sent[0]));
    expect(peer.header('CSeq')).toBe('1 CANCEL');
    responds(peer, '200 OK', { method: 'CANCEL' });
    responds(peer, '487 Request Terminated');
    expect(peer.titles()).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(peer.kinds()).toEqual(['ended']);
    expect(peer.userAgent.sessions).toBe(0);
  });

  it('acknowledges a 200 that crossed the CANCEL, and says BYE', () => {
    const peer = calling();
    responds(peer, '180 Ringing');
    hangUp(peer);
    responds(peer, '200 OK', { headers: CONTACT, sdp: ANSWER });
    expect(peer.titles()).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE']);
    expect(peer.kinds()).toEqual(['ringing', 'ended']);
    responds(peer, '200 OK', { method: 'BYE' });
    expect(peer.userAgent.sessions).toBe(0);
  });

  it('gives up 64 * T1 after a CANCEL that changed nothing (RFC 3261 section 9.1)', () => {
    const peer = calling();
    responds(peer, '180 Ringing');
    hangUp(peer);
    responds(peer, '200 OK', { method: 'CANCEL' });
    peer.run(31_999);
    expect(peer.userAgent.sessions).toBe(1);
    peer.run(1);
    expect(peer.userAgent.sessions).toBe(0);
    expect(peer.userAgent.transactions).toBe(0);
    expect(peer.kinds()).toEqual(['ringing', 'ended']);
  });

  it('is done when the INVITE itself is never answered', () => {
    const peer = calling();
    hangUp(peer);
    peer.run(32_000);
    expect(peer.timesOf('CANCEL')).toEqual([]);
    expect(peer.userAgent.sessions).toBe(0);
  });
});

describe('a request too large for UDP', () => {
  const large = { tcpAboveOctets: 300 };

  it('goes over TCP, without repeats', () => {
    const peer = calling(peerFlow, large);
    expect(peer.last.flow).toEqual({ ...peerFlow, transport: 'tcp' });
    expect(peer.header('Via')).toContain('SIP/2.0/TCP ');
    peer.run(5000);
    expect(peer.timesOf('INVITE')).toEqual([0]);
  });

  it('goes over UDP after all when the peer cannot be reached over TCP', () => {
    const peer = calling(peerFlow, large);
    const flow = peer.last.flow;
    peer.act((userAgent, nowMs) => userAgent.handleTransportError(flow, nowMs));
    expect(peer.titles()).toEqual(['INVITE', 'INVITE']);
    expect(peer.last.flow).toEqual(peerFlow);
    expect(peer.header('Via')).toContain('SIP/2.0/UDP ');
    responds(peer, '180 Ringing');
    expect(peer.kinds()).toEqual([]);
    peer.run(500);
    expect(peer.titles()).toEqual(['INVITE', 'INVITE', 'INVITE']);
    expect(peer.kinds()).toEqual([]);
  });
});

describe('a response that belongs to nothing', () => {
  it('is dropped and counted', () => {
    const peer = calling();
    const [invite] = peer.sent;
    const via = peer.header('Via', invite)!;
    const answerTo = (text: string): void => peer.says(text);
    const rest = `From: <sip:a@x>;tag=1\nTo: <sip:b@x>;tag=2\nCall-ID: 1\n`;
    answerTo(`SIP/2.0 200 OK\nVia: ${via}x\n${rest}CSeq: 1 INVITE\nContent-Length: 0\n\n`);
    answerTo(`SIP/2.0 200 OK\nVia: ${via}\n${rest}CSeq: 1 BYE\nContent-Length: 0\n\n`);
    answerTo(`SIP/2.0 200 OK\nVia: ${via}\nVia: ${via}\n${rest}CSeq: 1 INVITE\nContent-Length: 0\n\n`);
    expect(peer.userAgent.refusals.get('stray-response')).toBe(2);
    expect(peer.userAgent.refusals.get('several-vias')).toBe(1);
    expect(peer.events).toEqual([]);
  });
});
