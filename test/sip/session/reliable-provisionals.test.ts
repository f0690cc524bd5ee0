import { describe, expect, it } from 'vitest';
import { peerFlow, ScriptedPeer } from '../../support/scripted-peer.ts';
import { SipPair } from '../../support/sip-pair.ts';
import { inviteText, requestText } from '../../support/sip-text.ts';
import { trunkDirectory } from '../../support/sip-trunks.ts';

const OFFER = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';
const ANSWER = 'v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\n';
const CONTACT = 'Contact: <sip:callee@192.0.2.1:5070>\n';

/** A call that came in, of a caller that can or must have reliable responses. */
function called(headers: Record<string, string> = { Supported: '100rel' }, offer = OFFER): ScriptedPeer {
  const peer = new ScriptedPeer();
  const type = offer === '' ? {} : { 'Content-Type': 'application/sdp' };
  peer.says(inviteText({ ...headers, ...type }, offer));
  return peer;
}

const ring = (peer: ScriptedPeer, statusCode: number, sdp?: string): void =>
  peer.act((userAgent, nowMs) => userAgent.ring(peer.session, statusCode, sdp, nowMs));
const answer = (peer: ScriptedPeer): void =>
  peer.act((userAgent, nowMs) => userAgent.answer(peer.session, ANSWER, nowMs));

function within(peer: ScriptedPeer, method: string, changes: Record<string, string> = {}, body = ''): string {
  const ringing = peer.sent.find(({ title }) => /^1[89]\d INVITE/.test(title));
  return requestText(
    `${method} sip:b@192.0.2.2 SIP/2.0`,
    method,
    {
      To: peer.header('To', ringing)!,
      Via: `SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK${method}${changes['CSeq'] ?? ''}`,
      CSeq: `314160 ${method}`,
      ...(body === '' ? {} : { 'Content-Type': 'application/sdp' }),
      ...changes,
    },
    body,
  );
}

/** The PRACK to the reliable response sent last; `offset` spoils its number. */
function prack(peer: ScriptedPeer, sequence = 314_160, offset = 0, body = ''): void {
  const ringing = peer.sent.findLast((sent) => peer.header('RSeq', sent) !== undefined);
  const rack = `${Number(peer.header('RSeq', ringing)) + offset} 314159 INVITE`;
  peer.says(within(peer, 'PRACK', { RAck: rack, CSeq: `${sequence} PRACK` }, body));
}

describe('early media to a caller that knows 100rel', () => {
  it('is answered reliably, and repeated until the PRACK', () => {
    const peer = called();
    ring(peer, 183, ANSWER);
    expect(peer.last.title).toBe('183 INVITE');
    expect(peer.header('Require')).toBe('100rel');
    expect(Number(peer.header('RSeq'))).toBeGreaterThan(0);
    expect(peer.last.text.endsWith(ANSWER)).toBe(true);
    peer.run(3600);
    expect(peer.timesOf('183 INVITE')).toEqual([0, 500, 1500, 3500]);
    prack(peer);
    expect(peer.last.title).toBe('200 PRACK');
    peer.run(20_000);
    expect(peer.timesOf('183 INVITE')).toHaveLength(4);
  });

  it('holds the 200 until the PRACK, and leaves SDP out of it: the answer is there already', () => {
    const peer = called();
    ring(peer, 183, ANSWER);
    answer(peer);
    expect(peer.last.title).toBe('183 INVITE');
    prack(peer);
    expect(peer.titles().slice(-2)).toEqual(['200 PRACK', '200 INVITE']);
    expect(peer.header('Content-Type')).toBeUndefined();
    expect(peer.header('Contact')).toBeDefined();
    peer.says(within(peer, 'ACK', { CSeq: '314159 ACK' }));
    expect(peer.kinds()).toEqual(['incoming-call', 'confirmed']);
  });

  it('is given up 504 when no PRACK ever comes', () => {
    const peer = called();
    ring(peer, 183, ANSWER);
    answer(peer);
    peer.run(32_000);
    expect(peer.timesOf('504 INVITE')).toEqual([32_000]);
    expect(peer.events.at(-1)).toMatchObject({ kind: 'ended', by: 'timeout', statusCode: 504 });
    peer.run(60_000);
    expect(peer.userAgent.sessions).toBe(0);
    expect(peer.userAgent.transactions).toBe(0);
  });

  it('may be hung up while the 200 waits', () => {
    const peer = called();
    ring(peer, 183, ANSWER);
    answer(peer);
    peer.act((userAgent, nowMs) => userAgent.hangUp(peer.session, {}, nowMs));
    expect(peer.last.title).toBe('480 INVITE');
    expect(peer.userAgent.sessions).toBe(0);
    peer.run(40_000);
    expect(peer.timesOf('183 INVITE')).toEqual([0]);
  });

  it('may be cancelled while the 200 waits', () => {
    const peer = called();
    ring(peer, 183, ANSWER);
    answer(peer);
    peer.says(requestText('CANCEL sip:+4930123456@192.0.2.20:5060 SIP/2.0', 'CANCEL'));
    expect(peer.titles().slice(-2)).toEqual(['200 CANCEL', '487 INVITE']);
    expect(peer.kinds()).toEqual(['incoming-call', 'cancelled']);
  });

  it('lets one response at a time wait for its PRACK, the latest of those behind it following', () => {
    const peer = called({ Require: '100rel' });
    ring(peer, 180);
    const first = Number(peer.header('RSeq'));
    ring(peer, 181);
    ring(peer, 183, ANSWER);
    expect(peer.last.title).toBe('180 INVITE');
    prack(peer);
    expect(peer.last.title).toBe('183 INVITE');
    expect(Number(peer.header('RSeq'))).toBe(first + 1);
    prack(peer, 314_161);
    expect(peer.titles()).not.toContain('181 INVITE');
  });

  it('may be changed by an UPDATE once it is acknowledged', () => {
    const peer = called();
    ring(peer, 183, ANSWER);
    prack(peer);
    peer.says(within(peer, 'UPDATE', { CSeq: '314161 UPDATE' }, OFFER));
    expect(peer.events.at(-1)).toMatchObject({ kind: 'reoffer', offer: OFFER });
    peer.act((userAgent, nowMs) => userAgent.acceptReoffer(peer.session, ANSWER, nowMs));
    expect(peer.last.title).toBe('200 UPDATE');
    expect(peer.last.text.endsWith(ANSWER)).toBe(true);
  });
});

describe('a PRACK', () => {
  it.each([
    ['another response', 1],
    ['no response at all', -1],
  ])('to %s is answered 481, and the response repeated further', (_what, offset) => {
    const peer = called();
    ring(peer, 183, ANSWER);
    prack(peer, 314_160, offset);
    expect(peer.last.title).toBe('481 PRACK');
    peer.run(500);
    expect(peer.last.title).toBe('183 INVITE');
  });

  it('that comes again is answered again; another one to the same response 481', () => {
    const peer = called();
    ring(peer, 183, ANSWER);
    prack(peer);
    prack(peer);
    prack(peer, 314_161);
    expect(peer.titles().slice(-3)).toEqual(['200 PRACK', '200 PRACK', '481 PRACK']);
  });

  it('to a call that is answered unreliably is answered 481', () => {
    const peer = called({});
    ring(peer, 183, ANSWER);
    expect(peer.header('RSeq')).toBeUndefined();
    peer.says(within(peer, 'PRACK', { RAck: '1 314159 INVITE' }));
    expect(peer.last.title).toBe('481 PRACK');
  });

  it('with an offer is answered with ours, and the 200 to the INVITE comes after', () => {
    const peer = called();
    ring(peer, 183, ANSWER);
    answer(peer);
    prack(peer, 314_160, 0, OFFER);
    expect(peer.events.at(-1)).toMatchObject({ kind: 'reoffer', offer: OFFER });
    expect(peer.last.title).toBe('183 INVITE');
    peer.act((userAgent, nowMs) => userAgent.acceptReoffer(peer.session, ANSWER, nowMs));
    expect(peer.titles().slice(-2)).toEqual(['200 PRACK', '200 INVITE']);
  });
});

describe('ringing', () => {
  it('is reliable only where the caller requires it: there is nothing in it that could be missed', () => {
    const optional = called();
    ring(optional, 180);
    expect(optional.header('RSeq')).toBeUndefined();
    const required = called({ Require: '100rel' });
    ring(required, 180);
    expect(required.header('RSeq')).toBeDefined();
  });

  it('never holds the 200', () => {
    const peer = called({ Require: '100rel' });
    ring(peer, 180);
    answer(peer);
    expect(peer.last.title).toBe('200 INVITE');
    prack(peer);
    expect(peer.last.title).toBe('481 PRACK');
    peer.run(10_000);
    expect(peer.timesOf('180 INVITE')).toEqual([0]);
  });

  it('of a call without an offer has no SDP: ours belongs into the 200', () => {
    const peer = called({ Require: '100rel' }, '');
    ring(peer, 183, ANSWER);
    expect(peer.header('Content-Type')).toBeUndefined();
    prack(peer);
    answer(peer);
    expect(peer.last.text.endsWith(ANSWER)).toBe(true);
  });

  it('over a trunk without 100rel is never reliable, and who requires it is told so', () => {
    const trunks = trunkDirectory({ name: 'old', addresses: ['192.0.2.1'], reliableProvisionals: false });
    const peer = new ScriptedPeer({ trunks });
    peer.says(inviteText({ Require: '100rel' }));
    expect(peer.titles()).toEqual(['420 INVITE']);
    expect(peer.header('Unsupported')).toBe('100rel');
  });
});

describe('a reliable response to a call of ours', () => {
  function calling(): ScriptedPeer {
    const peer = new ScriptedPeer();
    const call = { target: 'sip:x@192.0.2.1', from: '<sip:a@192.0.2.2>', flow: peerFlow, sdp: OFFER };
    peer.act((userAgent, nowMs) => userAgent.invite(call, nowMs).outputs);
    return peer;
  }
  const reliable = (sequence: number): string => `Require: 100rel\nRSeq: ${sequence}\n${CONTACT}`;

  it('is acknowledged by PRACK within its dialog, whose numbers go on from there', () => {
    const peer = calling();
    peer.responds('183 Session Progress', 'INVITE', { headers: reliable(7), sdp: ANSWER });
    expect(peer.last.text).toMatch(/^PRACK sip:callee@192.0.2.1:5070 /);
    expect(peer.header('RAck')).toBe('7 1 INVITE');
    expect(peer.header('CSeq')).toBe('2 PRACK');
    peer.responds('200 OK', 'PRACK');
    peer.responds('200 OK', 'INVITE', { headers: CONTACT });
    expect(peer.header('CSeq')).toBe('1 ACK');
    peer.act((userAgent, nowMs) => userAgent.hangUp(1, {}, nowMs));
    expect(peer.header('CSeq')).toBe('3 BYE');
    expect(peer.events[0]).toMatchObject({ kind: 'ringing', statusCode: 183, answer: ANSWER });
  });

  it('that comes again, or before its turn, is passed over', () => {
    const peer = calling();
    for (const sequence of [7, 7, 9, 8])
      peer.responds('180 Ringing', 'INVITE', { headers: reliable(sequence) });
    const racks = peer.sent.filter(({ title }) => title === 'PRACK').map((sent) => peer.header('RAck', sent));
    expect(racks).toEqual(['7 1 INVITE', '8 1 INVITE']);
    expect(peer.kinds()).toEqual(['ringing', 'ringing']);
  });

  it('of each fork is acknowledged for itself', () => {
    const peer = calling();
    for (const tag of ['one', 'two']) peer.responds('180 Ringing', 'INVITE', { headers: reliable(1), tag });
    const pracks = peer.sent.filter(({ title }) => title === 'PRACK');
    expect(pracks.map((sent) => /tag=(\w+)/.exec(peer.header('To', sent)!)![1])).toEqual(['one', 'two']);
  });

  it('lets the callee ask within its dialog before it answers', () => {
    const peer = calling();
    peer.responds('183 Session Progress', 'INVITE', { headers: reliable(1), tag: 'callee' });
    const from = `<sip:x@192.0.2.1>;tag=callee`;
    const changes = { From: from, To: peer.header('From')!, 'Call-ID': peer.header('Call-ID')! };
    const ask = (method: string, sequence: number, body = ''): void =>
      peer.says(
        requestText(
          `${method} sip:b@192.0.2.2 SIP/2.0`,
          method,
          {
            ...changes,
            ...(body === '' ? {} : { 'Content-Type': 'application/sdp' }),
            CSeq: `${sequence} ${method}`,
            Via: `SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK${method}${sequence}`,
          },
          body,
        ),
      );
    ask('UPDATE', 1);
    ask('UPDATE', 2, ANSWER);
    ask('INFO', 3);
    ask('OPTIONS', 3);
    ask('OPTIONS', 2);
    const answers = ['200 UPDATE', '500 UPDATE', '405 INFO', '200 OPTIONS', '500 OPTIONS'];
    expect(peer.titles().slice(-5)).toEqual(answers);
    expect(peer.kinds()).toEqual(['ringing']);
  });
});

it('early media over a link that loses a fifth of everything still ends in a call', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const pair = new SipPair({ seed, loss: 0.2, delayMs: 20 });
    pair.b.onEvent = (event) => {
      if (event.kind !== 'incoming-call') return;
      pair.b.act((userAgent, nowMs) => userAgent.ring(event.session, 183, ANSWER, nowMs));
      pair.b.answer(event.session, ANSWER);
    };
    const session = pair.a.invite(OFFER);
    pair.run(60_000);
    expect(pair.a.kinds(session)).toEqual(['ringing', 'answered']);
    expect(pair.b.kinds()).toEqual(['incoming-call', 'confirmed']);
  }
});
