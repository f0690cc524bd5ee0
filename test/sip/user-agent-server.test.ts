import { describe, expect, it } from 'vitest';
import { peerFlow, peerTcpFlow, ScriptedPeer } from '../support/scripted-peer.ts';
import { inviteText, requestText } from '../support/sip-text.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';

describe('requests outside a dialog', () => {
  it('answers OPTIONS with what it can do', () => {
    const peer = new ScriptedPeer();
    peer.says(requestText('OPTIONS sip:192.0.2.2 SIP/2.0', 'OPTIONS'));
    expect(peer.titles()).toEqual(['200 OPTIONS']);
    expect(peer.header('Allow')).toBe(
      'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY',
    );
    expect(peer.header('Accept')).toBe('application/sdp');
    expect(peer.header('Supported')).toBe('100rel, replaces, timer');
    expect(peer.header('To')).toMatch(/;tag=/);
    expect(peer.header('Server')).toBeUndefined();
  });

  it.each(['MESSAGE', 'NOTIFY', 'PRACK', 'PUBLISH', 'REFER', 'REGISTER', 'SUBSCRIBE'])(
    'answers %s 405 with Allow',
    (method) => {
      const peer = new ScriptedPeer();
      peer.says(requestText(`${method} sip:192.0.2.2 SIP/2.0`, method));
      expect(peer.titles()).toEqual([`405 ${method}`]);
      expect(peer.header('Allow')).toContain('INVITE');
      expect(peer.events).toEqual([]);
    },
  );

  it('answers a method it has never heard of 501', () => {
    const peer = new ScriptedPeer();
    peer.says(requestText('DANCE sip:192.0.2.2 SIP/2.0', 'DANCE'));
    expect(peer.titles()).toEqual(['501 DANCE']);
  });

  it.each(['BYE', 'INFO', 'UPDATE', 'CANCEL'])('answers a %s that belongs to nothing 481', (method) => {
    const peer = new ScriptedPeer();
    peer.says(requestText(`${method} sip:192.0.2.2 SIP/2.0`, method));
    peer.says(requestText(`${method} sip:192.0.2.2 SIP/2.0`, method, { To: '<sip:x@192.0.2.2>;tag=gone' }));
    expect(peer.titles()).toEqual([`481 ${method}`, `481 ${method}`]);
  });

  it.each(['INVITE', 'OPTIONS', 'DANCE', 'REFER'])('answers a %s within an unknown dialog 481', (method) => {
    const peer = new ScriptedPeer();
    peer.says(requestText(`${method} sip:192.0.2.2 SIP/2.0`, method, { To: '<sip:x@192.0.2.2>;tag=gone' }));
    expect(peer.titles()).toEqual([`481 ${method}`]);
  });

  it('refuses new calls with 503 and Retry-After while it cannot follow, and serves those there are', () => {
    let retryAfterS: number | undefined;
    const peer = new ScriptedPeer({ overload: () => retryAfterS });
    peer.says(inviteText());
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, SDP, nowMs));
    const To = peer.header('To');
    peer.says(requestText('ACK sip:192.0.2.2 SIP/2.0', 'ACK', { To }));
    retryAfterS = 2;
    const Via = 'SIP/2.0/UDP 192.0.2.4:5060;branch=z9hG4bKother';
    const further = inviteText({ Via, 'Call-ID': 'further' });
    const { transactions } = peer.userAgent;
    peer.says(further);
    expect(peer.last.title).toBe('503 INVITE');
    expect(peer.header('Retry-After')).toBe('2');
    expect(peer.kinds()).toEqual(['incoming-call', 'confirmed']);
    // Nothing is remembered of it, and a repeat gets the same.
    expect(peer.userAgent.transactions).toBe(transactions);
    const { text } = peer.last;
    peer.says(further);
    expect(peer.last.text).toBe(text);
    peer.says(
      requestText('OPTIONS sip:192.0.2.2 SIP/2.0', 'OPTIONS', { Via: `${Via}2`, 'Call-ID': 'there' }),
    );
    expect(peer.last.title).toBe('200 OPTIONS');
    peer.says(requestText('BYE sip:192.0.2.2 SIP/2.0', 'BYE', { To, CSeq: '314160 BYE', Via: `${Via}3` }));
    expect(peer.last.title).toBe('200 BYE');
    retryAfterS = undefined;
    peer.says(inviteText({ Via: `${Via}4`, 'Call-ID': 'later' }));
    expect(peer.kinds().at(-1)).toBe('incoming-call');
  });

  it('says nothing to an ACK that belongs to nothing', () => {
    const peer = new ScriptedPeer();
    peer.says(requestText('ACK sip:192.0.2.2 SIP/2.0', 'ACK'));
    expect(peer.sent).toEqual([]);
    expect(peer.userAgent.refusals.get('stray-ack')).toBe(1);
  });

  it('names the options it does not support', () => {
    const peer = new ScriptedPeer();
    peer.says(inviteText({ Require: '100rel, precondition' }));
    expect(peer.titles()).toEqual(['420 INVITE']);
    expect(peer.header('Unsupported')).toBe('precondition');
  });

  it('refuses a body that is no session description, and says which is', () => {
    const peer = new ScriptedPeer();
    peer.says(inviteText({ 'Content-Type': 'application/isup' }, 'IAM'));
    expect(peer.titles()).toEqual(['415 INVITE']);
    expect(peer.header('Accept')).toBe('application/sdp');
  });

  it('passes over a body whose sender says that it may', () => {
    const peer = new ScriptedPeer();
    peer.says(
      inviteText(
        { 'Content-Type': 'application/isup', 'Content-Disposition': 'signal;handling=optional' },
        'IAM',
      ),
    );
    expect(peer.events).toMatchObject([{ kind: 'incoming-call', offer: undefined }]);
  });

  it('finds the session description in a multipart body', () => {
    const body = [
      '--xyz',
      'Content-Type: application/isup',
      '',
      'IAM',
      '--xyz',
      'Content-Type: application/sdp',
      '',
      SDP.trimEnd(),
      '--xyz--',
      '',
    ].join('\r\n');
    const peer = new ScriptedPeer();
    peer.says(inviteText({ 'Content-Type': 'multipart/mixed;boundary="xyz"' }, body));
    expect(peer.events).toMatchObject([{ kind: 'incoming-call', offer: SDP }]);
  });

  it('refuses a session description of more than 16 kB', () => {
    const peer = new ScriptedPeer();
    peer.says(inviteText({ 'Content-Type': 'application/sdp' }, `v=0\r\n${'a=x\r\n'.repeat(4000)}`));
    expect(peer.titles()).toEqual(['413 INVITE']);
  });

  it('refuses an INVITE without a Contact to send requests to', () => {
    const peer = new ScriptedPeer();
    peer.says(inviteText({ Contact: undefined }));
    expect(peer.titles()).toEqual(['400 INVITE']);
  });

  it('takes a request whose Max-Forwards has run out: it need not go further (RFC 4475 section 3.1.2.14)', () => {
    const peer = new ScriptedPeer();
    peer.says(requestText('OPTIONS sip:192.0.2.2 SIP/2.0', 'OPTIONS', { 'Max-Forwards': '0' }));
    expect(peer.titles()).toEqual(['200 OPTIONS']);
  });

  it.each([
    ['SIP/3.0', {}, '505 INVITE'],
    ['SIP/2.0', { CSeq: '1 OPTIONS' }, '400 INVITE'],
    ['SIP/2.0', { 'Call-ID': undefined }, '400 '],
  ])('answers what makes no sense (%s, %j) with %s, to where it came from', (version, changes, title) => {
    const peer = new ScriptedPeer();
    peer.saysAnything(
      requestText(`INVITE sip:192.0.2.2 ${version}`, 'INVITE', {
        Via: 'SIP/2.0/UDP evil.example.com:9;branch=z9hG4bK1',
        ...changes,
      }),
    );
    expect(peer.raw.map(({ text }) => text.slice(8, 11))).toEqual([title.slice(0, 3)]);
    expect(peer.raw[0]!.flow).toEqual(peerFlow);
    expect(peer.events).toEqual([]);
  });

  it('refuses a URI of a scheme it does not speak', () => {
    const peer = new ScriptedPeer();
    peer.says(requestText('INVITE mailto:x@example.com SIP/2.0', 'INVITE'));
    expect(peer.titles()).toEqual(['416 INVITE']);
  });

  it('takes a call to a telephone number', () => {
    const peer = new ScriptedPeer();
    peer.says(requestText('INVITE tel:+4930123456 SIP/2.0', 'INVITE'));
    expect(peer.kinds()).toEqual(['incoming-call']);
  });

  it('answers each repeat of a refused request the same, and keeps nothing for it', () => {
    const peer = new ScriptedPeer();
    const text = requestText('REGISTER sip:192.0.2.2 SIP/2.0', 'REGISTER');
    peer.says(text);
    peer.says(text);
    expect(peer.sent[0]!.text).toBe(peer.sent[1]!.text);
    peer.says(requestText('REGISTER sip:192.0.2.2 SIP/2.0', 'REGISTER', { 'Call-ID': 'other' }));
    expect(peer.header('To')).not.toBe(peer.header('To', peer.sent[0]));
    expect(peer.userAgent.transactions).toBe(0);
    expect(peer.userAgent.deadline).toBeUndefined();
  });

  it('refuses a copy of an INVITE that came by another way', () => {
    const peer = new ScriptedPeer();
    peer.says(inviteText());
    peer.says(inviteText({ Via: 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKother;rport' }));
    expect(peer.titles()).toEqual(['100 INVITE', '482 INVITE']);
    expect(peer.kinds()).toEqual(['incoming-call']);
  });

  it('while draining refuses new calls and OPTIONS, and goes on with calls in progress', () => {
    const peer = new ScriptedPeer();
    peer.says(inviteText());
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, SDP, nowMs));
    const to = peer.header('To');
    peer.userAgent.setDraining(30);
    peer.says(inviteText({ 'Call-ID': 'new', Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKnew' }));
    expect(peer.last.title).toBe('503 INVITE');
    expect(peer.header('Retry-After')).toBe('30');
    peer.says(requestText('OPTIONS sip:192.0.2.2 SIP/2.0', 'OPTIONS'));
    expect(peer.last.title).toBe('503 OPTIONS');
    peer.says(
      requestText('INFO sip:b@192.0.2.2 SIP/2.0', 'INFO', {
        To: to,
        CSeq: '314160 INFO',
        Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKinfo',
      }),
    );
    expect(peer.last.title).toBe('200 INFO');
  });
});

describe('where responses go', () => {
  it.each([
    // Via, goes to port
    ['SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1', 5062],
    ['SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1', 5060],
    ['SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1;rport', 33_333],
    ['SIP/2.0/UDP pbx.example.com:5062;branch=z9hG4bK1', 5062],
    ['SIP/2.0/UDP 192.0.2.1:5062;maddr=198.51.100.1;branch=z9hG4bK1', 5062],
  ])('%s: to the source address, port %i', (via, port) => {
    const peer = new ScriptedPeer();
    const source = { ...peerFlow, remotePort: 33_333 };
    peer.says(requestText('OPTIONS sip:192.0.2.2 SIP/2.0', 'OPTIONS', { Via: via }), source);
    expect(peer.last.flow).toEqual({ ...source, remotePort: port });
  });

  it('notes source address and port in the Via, where asked or where they differ (RFC 3581)', () => {
    const peer = new ScriptedPeer();
    const viaOf = (via: string): string | undefined => {
      peer.saysAnything(requestText('OPTIONS sip:192.0.2.2 SIP/2.0', 'OPTIONS', { Via: via }));
      return /^Via: (.*)\r$/m.exec(peer.raw.at(-1)!.text)?.[1];
    };
    expect(viaOf('SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1')).toBe(
      'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1',
    );
    expect(viaOf('SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1')).toBe(
      'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=192.0.2.1',
    );
    expect(viaOf('SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK1, SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK0')).toBe(
      'SIP/2.0/UDP 192.0.2.1;rport=5060;branch=z9hG4bK1;received=192.0.2.1, SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK0',
    );
  });

  it('over TCP responds on the connection of the request, or a new one when that is gone', () => {
    const peer = new ScriptedPeer();
    peer.says(inviteText({ Via: 'SIP/2.0/TCP 192.0.2.1:5061;branch=z9hG4bK1' }), peerTcpFlow);
    expect(peer.last.flow).toEqual(peerTcpFlow);
    peer.act((userAgent, nowMs) => userAgent.handleTransportError(peerTcpFlow, nowMs));
    peer.act((userAgent, nowMs) => userAgent.reject(peer.session, 486, {}, nowMs));
    const { connectionId: _gone, ...address } = peerTcpFlow;
    expect(peer.last.title).toBe('486 INVITE');
    expect(peer.last.flow).toEqual({ ...address, remotePort: 5061 });
  });
});

describe('an unknown source', () => {
  it('is given one answer, and none to an ACK or to what is no request', () => {
    const peer = new ScriptedPeer();
    const say = (text: string): void =>
      peer.act((userAgent) => userAgent.refuseSource(Buffer.from(text), peerFlow, 403));
    say(inviteText());
    say(requestText('ACK sip:192.0.2.2 SIP/2.0', 'ACK'));
    say('hello');
    expect(peer.titles()).toEqual(['403 INVITE']);
    expect(peer.userAgent.transactions).toBe(0);
  });
});
