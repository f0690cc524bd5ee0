import { describe, expect, it } from 'vitest';
import { SipPair } from '../support/sip-pair.ts';

const OFFER = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';
const ANSWER = 'v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\n';

describe('a call between two user agents', () => {
  it.each(['udp', 'tcp'] as const)(
    'is offered, rung, answered, confirmed and hung up over %s',
    (transport) => {
      const pair = new SipPair({ transport, delayMs: 10 });
      pair.b.onEvent = (event) => {
        if (event.kind !== 'incoming-call') return;
        expect(event.offer).toBe(OFFER);
        pair.b.ring(event.session);
        pair.b.answer(event.session, ANSWER);
      };
      const session = pair.a.invite(OFFER);
      pair.run(1000);
      expect(pair.titles()).toEqual(['a INVITE', 'b 100 INVITE', 'b 180 INVITE', 'b 200 INVITE', 'a ACK']);
      expect(pair.a.events).toMatchObject([
        { kind: 'ringing', session, statusCode: 180, answer: undefined },
        { kind: 'answered', session, answer: ANSWER },
      ]);
      expect(pair.b.kinds()).toEqual(['incoming-call', 'confirmed']);

      pair.a.hangUp(session, 'Q.850;cause=16');
      pair.run(1000);
      expect(pair.titles().slice(5)).toEqual(['a BYE', 'b 200 BYE']);
      expect(pair.a.ended(session)).toMatchObject({ by: 'local', statusCode: undefined });
      expect(pair.b.events.at(-1)).toMatchObject({ kind: 'ended', by: 'remote', reason: 'Q.850;cause=16' });

      pair.run(64_000);
      for (const end of [pair.a, pair.b]) {
        expect(end.userAgent.sessions).toBe(0);
        expect(end.userAgent.transactions).toBe(0);
        expect(end.userAgent.deadline).toBeUndefined();
      }
    },
  );
});
