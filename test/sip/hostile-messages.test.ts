import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../src/sip/message/parse.ts';
import { peerFlow, ScriptedPeer } from '../support/scripted-peer.ts';
import { type SipCorpus, sipCorpus } from '../support/sip-corpora.ts';
import { inviteText, requestText } from '../support/sip-text.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';

/** One whole call over the user agent, which may have had anything thrown at it. */
function expectCallWorks(peer: ScriptedPeer, number: number): void {
  const begun = peer.events.length;
  const changes = {
    'Call-ID': `valid-${number}`,
    Via: `SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKvalid${number}`,
  };
  peer.says(inviteText(changes));
  const { session } = peer;
  peer.act((userAgent, nowMs) => userAgent.answer(session, SDP, nowMs));
  const dialog = { ...changes, To: peer.header('To') };
  peer.says(requestText('ACK sip:b@192.0.2.2 SIP/2.0', 'ACK', { ...dialog, CSeq: '314159 ACK' }));
  peer.says(requestText('BYE sip:b@192.0.2.2 SIP/2.0', 'BYE', { ...dialog, CSeq: '314160 BYE' }));
  const own = peer.events.slice(begun).filter((event) => event.session === session);
  expect(own.map(({ kind }) => kind)).toEqual(['incoming-call', 'confirmed', 'ended']);
}

describe.each<SipCorpus>(['rfc4475', 'rfc5118', 'protos-sample', 'sip-malformed'])(
  'after each message of %s',
  (corpus) => {
    const messages = sipCorpus(corpus);

    it.skipIf(messages === undefined)(
      'a valid call still works, and no request has two final responses',
      () => {
        const peer = new ScriptedPeer();
        for (const [number, octets] of messages!.entries()) {
          const before = peer.raw.length;
          peer.throwIn(octets);
          for (const event of peer.events.splice(0)) {
            if (event.kind === 'incoming-call')
              peer.act((userAgent, nowMs) => userAgent.reject(event.session, 486, {}, nowMs));
          }
          const finals = peer.raw.slice(before).filter(({ text }) => /^SIP\/2\.0 [2-6]/.test(text));
          expect(finals.length).toBeLessThanOrEqual(1);
          expectCallWorks(peer, number);
        }
        peer.run(70_000);
        expect(peer.userAgent.sessions).toBe(0);
        expect(peer.userAgent.transactions).toBe(0);
      },
    );
  },
);

describe('a flood', () => {
  it.each(['REGISTER', 'OPTIONS', 'SUBSCRIBE', 'BYE'])('of %s leaves nothing behind', (method) => {
    const peer = new ScriptedPeer();
    for (let request = 0; request < 2000; request++)
      peer.says(
        requestText(`${method} sip:192.0.2.2 SIP/2.0`, method, {
          'Call-ID': `${request}`,
          Via: `SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK${request}`,
        }),
      );
    expect(peer.sent).toHaveLength(2000);
    expect(peer.userAgent.transactions).toBe(0);
    expect(peer.userAgent.deadline).toBeUndefined();
  });
});

describe('in the middle of a call', () => {
  it('no message, however spoiled, makes the user agent throw', () => {
    const texts = ['INVITE', 'ACK', 'BYE', 'CANCEL', 'UPDATE', 'INFO', 'OPTIONS', 'PRACK'].map((method) =>
      requestText(`${method} sip:b@192.0.2.2 SIP/2.0`, method, { Contact: '<sip:a@192.0.2.1>' }, SDP),
    );
    const spoiled = fc.tuple(
      fc.constantFrom(...texts),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(spoiled, { maxLength: 12 }), (messages) => {
        const peer = new ScriptedPeer();
        peer.says(inviteText());
        peer.act((userAgent, nowMs) => userAgent.answer(peer.session, SDP, nowMs));
        const to = peer.header('To')!;
        for (const [text, changes] of messages) {
          const octets = Buffer.from(text.replace(/^To: .*$/m, `To: ${to}`));
          for (const [at, value] of changes) octets[at % octets.length] = value;
          peer.throwIn(octets);
        }
        peer.run(200_000);
        for (const { text } of peer.raw) expect(text).toMatch(/\r\nContent-Length: \d+\r\n/);
      }),
      { numRuns: 300 },
    );
  });

  it('what is echoed of a bad request is never taken for another one', () => {
    const peer = new ScriptedPeer();
    peer.throwIn(Buffer.from(inviteText({ CSeq: '1 INVITE\r\n X: y' })));
    for (const { text, flow } of peer.raw) {
      expect(flow).toEqual(peerFlow);
      const outcome = parseMessage(Buffer.from(text));
      expect(outcome.ok && outcome.value.headers.some(({ name }) => name === 'X')).toBe(false);
    }
  });
});
