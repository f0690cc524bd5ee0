import { describe, expect, it } from 'vitest';
import { peerFlow, peerTcpFlow, ScriptedPeer } from '../../support/scripted-peer.ts';
import { newTestUserAgent, SipPair } from '../../support/sip-pair.ts';
import { inviteText, requestText } from '../../support/sip-text.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';

/** A call that came in and stands. */
function established(flow = peerFlow, changes: Record<string, string | undefined> = {}): ScriptedPeer {
  const peer = new ScriptedPeer();
  peer.says(inviteText(changes), flow);
  peer.act((userAgent, nowMs) => userAgent.answer(peer.session, SDP, nowMs));
  peer.says(within(peer, 'ACK', 314_159), flow);
  return peer;
}

function within(
  peer: ScriptedPeer,
  method: string,
  sequence: number,
  changes: Record<string, string | undefined> = {},
  body = '',
): string {
  const answered = peer.sent.find(({ title }) => title === '200 INVITE');
  const headers = {
    To: peer.header('To', answered),
    CSeq: `${sequence} ${method}`,
    Via: `SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK${method}${sequence}`,
    ...changes,
  };
  return requestText(`${method} sip:b@192.0.2.2 SIP/2.0`, method, headers, body);
}

const hangUp = (peer: ScriptedPeer): void =>
  peer.act((userAgent, nowMs) => userAgent.hangUp(peer.session, {}, nowMs));

describe('within a call', () => {
  it('INFO is answered 200 and told with its body', () => {
    const peer = established();
    peer.says(within(peer, 'INFO', 314_160, { 'Content-Type': 'application/DTMF-relay' }, 'Signal=5\r\n'));
    expect(peer.last.title).toBe('200 INFO');
    const info = peer.events.at(-1);
    expect(info).toMatchObject({ kind: 'info', contentType: 'application/dtmf-relay' });
    expect(info?.kind === 'info' && Buffer.from(info.body).toString()).toBe('Signal=5\r\n');
  });

  it('INFO of a package nobody asked for is answered 469 (RFC 6086)', () => {
    const peer = established();
    peer.says(within(peer, 'INFO', 314_160, { 'Info-Package': 'foo' }));
    expect(peer.last.title).toBe('469 INFO');
    expect(peer.header('Recv-Info')).toBe('');
    expect(peer.kinds()).toEqual(['incoming-call', 'confirmed']);
  });

  it.each([
    ['OPTIONS', 200],
    ['PRACK', 481],
    ['NOTIFY', 481],
    ['REFER', 603],
    ['MESSAGE', 405],
    ['SUBSCRIBE', 405],
    ['DANCE', 501],
  ])('%s is answered %i', (method, statusCode) => {
    const peer = established();
    peer.says(within(peer, method, 314_160));
    expect(peer.last.title).toBe(`${statusCode} ${method}`);
    expect(peer.kinds()).toEqual(['incoming-call', 'confirmed']);
  });

  it('a request with an extension we lack is answered 420, a re-INVITE with a foreign body 415', () => {
    const peer = established();
    peer.says(within(peer, 'INFO', 314_160, { Require: 'foo' }));
    expect(peer.header('Unsupported')).toBe('foo');
    peer.says(within(peer, 'INVITE', 314_161, { 'Content-Type': 'text/plain' }, 'hello'));
    expect(peer.titles().slice(-2)).toEqual(['420 INFO', '415 INVITE']);
  });

  it('a request out of order is answered 500 (RFC 3261 section 12.2.2)', () => {
    const peer = established();
    peer.says(within(peer, 'INFO', 314_162));
    peer.says(within(peer, 'INFO', 314_161));
    expect(peer.titles().slice(-2)).toEqual(['200 INFO', '500 INFO']);
  });

  it('a request with another tag is none of the call', () => {
    const peer = established();
    peer.says(within(peer, 'BYE', 314_160, { From: '<sip:alice@192.0.2.4>;tag=forged' }));
    expect(peer.last.title).toBe('481 BYE');
    expect(peer.userAgent.sessions).toBe(1);
  });

  it('an INFO of ours carries its body and the next number', () => {
    const peer = established();
    const body = Buffer.from('Signal=1');
    peer.act((userAgent, nowMs) => userAgent.sendInfo(peer.session, 'application/dtmf-relay', body, nowMs));
    expect(peer.last.title).toBe('INFO');
    expect(peer.header('CSeq')).toBe('1 INFO');
    expect(peer.header('Content-Type')).toBe('application/dtmf-relay');
    expect(peer.last.text.endsWith('\r\n\r\nSignal=1')).toBe(true);
    answer(peer, '407 Proxy Authentication Required');
    hangUp(peer);
    expect(peer.header('CSeq')).toBe('2 BYE');
  });

  it('an INFO of ours that the peer does not know the call for ends it', () => {
    const peer = established();
    peer.act((userAgent, nowMs) => userAgent.sendInfo(peer.session, 'text/plain', Buffer.from('x'), nowMs));
    answer(peer, '481 Gone');
    expect(peer.events.at(-1)).toMatchObject({ kind: 'ended', by: 'remote' });
    expect(peer.last.title).toBe('BYE');
  });
});

describe('the end of a call', () => {
  it('is our BYE, repeated over UDP until it is answered', () => {
    const peer = established();
    hangUp(peer);
    peer.run(2000);
    expect(peer.timesOf('BYE')).toEqual([0, 500, 1500]);
    answer(peer, '200 OK');
    peer.run(60_000);
    expect(peer.timesOf('BYE')).toHaveLength(3);
    expect(peer.userAgent.sessions).toBe(0);
  });

  it.each(['401 Unauthorized', '407 Proxy Authentication Required', '481 Gone', '500 No'])(
    'is the end, whatever the peer answers to it: %s',
    (statusLine) => {
      const peer = established();
      hangUp(peer);
      answer(peer, statusLine);
      expect(peer.userAgent.sessions).toBe(0);
      expect(peer.titles().filter((title) => title === 'BYE')).toHaveLength(1);
    },
  );

  it('is the end when nobody answers', () => {
    const peer = established();
    hangUp(peer);
    peer.run(32_000);
    expect(peer.userAgent.sessions).toBe(0);
    expect(peer.kinds()).toEqual(['incoming-call', 'confirmed', 'ended']);
  });

  it('may come from both sides at once: both are answered 200', () => {
    const pair = new SipPair({ delayMs: 10 });
    pair.b.onEvent = (event) => {
      if (event.kind === 'incoming-call') pair.b.answer(event.session, SDP);
    };
    pair.a.invite(SDP);
    pair.run(100);
    pair.a.hangUp(1);
    pair.b.hangUp(1);
    pair.run(100);
    expect(pair.titles().slice(4)).toEqual(['a BYE', 'b BYE', 'b 200 BYE', 'a 200 BYE']);
    for (const end of [pair.a, pair.b]) {
      expect(end.kinds().filter((kind) => kind === 'ended')).toHaveLength(1);
      expect(end.userAgent.sessions).toBe(0);
    }
  });

  it('of a call that rings may be a BYE of the caller', () => {
    const peer = new ScriptedPeer();
    peer.says(inviteText());
    peer.act((userAgent, nowMs) => userAgent.ring(peer.session, 180, undefined, nowMs));
    peer.says(within(peer, 'BYE', 314_160, { To: peer.header('To') }));
    expect(peer.titles()).toEqual(['100 INVITE', '180 INVITE', '200 BYE', '487 INVITE']);
    expect(peer.events.at(-1)).toMatchObject({ kind: 'ended', by: 'remote', statusCode: 487 });
  });

  it('answers a new offer that waits 487', () => {
    const peer = established();
    peer.says(within(peer, 'INVITE', 314_160, { 'Content-Type': 'application/sdp' }, SDP));
    hangUp(peer);
    expect(peer.titles().slice(-3)).toEqual(['100 INVITE', '487 INVITE', 'BYE']);
  });

  it('answers a new offer that crosses our BYE 481 (RFC 5407 section 3.2.1)', () => {
    const peer = established();
    hangUp(peer);
    peer.says(within(peer, 'INVITE', 314_160, { 'Content-Type': 'application/sdp' }, SDP));
    expect(peer.last.title).toBe('481 INVITE');
  });
});

describe('over TCP', () => {
  const contact = { Contact: '<sip:alice@192.0.2.1:5071;transport=tcp>' };

  it('a call outlives its connection: the next request opens one to the Contact', () => {
    const peer = established(peerTcpFlow, contact);
    peer.act((userAgent, nowMs) => userAgent.handleTransportError(peerTcpFlow, nowMs));
    expect(peer.kinds()).toEqual(['incoming-call', 'confirmed']);
    hangUp(peer);
    const { connectionId: _gone, ...address } = peerTcpFlow;
    expect(peer.last.flow).toEqual({ ...address, remotePort: 5071 });
    expect(peer.header('Via')).toContain('SIP/2.0/TCP');
  });

  it('a call goes on over the connection the peer comes back on', () => {
    const peer = established(peerTcpFlow, contact);
    peer.act((userAgent, nowMs) => userAgent.handleTransportError(peerTcpFlow, nowMs));
    const next = { ...peerTcpFlow, remotePort: 40_001, connectionId: 8 };
    peer.says(within(peer, 'INFO', 314_160), next);
    hangUp(peer);
    expect(peer.last.flow).toEqual(next);
  });

  it('a BYE that cannot be delivered ends the call all the same', () => {
    const peer = established(peerTcpFlow, contact);
    hangUp(peer);
    peer.act((userAgent, nowMs) => userAgent.handleTransportError(peerTcpFlow, nowMs));
    expect(peer.userAgent.sessions).toBe(0);
  });
});

describe('a snapshot', () => {
  it('is plain data, with which another user agent goes on', () => {
    const pair = new SipPair({ delayMs: 10 });
    pair.b.onEvent = (event) => {
      if (event.kind === 'incoming-call') pair.b.answer(event.session, SDP);
    };
    pair.a.invite(SDP);
    pair.run(100);
    pair.b.reinvite(1, SDP);
    pair.a.onEvent = (event) => {
      if (event.kind === 'reoffer') pair.a.acceptReoffer(event.session, SDP);
    };
    pair.run(100);

    const snapshot = JSON.parse(JSON.stringify(pair.b.userAgent.snapshot(1)));
    const successor = newTestUserAgent('b');
    successor.restore(snapshot, pair.nowMs);
    const outputs = successor.hangUp(1, {}, pair.nowMs);
    const sent = outputs.find((output) => output.kind === 'transmit');
    expect(Buffer.from(sent!.message).toString()).toContain('CSeq: 2 BYE\r\n');
    pair.a.receive(sent!.message);
    expect(pair.a.ended(1)).toMatchObject({ by: 'remote' });
  });

  it('is there only of a call that stands', () => {
    const peer = new ScriptedPeer();
    peer.says(inviteText());
    expect(peer.userAgent.snapshot(peer.session)).toBeUndefined();
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, SDP, nowMs));
    expect(peer.userAgent.snapshot(peer.session)).toBeDefined();
    expect(peer.userAgent.snapshot(99)).toBeUndefined();
  });

  it('names no connection, for none outlives its process', () => {
    const peer = established(peerTcpFlow, { Contact: '<sip:alice@192.0.2.1:5071;transport=tcp>' });
    const successor = new ScriptedPeer();
    successor.userAgent.restore(peer.userAgent.snapshot(peer.session)!, 0);
    successor.act((userAgent, nowMs) => userAgent.hangUp(peer.session, {}, nowMs));
    expect(successor.last.flow).toMatchObject({ transport: 'tcp', remotePort: 5071 });
    expect(successor.last.flow).not.toHaveProperty('connectionId');
  });

  it('keeps its id, and calls that come after have others', () => {
    const peer = established();
    const snapshot = { ...peer.userAgent.snapshot(peer.session)!, session: 41 };
    const successor = new ScriptedPeer();
    successor.userAgent.restore(snapshot, 0);
    successor.says(inviteText());
    expect(successor.session).toBe(42);
  });
});

/** Answers the latest request. */
function answer(peer: ScriptedPeer, statusLine: string): void {
  const head = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => `${name}: ${peer.header(name)}`);
  peer.says(`SIP/2.0 ${statusLine}\n${head.join('\n')}\nContent-Length: 0\n\n`);
}
