import { describe, expect, it } from 'vitest';
import { callIdOf } from '../../src/sip/message/views.ts';
import type { SipSessionId } from '../../src/sip/user-agent-events.ts';
import { SipPair } from '../support/sip-pair.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';

/** What is left of a pair once every timer has run out: nothing. */
function expectClean(pair: SipPair): void {
  pair.run(120_000);
  for (const end of [pair.a, pair.b]) {
    expect(end.userAgent.sessions).toBe(0);
    expect(end.userAgent.transactions).toBe(0);
    expect(end.userAgent.deadline).toBeUndefined();
  }
}

describe('with every tenth message lost each way', () => {
  it('three hundred calls are set up and ended by either side', () => {
    const pair = new SipPair({ seed: 7, loss: 0.1, delayMs: 30, jitterMs: 40 });
    pair.b.onEvent = (event) => {
      if (event.kind !== 'incoming-call') return;
      pair.b.ring(event.session);
      pair.b.answer(event.session, SDP);
    };
    const sessions: SipSessionId[] = [];
    for (let call = 0; call < 300; call++) {
      sessions.push(pair.a.invite(SDP));
      pair.run(100);
    }
    pair.run(40_000);
    expect(pair.a.events.filter(({ kind }) => kind === 'answered')).toHaveLength(300);
    expect(pair.b.events.filter(({ kind }) => kind === 'confirmed')).toHaveLength(300);

    const atB = new Map<string, SipSessionId>();
    for (const event of pair.b.events) {
      if (event.kind === 'incoming-call') atB.set(callIdOf(event.request), event.session);
    }
    for (const session of sessions) {
      const { callId } = pair.a.userAgent.snapshot(session)!.dialog;
      if (session % 2 === 0) pair.a.hangUp(session);
      else pair.b.hangUp(atB.get(callId)!);
    }
    pair.run(40_000);
    for (const end of [pair.a, pair.b]) {
      const ended = end.events.filter(({ kind }) => kind === 'ended');
      expect(ended).toHaveLength(300);
      expect(ended.filter((event) => event.kind === 'ended' && event.by === 'remote')).toHaveLength(150);
    }
    expect(pair.wire.filter(({ isLost }) => isLost).length).toBeGreaterThan(150);
    expectClean(pair);
  });

  it('a hundred refusals come through', () => {
    const pair = new SipPair({ seed: 8, loss: 0.1, delayMs: 20 });
    pair.b.onEvent = (event) => {
      if (event.kind === 'incoming-call') pair.b.reject(event.session, 486);
    };
    for (let call = 0; call < 100; call++) pair.a.invite(SDP);
    pair.run(60_000);
    const ended = pair.a.events.filter((event) => event.kind === 'ended' && event.statusCode === 486);
    expect(ended).toHaveLength(100);
    expectClean(pair);
  });

  it('a hundred calls are cancelled at any moment, and either ended so or answered and hung up', () => {
    const pair = new SipPair({ seed: 9, loss: 0.1, delayMs: 20, jitterMs: 30 });
    pair.b.onEvent = (event) => {
      if (event.kind === 'incoming-call') pair.b.ring(event.session);
    };
    for (let call = 0; call < 100; call++) {
      const session = pair.a.invite(SDP);
      pair.run(call);
      pair.b.answer(session, SDP);
      pair.a.hangUp(session);
      pair.run(10);
    }
    pair.run(80_000);
    expect(pair.a.events.filter(({ kind }) => kind === 'ended')).toHaveLength(100);
    const offered = pair.b.events.filter(({ kind }) => kind === 'incoming-call').length;
    const over = pair.b.events.filter(({ kind }) => kind === 'ended' || kind === 'cancelled').length;
    expect(over).toBe(offered);
    expectClean(pair);
  });

  it('new offers of both sides all come to an end, glares included', () => {
    const pair = new SipPair({ seed: 10, loss: 0.1, delayMs: 20, jitterMs: 20 });
    for (const end of [pair.a, pair.b])
      end.onEvent = (event) => {
        if (event.kind === 'incoming-call') end.answer(event.session, SDP);
        if (event.kind === 'reoffer') end.acceptReoffer(event.session, SDP);
      };
    for (let call = 1; call <= 50; call++) pair.a.invite(SDP);
    pair.run(20_000);
    for (let round = 0; round < 4; round++) {
      for (let session = 1; session <= 50; session++) {
        pair.a.reinvite(session, SDP);
        pair.b.reinvite(session, SDP);
      }
      pair.run(40_000);
    }
    const outcomes = (end: 'a' | 'b', kind: string): number =>
      pair[end].events.filter((event) => event.kind === kind).length;
    for (const end of ['a', 'b'] as const) {
      expect(outcomes(end, 'reinvite-answered') + outcomes(end, 'reinvite-refused')).toBe(200);
      expect(outcomes(end, 'ended')).toBe(0);
    }
    expect(outcomes('a', 'reoffer')).toBe(outcomes('b', 'reinvite-answered'));
  });
});

describe('over TCP', () => {
  it('nothing is ever repeated but the 200 that waits for its ACK', () => {
    const pair = new SipPair({ transport: 'tcp', delayMs: 200 });
    pair.b.onEvent = (event) => {
      if (event.kind === 'incoming-call') pair.b.answer(event.session, SDP);
    };
    for (let call = 0; call < 20; call++) pair.a.invite(SDP);
    pair.run(5000);
    for (let session = 1; session <= 20; session++) pair.a.hangUp(session);
    pair.run(5000);
    const counts = new Map<string, number>();
    for (const title of pair.titles()) counts.set(title, (counts.get(title) ?? 0) + 1);
    expect([...counts.values()]).toEqual([20, 20, 20, 20, 20, 20]);
  });
});
