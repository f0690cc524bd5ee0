import { describe, expect, it } from 'vitest';
import type { SessionTimerPolicy } from '../../../src/sip/trunk.ts';
import { peerFlow, ScriptedPeer } from '../../support/scripted-peer.ts';
import { SipPair, type WireMessage } from '../../support/sip-pair.ts';
import { inviteText } from '../../support/sip-text.ts';
import { trunkDirectory } from '../../support/sip-trunks.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';
const ANSWER = 'v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\n';

const accepting: SessionTimerPolicy = { mode: 'accept', intervalS: 1800, minS: 90 };
const asking: SessionTimerPolicy = { mode: 'request', intervalS: 600, minS: 90 };

function trunks(sessionTimers: SessionTimerPolicy) {
  return trunkDirectory({ name: 'pbx', addresses: ['192.0.2.1', '192.0.2.2'], sessionTimers });
}

/** A calls B and B answers; both ends keep to the policy. */
function established(
  sessionTimers: SessionTimerPolicy,
  headers: { name: string; value: string }[] = [],
): SipPair {
  const pair = new SipPair({ delayMs: 10, userAgent: { trunks: trunks(sessionTimers) } });
  pair.b.onEvent = (event) => {
    if (event.kind === 'incoming-call') pair.b.answer(event.session, ANSWER);
  };
  pair.a.invite(SDP, { trunk: 'pbx', headers });
  pair.run(100);
  return pair;
}

const sent = (pair: SipPair, title: string): WireMessage[] =>
  pair.wire.filter((message) => message.title === title);
const header = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}: (.*)\r$`, 'm').exec(text)?.[1];

describe('a session timer', () => {
  it('asked for by us is refreshed by UPDATE at half its time, for as long as the call lasts', () => {
    const pair = established(asking);
    expect(header(sent(pair, 'INVITE')[0]!.text, 'Session-Expires')).toBe('600');
    const ok = sent(pair, '200 INVITE')[0]!.text;
    expect(header(ok, 'Session-Expires')).toBe('600;refresher=uac');
    expect(header(ok, 'Require')).toBe('timer');
    pair.run(3_600_000);
    const updates = sent(pair, 'UPDATE');
    expect(updates.every(({ from }) => from === 'a')).toBe(true);
    expect(updates.map(({ atMs }) => Math.round(atMs / 1000)).slice(0, 3)).toEqual([300, 600, 900]);
    expect(header(updates[0]!.text, 'Session-Expires')).toBe('600;refresher=uac');
    expect(updates[0]!.text).toMatch(/\r\n\r\n$/);
    expect(pair.a.kinds()).toEqual(['answered']);
    expect(pair.b.kinds()).toEqual(['incoming-call', 'confirmed']);
  });

  it('is refreshed by us when the caller leaves it to us', () => {
    const expires = [{ name: 'Session-Expires', value: '120;refresher=uas' }];
    const pair = established(accepting, expires);
    expect(header(sent(pair, '200 INVITE')[0]!.text, 'Session-Expires')).toBe('120;refresher=uas');
    pair.run(200_000);
    expect(sent(pair, 'UPDATE').map(({ from }) => from)).toEqual(['b', 'b', 'b']);
    expect(header(sent(pair, 'UPDATE')[0]!.text, 'Session-Expires')).toBe('120;refresher=uac');
  });

  it('that is not asked for does not run', () => {
    const pair = established(accepting);
    expect(header(sent(pair, '200 INVITE')[0]!.text, 'Session-Expires')).toBeUndefined();
    pair.run(7_200_000);
    expect(pair.wire).toHaveLength(4);
  });

  it('that is switched off is passed over', () => {
    const pair = established({ ...accepting, mode: 'off' }, [{ name: 'Session-Expires', value: '120' }]);
    const ok = sent(pair, '200 INVITE')[0]!.text;
    expect(header(ok, 'Session-Expires')).toBeUndefined();
    expect(header(ok, 'Supported')).toBe('100rel, replaces');
  });

  it('ends the call of a peer that vanished: by the refresher, when no answer comes', () => {
    const pair = established(asking);
    pair.loses = () => true;
    pair.run(400_000);
    expect(pair.a.ended(1)).toMatchObject({ by: 'timeout' });
    expect(sent(pair, 'BYE').find(({ from }) => from === 'a')!.atMs).toBeGreaterThan(331_000);
  });

  it('ends the call of a refresher that vanished 32 seconds before it runs out (RFC 4028 section 10)', () => {
    const pair = established(asking);
    pair.loses = ({ from }) => from === 'a';
    pair.run(700_000);
    expect(pair.b.ended(1)).toMatchObject({ by: 'timeout' });
    const [bye] = sent(pair, 'BYE').filter(({ from }) => from === 'b');
    expect(Math.round(bye!.atMs / 1000)).toBe(568);
  });

  it('begins anew with every re-INVITE', () => {
    const pair = established(asking);
    pair.b.onEvent = (event) => {
      if (event.kind === 'reoffer') pair.b.acceptReoffer(event.session, ANSWER);
    };
    pair.run(200_000);
    pair.a.reinvite(1, SDP);
    pair.run(200_000);
    expect(header(sent(pair, 'INVITE')[1]!.text, 'Session-Expires')).toBe('600;refresher=uac');
    expect(sent(pair, 'UPDATE')).toHaveLength(0);
    pair.run(110_000);
    expect(sent(pair, 'UPDATE')).toHaveLength(1);
  });

  it('goes on in another process that takes the call up', () => {
    const pair = established(asking);
    const snapshot = JSON.parse(JSON.stringify(pair.a.userAgent.snapshot(1)));
    expect(snapshot).toMatchObject({ trunk: 'pbx', timer: { intervalS: 600, isRefresher: true } });
    const successor = new ScriptedPeer({ trunks: trunks(asking) });
    successor.act((userAgent, nowMs) => userAgent.restore(snapshot, nowMs));
    successor.run(300_000);
    expect(successor.titles()).toEqual(['UPDATE']);
  });
});

describe('a peer without UPDATE', () => {
  it('is refreshed by a re-INVITE with the description that holds', () => {
    const peer = new ScriptedPeer({ trunks: trunks(asking) });
    peer.says(inviteText({ 'Content-Type': 'application/sdp' }, SDP));
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, ANSWER, nowMs));
    expect(peer.header('Session-Expires')).toBe('600;refresher=uas');
    expect(peer.header('Require')).toBeUndefined();
    const to = peer.header('To');
    peer.says(inviteText({ To: to, CSeq: '314159 ACK' }).replace('INVITE sip', 'ACK sip'));
    peer.run(300_000);
    expect(peer.last.title).toBe('INVITE');
    expect(peer.last.text.endsWith(ANSWER)).toBe(true);
    peer.responds('200 OK', 'INVITE', { sdp: SDP });
    expect(peer.last.title).toBe('ACK');
    expect(peer.kinds()).toEqual(['incoming-call', 'confirmed']);
    peer.run(300_000);
    peer.responds('200 OK', 'INVITE', { sdp: 'v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\n' });
    expect(peer.events.at(-1)).toMatchObject({ kind: 'reinvite-answered' });
  });

  it('that refuses a refresh is asked again before the session runs out', () => {
    const peer = new ScriptedPeer({ trunks: trunks(asking) });
    peer.act((userAgent, nowMs) => userAgent.invite(ourCall, nowMs).outputs);
    peer.responds('200 OK', 'INVITE', { headers: CONTACT, sdp: ANSWER });
    peer.run(300_000);
    expect(peer.last.title).toBe('INVITE');
    peer.responds('500 Busy', 'INVITE');
    peer.run(90_000);
    expect(peer.timesOf('INVITE').slice(0, 3)).toEqual([0, 300_000, 367_000]);
    expect(peer.kinds()).toEqual(['answered']);
  });
});

describe('an interval too small', () => {
  it('for us is refused with ours, when the caller knows session timers', () => {
    const peer = new ScriptedPeer({ trunks: trunks({ ...accepting, minS: 300 }) });
    peer.says(inviteText({ Supported: 'timer', 'Session-Expires': '120' }));
    expect(peer.titles()).toEqual(['422 INVITE']);
    expect(peer.header('Min-SE')).toBe('300');
  });

  it('for us is taken from a caller that knows none: a proxy on the way asks', () => {
    const peer = new ScriptedPeer({ trunks: trunks(accepting) });
    peer.says(inviteText({ 'Session-Expires': '120' }));
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, ANSWER, nowMs));
    expect(peer.header('Session-Expires')).toBe('120;refresher=uas');
  });

  it('for the callee is raised, and the call made again', () => {
    const peer = new ScriptedPeer({ trunks: trunks({ ...asking, intervalS: 100 }) });
    peer.act((userAgent, nowMs) => userAgent.invite(ourCall, nowMs).outputs);
    const [first] = peer.sent;
    peer.responds('422 Too Small', 'INVITE', { headers: 'Min-SE: 500\n' });
    expect(peer.titles()).toEqual(['INVITE', 'ACK', 'INVITE']);
    expect(peer.header('Session-Expires')).toBe('500');
    expect(peer.header('Min-SE')).toBe('500');
    expect(peer.header('CSeq')).toBe('2 INVITE');
    expect(peer.header('Call-ID')).toBe(peer.header('Call-ID', first));
    expect(peer.header('From')).toBe(peer.header('From', first));
    peer.responds('422 Too Small', 'INVITE', { headers: 'Min-SE: 500\n' });
    expect(peer.events).toMatchObject([{ kind: 'ended', statusCode: 422 }]);
  });
});

const CONTACT = 'Contact: <sip:callee@192.0.2.1:5070>\n';

const ourCall = {
  target: 'sip:x@192.0.2.1',
  from: '<sip:a@192.0.2.2>',
  flow: peerFlow,
  sdp: SDP,
  trunk: 'pbx',
};
