import { describe, expect, it } from 'vitest';
import { ScriptedPeer } from '../../support/scripted-peer.ts';
import { SipPair } from '../../support/sip-pair.ts';
import { inviteText, requestText } from '../../support/sip-text.ts';
import { trunkDirectory } from '../../support/sip-trunks.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';

/** A call that came in over a trunk that may refer, or may not. */
function established(mayRefer: boolean): ScriptedPeer {
  const trunks = trunkDirectory({ name: 'pbx', addresses: ['192.0.2.1'], mayRefer });
  const peer = new ScriptedPeer({ trunks });
  peer.says(inviteText());
  peer.act((userAgent, nowMs) => userAgent.answer(peer.session, SDP, nowMs));
  peer.says(within(peer, 'ACK', 314_159));
  return peer;
}

function within(
  peer: ScriptedPeer,
  method: string,
  sequence: number,
  changes: Record<string, string> = {},
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

const refer = (peer: ScriptedPeer, sequence: number, changes: Record<string, string> = {}): void =>
  peer.says(within(peer, 'REFER', sequence, { 'Refer-To': '<sip:carol@192.0.2.3>', ...changes }));

function notify(
  peer: ScriptedPeer,
  sequence: number,
  status: string,
  changes: Record<string, string> = {},
): void {
  const headers = {
    Event: 'refer',
    'Subscription-State': 'active;expires=60',
    'Content-Type': 'message/sipfrag;version=2.0',
    ...changes,
  };
  peer.says(within(peer, 'NOTIFY', sequence, headers, status === '' ? '' : `SIP/2.0 ${status}\r\n`));
}

describe('a REFER of the peer', () => {
  it('is refused 603 unless its trunk may refer', () => {
    const peer = established(false);
    refer(peer, 314_160);
    expect(peer.last.title).toBe('603 REFER');
    expect(peer.kinds()).toEqual(['incoming-call', 'confirmed']);
  });

  it('is told, accepted 202, and followed by news until the call it asks for is settled', () => {
    const peer = established(true);
    refer(peer, 314_160, { 'Referred-By': '<sip:alice@192.0.2.4>' });
    expect(peer.events.at(-1)).toMatchObject({
      kind: 'refer',
      target: 'sip:carol@192.0.2.3',
      referredBy: '<sip:alice@192.0.2.4>',
      replaces: undefined,
    });
    peer.act((userAgent, nowMs) => userAgent.acceptRefer(peer.session, nowMs));
    expect(peer.titles().slice(-2)).toEqual(['202 REFER', 'NOTIFY']);
    expect(peer.header('Event')).toBe('refer;id=314160');
    expect(peer.header('Subscription-State')).toMatch(/^active;expires=\d+$/);
    expect(peer.last.text).toMatch(/\r\n\r\nSIP\/2.0 100 Trying\r\n$/);
    for (const statusCode of [180, 200, 486])
      peer.act((userAgent, nowMs) => userAgent.notifyRefer(peer.session, statusCode, nowMs));
    const news = peer.sent
      .filter(({ title }) => title === 'NOTIFY')
      .map(({ text }) => text.split('\r\n\r\n')[1]);
    expect(news).toEqual(['SIP/2.0 100 Trying\r\n', 'SIP/2.0 180 Ringing\r\n', 'SIP/2.0 200 OK\r\n']);
    expect(peer.header('Subscription-State')).toBe('terminated;reason=noresource');
  });

  it('for an attended transfer names the dialog to be replaced', () => {
    const peer = established(true);
    const header = 'Replaces=call%40host%3Bto-tag%3Dours%3Bfrom-tag%3Dtheirs';
    refer(peer, 314_160, { 'Refer-To': `<sip:carol@192.0.2.3?${header}>` });
    expect(peer.events.at(-1)).toMatchObject({
      target: 'sip:carol@192.0.2.3',
      replaces: { callId: 'call@host', toTag: 'ours', fromTag: 'theirs', earlyOnly: false },
    });
  });

  it('may be rejected, and another one sent', () => {
    const peer = established(true);
    refer(peer, 314_160);
    refer(peer, 314_161);
    expect(peer.last.title).toBe('491 REFER');
    peer.act((userAgent, nowMs) => userAgent.rejectRefer(peer.session, 403, nowMs));
    expect(peer.last.title).toBe('403 REFER');
    refer(peer, 314_162);
    expect(peer.kinds().filter((kind) => kind === 'refer')).toHaveLength(2);
  });

  it('that wants no news gets none (RFC 4488)', () => {
    const peer = established(true);
    refer(peer, 314_160, { 'Refer-Sub': 'false' });
    peer.act((userAgent, nowMs) => userAgent.acceptRefer(peer.session, nowMs));
    expect(peer.last.title).toBe('202 REFER');
    expect(peer.header('Refer-Sub')).toBe('false');
    peer.act((userAgent, nowMs) => userAgent.notifyRefer(peer.session, 200, nowMs));
    expect(peer.last.title).toBe('202 REFER');
  });

  it.each([
    ['without Refer-To', '', 400],
    ['with two of them', '<sip:a@x>\r\nRefer-To: <sip:b@x>', 400],
    ['that asks for something else than a call', '<sip:carol@192.0.2.3;method=BYE>', 603],
    ['to a scheme we do not speak', '<https://example.com>', 603],
  ])('%s is refused', (_what, referTo, statusCode) => {
    const peer = established(true);
    const text = within(peer, 'REFER', 314_160, { 'Refer-To': referTo });
    peer.says(referTo === '' ? text.replace(/Refer-To: \r\n/, '') : text);
    expect(peer.last.title).toBe(`${statusCode} REFER`);
    expect(peer.kinds()).not.toContain('refer');
  });

  it('that waits is answered when the call ends', () => {
    const peer = established(true);
    refer(peer, 314_160);
    peer.act((userAgent, nowMs) => userAgent.hangUp(peer.session, {}, nowMs));
    expect(peer.titles().slice(-2)).toEqual(['487 REFER', 'BYE']);
  });
});

describe('a REFER of ours', () => {
  function referring(target = 'sip:carol@192.0.2.3'): ScriptedPeer {
    const peer = established(false);
    peer.act((userAgent, nowMs) => userAgent.refer(peer.session, target, nowMs));
    return peer;
  }
  const progress = (peer: ScriptedPeer): unknown[] =>
    peer.events.flatMap((event) =>
      event.kind === 'refer-progress' ? [[event.statusCode, event.isFinal]] : [],
    );

  it('says where to call, and tells what the peer notifies', () => {
    const peer = referring();
    expect(peer.header('Refer-To')).toBe('<sip:carol@192.0.2.3>');
    expect(peer.header('Referred-By')).toBe('<sip:+4930123456@192.0.2.20>');
    peer.responds('202 Accepted', 'REFER');
    notify(peer, 314_160, '100 Trying');
    notify(peer, 314_161, '180 Ringing');
    notify(peer, 314_162, '200 OK', { 'Subscription-State': 'terminated;reason=noresource' });
    expect(peer.titles().slice(-3)).toEqual(['200 NOTIFY', '200 NOTIFY', '200 NOTIFY']);
    expect(progress(peer)).toEqual([
      [100, false],
      [180, false],
      [200, true],
    ]);
    notify(peer, 314_163, '200 OK');
    expect(peer.last.title).toBe('481 NOTIFY');
  });

  it('may be notified of before it is accepted', () => {
    const peer = referring();
    notify(peer, 314_160, '100 Trying');
    peer.responds('202 Accepted', 'REFER');
    notify(peer, 314_161, '486 Busy Here');
    expect(progress(peer).at(-1)).toEqual([486, true]);
  });

  it.each(['403 Forbidden', '603 Decline', '405 Method Not Allowed'])(
    'that is refused (%s) has its status',
    (line) => {
      const peer = referring();
      peer.responds(line, 'REFER');
      expect(progress(peer)).toEqual([[Number(line.slice(0, 3)), true]]);
      notify(peer, 314_160, '200 OK');
      expect(peer.last.title).toBe('481 NOTIFY');
    },
  );

  it('that nobody notifies about is given up after 64 * T1', () => {
    const peer = referring();
    peer.responds('202 Accepted', 'REFER');
    peer.run(31_999);
    expect(progress(peer)).toEqual([]);
    peer.run(1);
    expect(progress(peer)).toEqual([[408, true]]);
  });

  it('whose news stop is given up after the time they promised', () => {
    const peer = referring();
    peer.responds('202 Accepted', 'REFER');
    notify(peer, 314_160, '180 Ringing', { 'Subscription-State': 'active;expires=20' });
    peer.run(52_000);
    expect(progress(peer)).toEqual([
      [180, false],
      [408, true],
    ]);
  });

  it.each([
    ['about another REFER', { Event: 'refer;id=99' }],
    ['about something else', { Event: 'presence' }],
    ['about nothing', { Event: '' }],
  ])('is not touched by news %s', (_what, changes) => {
    const peer = referring();
    peer.responds('202 Accepted', 'REFER');
    notify(peer, 314_160, '200 OK', changes);
    expect(peer.last.title).toBe('481 NOTIFY');
    expect(progress(peer)).toEqual([]);
  });

  it('that ends without a word of how is a failure', () => {
    const peer = referring();
    peer.responds('202 Accepted', 'REFER');
    notify(peer, 314_160, '', { 'Subscription-State': 'terminated;reason=timeout' });
    expect(progress(peer)).toEqual([[408, true]]);
  });

  it.each(['sip:x>\r\nEvil: 1', 'mailto:x@y', 'nonsense', 'sip:a@b>;x='])('to %j is not sent', (target) => {
    const peer = referring(target);
    expect(peer.titles()).not.toContain('REFER');
    expect(progress(peer)).toEqual([[416, true]]);
  });

  it('waits for the one before', () => {
    const peer = referring();
    peer.act((userAgent, nowMs) => userAgent.refer(peer.session, 'sip:dave@192.0.2.3', nowMs));
    expect(progress(peer)).toEqual([[491, true]]);
  });
});

it('a transfer between two of us is told at both ends, whatever is lost', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const trunks = trunkDirectory({ name: 'pbx', addresses: ['192.0.2.1', '192.0.2.2'], mayRefer: true });
    const pair = new SipPair({ seed, loss: 0.15, delayMs: 10, userAgent: { trunks } });
    pair.b.onEvent = (event) => {
      if (event.kind === 'incoming-call') pair.b.answer(event.session, SDP);
    };
    pair.a.onEvent = (event) => {
      if (event.kind !== 'refer') return;
      pair.a.act((userAgent, nowMs) => userAgent.acceptRefer(event.session, nowMs));
      pair.a.act((userAgent, nowMs) => userAgent.notifyRefer(event.session, 200, nowMs));
    };
    pair.a.invite(SDP, { trunk: 'pbx' });
    pair.run(20_000);
    pair.b.act((userAgent, nowMs) => userAgent.refer(1, 'sip:carol@192.0.2.3', nowMs));
    pair.run(20_000);
    expect(pair.b.events.at(-1)).toMatchObject({ kind: 'refer-progress', statusCode: 200, isFinal: true });
  }
});
