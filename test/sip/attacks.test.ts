/** Attacks on telephone systems that are known by name, each with what must come of it. */
import { describe, expect, it } from 'vitest';
import { DigestClient } from '../../src/sip/auth/digest-client.ts';
import type { Flow } from '../../src/sip/flow.ts';
import { headerValues } from '../../src/sip/message/headers.ts';
import { peerFlow, ScriptedPeer } from '../support/scripted-peer.ts';
import { inviteText, requestText } from '../support/sip-text.ts';
import { trunkDirectory } from '../support/sip-trunks.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';
const CONTACT = 'Contact: <sip:callee@192.0.2.1:5070>\n';
const ALL_METHODS = [
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'INFO', 'PRACK', 'UPDATE', 'MESSAGE'],
  ...['SUBSCRIBE', 'NOTIFY', 'REFER', 'PUBLISH'],
];
const stranger: Flow = { ...peerFlow, remoteAddress: '203.0.113.66', remotePort: 5066 };

/** Two trunks of ours that challenge us, one of which calls are made over. */
const carriers = trunkDirectory(
  {
    name: 'carrier',
    addresses: ['192.0.2.1'],
    credentials: { username: 'us', password: 'secret', realm: 'carrier' },
  },
  {
    name: 'other',
    addresses: ['192.0.2.9'],
    credentials: { username: 'us2', password: 'secret2', realm: 'other' },
  },
);

const challengeOf = (realm: string): string =>
  `WWW-Authenticate: Digest realm="${realm}", nonce="n", qop="auth"\n`;

describe('digest leak (CVE-2021-41158): whoever challenges a request of ours', () => {
  const proofs = (peer: ScriptedPeer): string[] =>
    peer.sent.flatMap(({ message }) => [
      ...headerValues(message, 'Authorization'),
      ...headerValues(message, 'Proxy-Authorization'),
    ]);

  function ownCall(): ScriptedPeer {
    const peer = new ScriptedPeer({ trunks: carriers });
    const call = {
      target: 'sip:x@192.0.2.1',
      from: '<sip:us@192.0.2.2>',
      flow: peerFlow,
      sdp: SDP,
      trunk: 'carrier',
    };
    peer.act((userAgent, nowMs) => userAgent.invite(call, nowMs).outputs);
    peer.responds('200 OK', 'INVITE', { headers: CONTACT });
    return peer;
  }

  const requests: [string, (peer: ScriptedPeer) => void][] = [
    ['BYE', (peer) => peer.act((userAgent, nowMs) => userAgent.hangUp(1, {}, nowMs))],
    ['INVITE', (peer) => peer.act((userAgent, nowMs) => userAgent.reinvite(1, SDP, nowMs))],
    ['UPDATE', (peer) => peer.act((userAgent, nowMs) => userAgent.update(1, SDP, nowMs))],
    ['REFER', (peer) => peer.act((userAgent, nowMs) => userAgent.refer(1, 'sip:y@x', nowMs))],
    ['INFO', (peer) => peer.act((userAgent, nowMs) => userAgent.sendInfo(1, 'x/y', Buffer.from('x'), nowMs))],
  ];

  it.each(requests)('(%s) with the realm of another trunk is shown nothing', (method, send) => {
    const peer = ownCall();
    send(peer);
    peer.responds('401 Unauthorized', method, { headers: challengeOf('other') });
    peer.run(40_000);
    expect(proofs(peer)).toEqual([]);
    expect(peer.userAgent.refusals.get('foreign-challenge')).toBe(1);
  });

  it.each(requests)('(%s) in a call that came in is shown nothing, whatever the realm', (method, send) => {
    const peer = new ScriptedPeer({ trunks: carriers });
    peer.says(inviteText());
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, SDP, nowMs));
    const to = peer.header('To');
    peer.says(requestText('ACK sip:b@192.0.2.2 SIP/2.0', 'ACK', { To: to }));
    send(peer);
    peer.responds('401 Unauthorized', method, { headers: challengeOf('carrier') });
    peer.responds('407 Proxy', method, { headers: challengeOf('carrier').replace('WWW', 'Proxy') });
    peer.run(40_000);
    expect(proofs(peer)).toEqual([]);
  });

  it('from another host than the trunk is shown nothing: a callee that moves its Contact, an answer from elsewhere', () => {
    const moved = new ScriptedPeer({ trunks: carriers });
    const call = {
      target: 'sip:x@192.0.2.1',
      from: '<sip:us@192.0.2.2>',
      flow: peerFlow,
      sdp: SDP,
      trunk: 'carrier',
    };
    moved.act((userAgent, nowMs) => userAgent.invite(call, nowMs).outputs);
    moved.responds('200 OK', 'INVITE', { headers: 'Contact: <sip:evil@203.0.113.66>\n' });
    moved.act((userAgent, nowMs) => userAgent.hangUp(1, {}, nowMs));
    expect(moved.last.flow.remoteAddress).toBe('203.0.113.66');
    moved.responds('401 Unauthorized', 'BYE', { headers: challengeOf('carrier'), flow: stranger });
    const spoofed = ownCall();
    spoofed.act((userAgent, nowMs) => userAgent.hangUp(1, {}, nowMs));
    spoofed.responds('401 Unauthorized', 'BYE', { headers: challengeOf('carrier'), flow: stranger });
    expect([...proofs(moved), ...proofs(spoofed)]).toEqual([]);
  });

  it('over no trunk is shown nothing', () => {
    const peer = new ScriptedPeer({ trunks: carriers });
    const call = { target: 'sip:x@192.0.2.1', from: '<sip:us@192.0.2.2>', flow: peerFlow, sdp: SDP };
    peer.act((userAgent, nowMs) => userAgent.invite(call, nowMs).outputs);
    peer.responds('401 Unauthorized', 'INVITE', { headers: challengeOf('carrier') });
    expect(proofs(peer)).toEqual([]);
    expect(peer.events).toMatchObject([{ kind: 'ended', statusCode: 401 }]);
  });

  it('rightly is answered, with a sequence number of its own that no later request has', () => {
    const peer = ownCall();
    for (const [method, send] of requests.slice(3)) {
      send(peer);
      if (peer.sent.filter(({ title }) => title === method).length === 1 && proofs(peer).length === 0)
        peer.responds('401 Unauthorized', method, { headers: challengeOf('carrier') });
      peer.responds('202 Accepted', method);
    }
    peer.act((userAgent, nowMs) => userAgent.hangUp(1, {}, nowMs));
    const sequences = peer.sent.map((sent) => peer.header('CSeq', sent));
    expect(sequences).toEqual(['1 INVITE', '1 ACK', '2 REFER', '3 REFER', '4 INFO', '5 BYE']);
    expect(proofs(peer)).toHaveLength(3);
    expect(proofs(peer)[0]).toContain('uri="sip:callee@192.0.2.1:5070"');
  });
});

describe('weak digest and replay (RFC 8760): a proof seen on the way', () => {
  it('opens no second call, from the same address or another', () => {
    const { peer, proven } = provenInvite();
    const again = proven
      .replace(/branch=\w+/, 'branch=z9hG4bKagain')
      .replace(/Call-ID: \S+/, 'Call-ID: again');
    peer.says(again);
    expect(peer.last.title).toBe('401 INVITE');
    expect(peer.header('WWW-Authenticate')).toContain('stale=true');
    peer.says(again.replace('z9hG4bKagain', 'z9hG4bKelsewhere'), stranger);
    expect(peer.last.title).toBe('401 INVITE');
    expect(peer.kinds()).toEqual(['incoming-call']);
  });

  it('is asked for with SHA-512-256 first, and taken by nothing that was not offered', () => {
    const { peer, challenges } = provenInvite();
    expect(challenges.map((value) => /algorithm=([\w-]+)/.exec(value)![1])).toEqual([
      'SHA-512-256',
      'SHA-256',
      'MD5',
    ]);
    const strict = new ScriptedPeer({ trunks: phones, digest: { realm: 'sip', algorithms: ['SHA-256'] } });
    strict.says(inviteText());
    expect(headerValues(strict.last.message, 'WWW-Authenticate')).toHaveLength(1);
    expect(peer.userAgent.sessions).toBe(1);
  });
});

describe('enumeration (svmap, svwar, svcrack): a stranger', () => {
  it('gets the same answer to every method, number and name, but for what it sent itself and the nonce', () => {
    const answers = new Set<string>();
    for (const method of ALL_METHODS.filter((name) => name !== 'ACK' && name !== 'CANCEL')) {
      for (const user of ['100', 'bob', 'nobody']) {
        const peer = new ScriptedPeer({ trunks: phones });
        const to = `<sip:${user}@192.0.2.2>`;
        peer.says(requestText(`${method} sip:${user}@192.0.2.2 SIP/2.0`, method, { To: to }), stranger);
        const answer = peer.last.text
          .replaceAll(method, 'METHOD')
          .replaceAll(`sip:${user}@`, 'sip:USER@')
          .replace(/nonce="[^"]*"/g, 'nonce')
          .replace(/tag=[0-9a-f]{16}/, 'tag');
        answers.add(answer);
      }
    }
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toMatch(/^SIP\/2.0 401 /);
    expect([...answers][0]).not.toMatch(/Server|User-Agent|Allow|Supported/i);
  });

  it('that proves a wrong password sees no difference between a name that is known and one that is not', () => {
    const answers = ['alice', 'nobody'].map((username) => {
      const { peer } = provenInvite({ username, password: 'wrong' }, stranger);
      return peer.last.text.replace(/nonce="[^"]*"/g, 'nonce').replace(/tag=[0-9a-f]{16}/, 'tag');
    });
    expect(answers[0]).toMatch(/^SIP\/2.0 401 /);
    expect(answers[0]).toBe(answers[1]);
  });

  it('that guesses on is shut out after ten wrong passwords, with nobody else', () => {
    const peer = new ScriptedPeer({ trunks: phones });
    for (let guess = 0; guess < 12; guess++)
      provenInvite({ username: 'alice', password: `word${guess}` }, stranger, peer);
    expect(peer.last.title).toBe('403 INVITE');
    expect(peer.userAgent.refusals.get('wrong-password')).toBe(10);
    const wrong = { reason: 'wrong-password', statusCode: 401 };
    expect(peer.refused.slice(0, 10)).toEqual(new Array(10).fill(wrong));
    expect(peer.refused[10]).toEqual({ reason: 'locked-out', statusCode: 403 });
    provenInvite({ username: 'alice', password: 'wonder' }, stranger, peer);
    expect(peer.last.title).toBe('403 INVITE');
    provenInvite(undefined, undefined, peer);
    expect(peer.kinds()).toEqual(['incoming-call']);
    peer.run(600_000);
    provenInvite({ username: 'alice', password: 'wonder' }, stranger, peer);
    expect(peer.kinds()).toEqual(['incoming-call', 'incoming-call']);
  });

  it('cannot have somebody shut out by writing his address into datagrams: it never saw his nonces', () => {
    const peer = new ScriptedPeer({ trunks: phones });
    const proof =
      'Digest username="alice", realm="sip", nonce="guess", uri="sip:x", response="0", cnonce="c", qop=auth, nc=00000001';
    for (let forged = 0; forged < 100; forged++) {
      const Via = `SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK${forged}`;
      peer.says(inviteText({ Via, Authorization: proof }));
    }
    provenInvite(undefined, undefined, peer);
    expect(peer.kinds()).toEqual(['incoming-call']);
  });
});

describe('unauthenticated methods (CVE-2021-37624, CVE-2021-41157)', () => {
  it.each(ALL_METHODS)('%s from a stranger is 401, 403, 405 or 481, and leaves nothing behind', (method) => {
    const peer = new ScriptedPeer({ trunks: phones });
    peer.says(requestText(`${method} sip:b@192.0.2.2 SIP/2.0`, method), stranger);
    const dialog = { To: '<sip:b@192.0.2.2>;tag=guess', Via: 'SIP/2.0/UDP x;rport;branch=z9hG4bKother' };
    peer.says(requestText(`${method} sip:b@192.0.2.2 SIP/2.0`, method, dialog), stranger);
    const expected = method === 'ACK' ? [] : [expect.stringMatching(/^4(01|03|05|81) /), `481 ${method}`];
    expect(peer.titles()).toEqual(expected);
    expect(peer.events).toEqual([]);
    expect([peer.userAgent.sessions, peer.userAgent.transactions]).toEqual([0, 0]);
  });

  it('a dialog cannot be taken over from elsewhere by who has seen its tags', () => {
    const peer = new ScriptedPeer({
      trunks: trunkDirectory(
        { name: 'pbx', addresses: ['192.0.2.1'] },
        { name: 'phones', inboundAuth: 'digest', accounts: { alice: 'wonder' } },
      ),
    });
    peer.says(inviteText());
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, SDP, nowMs));
    const to = peer.header('To');
    for (const method of ['BYE', 'INVITE', 'UPDATE', 'INFO', 'REFER']) {
      const Via = `SIP/2.0/UDP x;rport;branch=z9hG4bK${method}`;
      peer.says(
        requestText(`${method} sip:b@192.0.2.2 SIP/2.0`, method, { To: to, CSeq: `314160 ${method}`, Via }),
        stranger,
      );
      expect(peer.last.title).toBe(`481 ${method}`);
    }
    expect(peer.kinds()).toEqual(['incoming-call']);
    expect(peer.userAgent.refusals.get('foreign-dialog')).toBe(5);
  });

  it('a phone that proved its password may move, when it proves it again', () => {
    const { peer } = provenInvite();
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, SDP, nowMs));
    const to = peer.header('To')!;
    const bye = (branch: string, proof?: string): string =>
      requestText('BYE sip:b@192.0.2.2 SIP/2.0', 'BYE', {
        To: to,
        'Call-ID': 'call0',
        CSeq: '314160 BYE',
        Via: `SIP/2.0/UDP x;rport;branch=z9hG4bK${branch}`,
        Authorization: proof,
      });
    peer.says(bye('first'), stranger);
    expect(peer.last.title).toBe('401 BYE');
    peer.says(bye('second', proofFor(peer, 'BYE', 'sip:b@192.0.2.2', alice, stranger)), stranger);
    expect(peer.last.title).toBe('200 BYE');
    expect(peer.kinds()).toEqual(['incoming-call', 'ended']);
  });
});

describe('header smuggling (CVE-2020-28361): what a trunk says of its callers', () => {
  const trusted = trunkDirectory(
    { name: 'trusted', addresses: ['192.0.2.1'], isTrusted: true },
    { name: 'other', addresses: ['203.0.113.66'] },
  );
  const told = {
    'P-Asserted-Identity': '"Alice" <sip:+4930111@example.com>, <tel:+4930111>',
    Privacy: 'id;header',
    Diversion: '<sip:+4930222@example.com>;reason=unconditional, <sip:+4930333@example.com>',
    'User-to-User': '56a390f3d2b7310023a2;encoding=hex',
    'X-Tenant': 'acme',
    'x-campaign ': 'spring',
  };

  it('is told of a trusted trunk, read as every other header is', () => {
    const peer = new ScriptedPeer({ trunks: trusted });
    peer.says(inviteText(told));
    const [event] = peer.events;
    const caller = event?.kind === 'incoming-call' ? event.caller : undefined;
    expect(event).toMatchObject({ trunk: 'trusted' });
    expect(caller?.identities.map(({ displayName, uri }) => [displayName, uri.kind])).toEqual([
      ['Alice', 'sip'],
      [undefined, 'tel'],
    ]);
    expect(caller?.privacy).toEqual(['id', 'header']);
    expect(caller?.diversions).toHaveLength(2);
    expect(caller?.userToUser).toEqual(['56a390f3d2b7310023a2;encoding=hex']);
    expect([...caller!.extensions]).toEqual([
      ['x-tenant', 'acme'],
      ['x-campaign', 'spring'],
    ]);
  });

  it('is not told of another trunk, nor where none is configured', () => {
    for (const peer of [new ScriptedPeer({ trunks: trusted }), new ScriptedPeer()]) {
      peer.says(inviteText(told), stranger);
      expect(peer.events).toMatchObject([{ kind: 'incoming-call', caller: undefined }]);
    }
  });

  it.each([
    ['a vertical tab in the name', 'X-Tenant\x0b: evil'],
    ['a space within the name', 'X-Ten ant: evil'],
    ['a line of a lone CR', 'X-A: b\rX-Tenant: evil'],
    ['a name without a colon', 'X-Tenant'],
    ['a second one', 'X-Tenant: evil'],
    ['a second one in another case', 'x-TENANT: evil'],
    ['a second one with a space before its colon', 'X-Tenant : evil'],
    ['a second one with a tab before its colon', 'X-Tenant\t: evil'],
    ['a second one that is folded', 'X-Tenant:\r\n evil'],
    ['a second identity of the same kind', 'P-Asserted-Identity: <sip:evil@x>'],
    ['an identity that is no address', 'P-Asserted-Identity: evil'],
    ['a diversion that is no address', 'Diversion: evil'],
  ])('is refused 400 with %s', (_fault, line) => {
    const peer = new ScriptedPeer({ trunks: trusted });
    const text = inviteText({ 'P-Asserted-Identity': '<sip:alice@x>', 'X-Tenant': 'acme' });
    peer.saysAnything(text.replace('Contact:', `${line}\r\nContact:`));
    expect(peer.raw.map((sent) => sent.text.slice(0, 11))).toEqual(['SIP/2.0 400']);
    expect(peer.events).toEqual([]);
  });

  it('folded is the same as written in one line', () => {
    const peer = new ScriptedPeer({ trunks: trusted });
    peer.says(inviteText({ 'X-Tenant': 'ac\r\n me' }));
    const [event] = peer.events;
    expect(event?.kind === 'incoming-call' && event.caller?.extensions.get('x-tenant')).toBe('ac me');
  });
});

describe('toll fraud by transfer: a caller', () => {
  const two = trunkDirectory(
    { name: 'pbx', addresses: ['192.0.2.1'] },
    { name: 'other', addresses: ['203.0.113.66'], mayRefer: true },
  );

  function standing(trunks = two): ScriptedPeer {
    const peer = new ScriptedPeer({ trunks });
    peer.says(inviteText());
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, SDP, nowMs));
    return peer;
  }

  it.each(['sip:+900@premium.example', 'tel:+90012345', 'sip:b@192.0.2.2'])(
    'cannot have us call %s',
    (target) => {
      const peer = standing();
      const headers = {
        'Refer-To': `<${target}>`,
        'Referred-By': '<sip:boss@192.0.2.2>',
        To: peer.header('To'),
      };
      peer.says(requestText('REFER sip:b@192.0.2.2 SIP/2.0', 'REFER', { ...headers, CSeq: '314160 REFER' }));
      expect(peer.last.title).toBe('603 REFER');
      peer.says(
        requestText('REFER sip:b@192.0.2.2 SIP/2.0', 'REFER', {
          'Refer-To': `<${target}>`,
          Via: 'SIP/2.0/UDP x;rport;branch=z9hG4bKnew',
        }),
      );
      expect(peer.last.title).toBe('405 REFER');
      expect(peer.kinds()).toEqual(['incoming-call']);
    },
  );

  const replacing = (peer: ScriptedPeer, callId: string, changes: Record<string, string> = {}): string => {
    const tag = /tag=(\w+)/.exec(
      peer.header(
        'To',
        peer.sent.find(({ title }) => title === '200 INVITE'),
      )!,
    )![1];
    return inviteText({
      'Call-ID': 'second',
      Via: 'SIP/2.0/UDP x;rport;branch=z9hG4bKsecond',
      Replaces: `${callId};to-tag=${tag};from-tag=1928301774`,
      ...changes,
    });
  };
  const OWN = 'a84b4c76e66710@192.0.2.4';

  it('may take the place of a call of the same trunk, and the call layer is told of which', () => {
    const peer = standing();
    peer.says(replacing(peer, OWN));
    expect(peer.events.at(-1)).toMatchObject({ kind: 'incoming-call', session: 2, replaces: 1 });
  });

  it('of another trunk cannot tell a call that is there from one that is not', () => {
    for (const callId of [OWN, 'nothing']) {
      const peer = standing();
      peer.says(replacing(peer, callId), stranger);
      expect(peer.last.title).toBe('481 INVITE');
      expect(peer.kinds()).toEqual(['incoming-call']);
    }
  });

  it('where no trunks are configured takes the place of calls from its own address only', () => {
    const peer = standing(undefined);
    const open = new ScriptedPeer();
    open.says(inviteText());
    open.act((userAgent, nowMs) => userAgent.answer(open.session, SDP, nowMs));
    open.says(replacing(open, OWN), stranger);
    expect(open.last.title).toBe('481 INVITE');
    expect(peer.kinds()).toEqual(['incoming-call']);
  });

  it.each([
    ['a call that stands, when it wants one that rings', 'early-only', 486],
    ['a call that is being hung up', 'hung-up', 603],
  ])('does not take the place of %s', (_what, how, statusCode) => {
    const peer = standing();
    if (how === 'hung-up') peer.act((userAgent, nowMs) => userAgent.hangUp(peer.session, {}, nowMs));
    const text = replacing(peer, OWN);
    peer.says(
      how === 'early-only' ? text.replace('from-tag=1928301774', 'from-tag=1928301774;early-only') : text,
    );
    expect(peer.last.title).toBe(`${statusCode} INVITE`);
  });

  it('cannot hide a Replaces in another request', () => {
    const peer = standing();
    const headers = { Replaces: `${OWN};to-tag=a;from-tag=b`, To: peer.header('To') };
    peer.says(requestText('INFO sip:b@192.0.2.2 SIP/2.0', 'INFO', { ...headers, CSeq: '314160 INFO' }));
    expect(peer.last.title).toBe('400 INFO');
  });

  it('that redirects a call of ours is only reported, best first', () => {
    const peer = new ScriptedPeer();
    const call = { target: 'sip:x@192.0.2.1', from: '<sip:a@192.0.2.2>', flow: peerFlow, sdp: SDP };
    peer.act((userAgent, nowMs) => userAgent.invite(call, nowMs).outputs);
    const headers =
      'Contact: <sip:+900@premium.example>;q=0.2, <tel:+90012345>;q=0.9\nReason: SIP;cause=302\n';
    peer.responds('302 Moved', 'INVITE', { headers });
    expect(peer.titles()).toEqual(['INVITE', 'ACK']);
    expect(peer.events).toMatchObject([
      {
        ...{ kind: 'ended', by: 'remote', statusCode: 302, reason: 'SIP;cause=302' },
        contacts: ['tel:+90012345', 'sip:+900@premium.example'],
      },
    ]);
  });

  it('that sends a call round in circles runs its Max-Forwards down: ours goes on counting', () => {
    const peer = new ScriptedPeer();
    const call = {
      target: 'sip:x@192.0.2.1',
      from: '<sip:a@192.0.2.2>',
      flow: peerFlow,
      sdp: SDP,
      maxForwards: 3,
    };
    peer.act((userAgent, nowMs) => userAgent.invite(call, nowMs).outputs);
    expect(peer.header('Max-Forwards')).toBe('3');
  });
});

const phones = trunkDirectory({ name: 'phones', inboundAuth: 'digest', accounts: { alice: 'wonder' } });
const alice = { username: 'alice', password: 'wonder' };
let calls = 0;

/** An INVITE that is challenged, and the same again with proof. */
function provenInvite(
  credentials = alice,
  flow = peerFlow,
  peer: ScriptedPeer = new ScriptedPeer({ trunks: phones }),
): { peer: ScriptedPeer; proven: string; challenges: string[] } {
  const number = peer.sent.length === 0 ? 0 : ++calls;
  const text = (sequence: number, proof?: string): string =>
    inviteText({
      'Call-ID': `call${number}`,
      CSeq: `${sequence} INVITE`,
      Via: `SIP/2.0/UDP x;rport;branch=z9hG4bK${number}x${sequence}`,
      Authorization: proof,
    });
  peer.says(text(1), flow);
  const challenges = headerValues(peer.last.message, 'WWW-Authenticate');
  if (challenges.length === 0) return { peer, proven: '', challenges };
  const proven = text(2, proofFor(peer, 'INVITE', 'sip:+4930123456@192.0.2.20:5060', credentials, flow));
  peer.says(proven, flow);
  return { peer, proven, challenges };
}

/** What answers the challenge in the response sent last. */
function proofFor(
  { last }: ScriptedPeer,
  method: string,
  uri: string,
  credentials: { username: string; password: string },
  flow: Flow,
): string {
  const client = new DigestClient({ credentials, owns: () => true, newCnonce: () => 'cnonce' });
  if (last.message.kind !== 'response') throw new Error('nothing to answer');
  client.accept(last.message, flow, flow);
  return client.authorize(method, uri, flow)[0]!.value;
}
