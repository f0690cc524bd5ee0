import { describe, expect, it } from 'vitest';
import { SipPair } from '../../support/sip-pair.ts';

const OFFER = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';
const ANSWER = 'v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\n';
const HOLD = 'v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\na=sendonly\r\n';
const HELD = 'v=0\r\no=- 2 2 IN IP4 192.0.2.2\r\na=recvonly\r\n';

/** A calls B; the call stands. Both ends answer new offers with `HELD`. */
function established(options: ConstructorParameters<typeof SipPair>[0] = {}): SipPair {
  const pair = new SipPair({ delayMs: 10, ...options });
  pair.b.onEvent = (event) => {
    if (event.kind === 'incoming-call') pair.b.answer(event.session, ANSWER);
    if (event.kind === 'reoffer') pair.b.acceptReoffer(event.session, HELD);
  };
  pair.a.onEvent = (event) => {
    if (event.kind === 'reoffer') pair.a.acceptReoffer(event.session, HELD);
  };
  pair.a.invite(OFFER);
  pair.run(100);
  expect(pair.titles()).toEqual(['a INVITE', 'b 100 INVITE', 'b 200 INVITE', 'a ACK']);
  pair.wire.length = 0;
  return pair;
}

describe('a new offer within a call', () => {
  it.each(['a', 'b'] as const)('from %s is answered', (from) => {
    const pair = established();
    const to = from === 'a' ? 'b' : 'a';
    pair[from].reinvite(1, HOLD);
    pair.run(100);
    expect(pair.titles()).toEqual([`${from} INVITE`, `${to} 100 INVITE`, `${to} 200 INVITE`, `${from} ACK`]);
    expect(pair[to].events.at(-1)).toMatchObject({ kind: 'reoffer', offer: HOLD });
    expect(pair[from].events.at(-1)).toMatchObject({ kind: 'reinvite-answered', answer: HELD });
    pair.run(60_000);
    expect(pair.titles()).toHaveLength(4);
  });

  it('may be refused, and the call goes on', () => {
    const pair = established();
    pair.b.onEvent = (event) => {
      if (event.kind === 'reoffer')
        pair.b.act((userAgent, nowMs) =>
          userAgent.rejectReoffer(event.session, 488, [{ name: 'Warning', value: '304 x "no"' }], nowMs),
        );
    };
    pair.a.reinvite(1, HOLD);
    pair.run(100);
    expect(pair.titles()).toEqual(['a INVITE', 'b 100 INVITE', 'b 488 INVITE', 'a ACK']);
    expect(pair.wire[2]!.text).toContain('Warning: 304 x "no"\r\n');
    expect(pair.a.events.at(-1)).toMatchObject({ kind: 'reinvite-refused', statusCode: 488 });
    pair.a.hangUp(1);
    pair.run(100);
    expect(pair.b.kinds().at(-1)).toBe('ended');
  });

  it('ends the call when the peer no longer knows it', () => {
    const pair = established();
    pair.b.receive(byeFrom(pair));
    pair.a.reinvite(1, HOLD);
    pair.run(100);
    expect(pair.a.ended(1)).toMatchObject({ by: 'remote' });
    expect(pair.titles()).toContain('a BYE');
  });

  it('ends the call when it is never answered', () => {
    const pair = established();
    pair.loses = ({ from }) => from === 'b';
    pair.a.reinvite(1, HOLD);
    pair.run(40_000);
    expect(pair.a.ended(1)).toMatchObject({ by: 'timeout' });
  });

  it('ends the call when its 200 is never acknowledged', () => {
    const pair = established();
    pair.loses = ({ title }) => title === 'ACK';
    pair.a.reinvite(1, HOLD);
    pair.run(40_000);
    expect(pair.b.ended(1)).toMatchObject({ by: 'timeout' });
    expect(pair.a.ended(1)).toMatchObject({ by: 'remote' });
  });

  it('waits for the ACK of the call itself before it is sent', () => {
    const pair = new SipPair({ delayMs: 10 });
    pair.b.onEvent = (event) => {
      if (event.kind !== 'incoming-call') return;
      pair.b.answer(event.session, ANSWER);
      pair.b.reinvite(event.session, HELD);
    };
    pair.a.onEvent = (event) => {
      if (event.kind === 'reoffer') pair.a.acceptReoffer(event.session, HOLD);
    };
    pair.a.invite(OFFER);
    pair.run(200);
    expect(pair.titles().slice(3, 5)).toEqual(['a ACK', 'b INVITE']);
    expect(pair.b.events.at(-1)).toMatchObject({ kind: 'reinvite-answered', answer: HOLD });
  });
});

describe('glare', () => {
  it('is answered 491 on both sides; the caller tries again later than the callee, and both succeed', () => {
    const pair = established();
    pair.a.reinvite(1, HOLD);
    pair.b.reinvite(1, HOLD);
    pair.run(6000);
    const invites = pair.wire.filter(({ title }) => title === 'INVITE').slice(2);
    expect(pair.titles().slice(0, 4)).toEqual(['a INVITE', 'b INVITE', 'b 491 INVITE', 'a 491 INVITE']);
    expect(invites.map(({ from }) => from)[0]).toBe('b');
    expect(pair.b.events.at(-1)?.kind).toMatch(/reinvite-answered|reoffer/);
    expect(pair.b.kinds()).toContain('reinvite-answered');
  });

  it('gives way when the peer offers before the second try: ours would describe what is past', () => {
    const pair = established();
    pair.a.reinvite(1, HOLD);
    pair.b.reinvite(1, HOLD);
    pair.run(6000);
    expect(pair.a.kinds().slice(-2)).toEqual(['reinvite-refused', 'reoffer']);
    expect(pair.a.events.find(({ kind }) => kind === 'reinvite-refused')).toMatchObject({ statusCode: 491 });
  });

  it.each([
    ['a', 2100, 4000],
    ['b', 0, 2000],
  ] as const)('%s waits between %i and %i ms', (from, leastMs, mostMs) => {
    for (let seed = 1; seed <= 20; seed++) {
      const pair = established({ seed });
      const other = from === 'a' ? 'b' : 'a';
      pair.loses = (message) => message.from === other && message.title === 'INVITE';
      pair[other].reinvite(1, HOLD);
      pair[from].reinvite(1, HOLD);
      pair.run(5000);
      const [first, second] = pair.wire.filter(({ from: by, title }) => by === from && title === 'INVITE');
      const waitedMs = second!.atMs - first!.atMs - 20;
      expect(waitedMs).toBeGreaterThanOrEqual(leastMs);
      expect(waitedMs).toBeLessThanOrEqual(mostMs);
    }
  });

  it('of a second offer while the first waits for the call layer is answered 500 with Retry-After', () => {
    const pair = established();
    pair.b.onEvent = undefined;
    pair.a.reinvite(1, HOLD);
    pair.run(50);
    const invite = pair.wire[0]!.text.replace(/branch=\w+/, 'branch=z9hG4bKsecond').replace(
      /CSeq: 2/,
      'CSeq: 3',
    );
    pair.b.receive(invite);
    const refused = pair.wire.at(-1)!;
    expect(refused.title).toBe('500 INVITE');
    expect(Number(/Retry-After: (\d+)/.exec(refused.text)?.[1])).toBeLessThanOrEqual(10);
  });

  it('is refused at once when our own offer is under way already', () => {
    const pair = established();
    pair.a.reinvite(1, HOLD);
    pair.a.reinvite(1, HOLD);
    expect(pair.a.events.at(-1)).toMatchObject({ kind: 'reinvite-refused', statusCode: 491 });
    pair.run(100);
    expect(pair.a.events.at(-1)).toMatchObject({ kind: 'reinvite-answered' });
  });
});

describe('a re-INVITE while the ACK before it is lost (RFC 5407 section 3.1.5)', () => {
  it('is answered 200, for the exchange before it is complete, and confirms the call', () => {
    const pair = new SipPair({ delayMs: 10 });
    let acks = 0;
    pair.loses = ({ title }) => title === 'ACK' && acks++ === 0;
    pair.b.onEvent = (event) => {
      if (event.kind === 'incoming-call') pair.b.answer(event.session, ANSWER);
      if (event.kind === 'reoffer') pair.b.acceptReoffer(event.session, HELD);
    };
    pair.a.invite(OFFER);
    pair.run(100);
    pair.a.reinvite(1, HOLD);
    pair.run(100);
    expect(pair.a.events.at(-1)).toMatchObject({ kind: 'reinvite-answered', answer: HELD });
    expect(pair.b.kinds()).toEqual(['incoming-call', 'reoffer', 'confirmed']);
    const sentMs = pair.wire.length;
    pair.run(60_000);
    expect(pair.wire.length).toBe(sentMs);
  });

  it('is answered 491 when our 200 offered, for that offer has no answer yet', () => {
    const pair = new SipPair({ delayMs: 10 });
    pair.b.onEvent = (event) => {
      if (event.kind === 'incoming-call') pair.b.answer(event.session, ANSWER);
    };
    pair.loses = ({ title }) => title === 'ACK';
    pair.a.invite('');
    pair.run(100);
    expect(pair.b.events[0]).toMatchObject({ kind: 'incoming-call', offer: undefined });
    pair.a.reinvite(1, HOLD);
    pair.run(50);
    expect(pair.titles()).toContain('b 491 INVITE');
  });
});

describe('a re-INVITE without an offer', () => {
  it('is answered with ours, and its ACK brings the answer', () => {
    const pair = established();
    const invite = reinviteFrom(pair, 'INVITE', '');
    pair.b.receive(invite);
    expect(pair.b.events.at(-1)).toMatchObject({ kind: 'reoffer', offer: undefined });
    const ack = reinviteFrom(pair, 'ACK', ANSWER);
    pair.b.receive(ack);
    expect(pair.b.events.at(-1)).toMatchObject({ kind: 'reoffer-answered', answer: ANSWER });
  });

  it('may be cancelled, and the call goes on', () => {
    const pair = established();
    pair.b.onEvent = undefined;
    pair.loses = ({ from }) => from === 'b';
    pair.b.receive(reinviteFrom(pair, 'INVITE', HOLD));
    pair.b.receive(reinviteFrom(pair, 'CANCEL', ''));
    expect(pair.titles()).toEqual(['b 100 INVITE', 'b 200 CANCEL', 'b 487 INVITE']);
    pair.b.acceptReoffer(1, HELD);
    expect(pair.titles()).toHaveLength(3);
    expect(pair.b.ended(1)).toBeUndefined();
  });
});

describe('UPDATE', () => {
  it('with an offer is answered with ours', () => {
    const pair = established();
    pair.b.receive(reinviteFrom(pair, 'UPDATE', HOLD));
    expect(pair.b.events.at(-1)).toMatchObject({ kind: 'reoffer', offer: HOLD });
    expect(pair.wire.at(-1)!.title).toBe('200 UPDATE');
    expect(pair.wire.at(-1)!.text.endsWith(HELD)).toBe(true);
  });

  it('without one is answered at once, and moves the target', () => {
    const pair = established();
    pair.b.receive(
      reinviteFrom(pair, 'UPDATE', '').replace(/Contact: [^\r]*/, 'Contact: <sip:moved@192.0.2.1:5999>'),
    );
    expect(pair.titles()).toEqual(['b 200 UPDATE']);
    expect(pair.b.kinds()).toEqual(['incoming-call', 'confirmed']);
    pair.b.hangUp(1);
    expect(pair.wire.at(-1)!.text).toMatch(/^BYE sip:moved@192.0.2.1:5999 /);
  });

  it('meeting our own offer is answered 491', () => {
    const pair = established();
    pair.loses = () => true;
    pair.b.reinvite(1, HOLD);
    pair.b.receive(reinviteFrom(pair, 'UPDATE', HOLD));
    expect(pair.titles()).toEqual(['b INVITE', 'b 491 UPDATE']);
  });
});

/** A request of A within the call, as B would get it. */
function reinviteFrom(pair: SipPair, method: string, sdp: string): string {
  const call = pair.a.userAgent.snapshot(1)!.dialog;
  const branch = method === 'CANCEL' ? 'INVITE' : method;
  const type = sdp === '' ? '' : 'Content-Type: application/sdp\r\n';
  return [
    `${method} ${call.remoteTarget} SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK${branch}`,
    'Max-Forwards: 70',
    `From: ${call.localParty};tag=${call.localTag}`,
    `To: ${call.remoteParty};tag=${call.remoteTag}`,
    `Call-ID: ${call.callId}`,
    `CSeq: 20 ${method}`,
    'Contact: <sip:a@192.0.2.1:5060>',
    `${type}Content-Length: ${sdp.length}`,
    '',
    sdp,
  ].join('\r\n');
}

function byeFrom(pair: SipPair): string {
  return reinviteFrom(pair, 'BYE', '').replace('CSeq: 20', 'CSeq: 1');
}
