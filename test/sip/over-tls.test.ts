/** SIP over TLS and sips: URIs, as far as it needs no socket. */
import { describe, expect, it } from 'vitest';
import type { Flow } from '../../src/sip/flow.ts';
import { ServerLocation } from '../../src/sip/location/server-location.ts';
import { parseUri } from '../../src/sip/message/uri.ts';
import { peerFlow, peerTcpFlow, ScriptedPeer } from '../support/scripted-peer.ts';
import { inviteText, requestText } from '../support/sip-text.ts';
import { trunkDirectory } from '../support/sip-trunks.ts';

const tlsFlow: Flow = { ...peerTcpFlow, transport: 'tls', localPort: 5061, connectionId: 9 };
const { connectionId: _connection, ...lostFlow } = tlsFlow;
const contact = (flow: Flow, usesSips: boolean): string =>
  usesSips ? 'sips:b@192.0.2.2:5061' : `sip:b@192.0.2.2:${flow.localPort};transport=${flow.transport}`;
const SDP = 'v=0\r\n';

/** A call that came in over a flow and was answered; `uri` is dialled. */
function answered(
  uri: string,
  headers: Record<string, string | undefined>,
  flow: Flow = tlsFlow,
  options: ConstructorParameters<typeof ScriptedPeer>[0] = {},
): ScriptedPeer {
  const peer = new ScriptedPeer({ contact, ...options });
  peer.says(requestText(`INVITE ${uri} SIP/2.0`, 'INVITE', headers), flow);
  peer.act((userAgent, nowMs) => userAgent.answer(peer.session, SDP, nowMs));
  peer.says(requestText(`ACK ${uri} SIP/2.0`, 'ACK', { ...headers, To: peer.header('To') }), flow);
  return peer;
}

const lose = (peer: ScriptedPeer, flow: Flow = tlsFlow): void =>
  peer.act((userAgent, nowMs) => userAgent.handleTransportError(flow, nowMs));
const hangUp = (peer: ScriptedPeer): void =>
  peer.act((userAgent, nowMs) => userAgent.hangUp(peer.session, {}, nowMs));

describe('a call over TLS', () => {
  it('has a sip: Contact that names TLS, and Vias that do', () => {
    const peer = answered('sip:x@192.0.2.2', { Contact: '<sip:a@192.0.2.1:5071;transport=tls>' });
    expect(peer.header('Contact')).toBe('<sip:b@192.0.2.2:5061;transport=tls>');
    hangUp(peer);
    expect(peer.last.flow).toEqual(tlsFlow);
    expect(peer.header('Via')).toContain('SIP/2.0/TLS 192.0.2.2:5061');
  });

  it.each([
    // Contact, goes to, has to prove
    ['<sip:a@192.0.2.1:5071;transport=tls>', '192.0.2.1:5071', '192.0.2.1'],
    ['<sip:a@192.0.2.1;transport=tls>', '192.0.2.1:5061', '192.0.2.1'],
    ['<sips:a@192.0.2.1>', '192.0.2.1:5061', '192.0.2.1'],
    ['<sip:a@192.0.2.1:5071>', '192.0.2.1:5071', '192.0.2.1'],
    ['<sip:a@192.0.2.1:5071;transport=tcp>', '192.0.2.1:5071', '192.0.2.1'],
    ['<sip:a@pbx.example.com;transport=tls>', '192.0.2.1:5061', 'pbx.example.com'],
  ])(
    'outlives its connection: to %s the next request goes over a new one, never in the clear',
    (header, to, name) => {
      const peer = answered('sip:x@192.0.2.2', { Contact: header });
      lose(peer);
      expect(peer.kinds()).toEqual(['incoming-call', 'confirmed']);
      hangUp(peer);
      const { transport, remoteAddress, remotePort, connectionId, tls } = peer.last.flow;
      expect({ transport, connectionId, tls }).toEqual({ transport: 'tls', tls: { serverName: name } });
      expect(`${remoteAddress}:${remotePort}`).toBe(to);
    },
  );

  it('opens its new connection as the trunk that it came over', () => {
    const trunks = trunkDirectory({ name: 'pbx', addresses: ['192.0.2.1'] });
    const headers = { Contact: '<sip:a@192.0.2.1:5071;transport=tls>' };
    const peer = answered('sip:x@192.0.2.2', headers, tlsFlow, { trunks });
    lose(peer);
    hangUp(peer);
    expect(peer.last.flow.tls).toEqual({ serverName: '192.0.2.1', identity: 'pbx' });
  });

  it('of ours goes on to the server that it was made over, when that has no address we could know', () => {
    const made: Flow = { ...tlsFlow, tls: { serverName: 'carrier.example', identity: 'carrier' } };
    const headers = { Contact: '<sip:a@10.0.0.1;transport=tls>' };
    const peer = answered('sip:x@192.0.2.2', headers, made);
    lose(peer, made);
    hangUp(peer);
    const { connectionId: _gone, ...address } = made;
    expect(peer.last.flow).toEqual(address);
  });

  it('whose connection is lost before the answer gets it over a new one, to the Via', () => {
    const peer = new ScriptedPeer({ contact });
    const via = 'SIP/2.0/TLS pbx.example.com;branch=z9hG4bKx';
    peer.says(inviteText({ Via: via }), tlsFlow);
    lose(peer);
    peer.act((userAgent, nowMs) => userAgent.answer(peer.session, SDP, nowMs));
    expect(peer.last).toMatchObject({
      title: '200 INVITE',
      flow: { ...lostFlow, remotePort: 5061, tls: { serverName: 'pbx.example.com' } },
    });
  });
});

describe('a sips: URI', () => {
  it.each(['udp', 'tcp'] as const)('dialled over %s is refused 416: the hop is not secured', (transport) => {
    const peer = new ScriptedPeer({ contact });
    const flow = transport === 'udp' ? peerFlow : peerTcpFlow;
    for (const method of ['INVITE', 'OPTIONS'])
      peer.says(requestText(`${method} sips:x@192.0.2.2 SIP/2.0`, method), flow);
    expect(peer.titles()).toEqual(['416 INVITE', '416 OPTIONS']);
    expect(peer.userAgent.refusals.get('insecure-sips')).toBe(2);
    expect(peer.events).toEqual([]);
  });

  it.each([
    ['dialled', 'sips:x@192.0.2.2', { Contact: '<sips:a@192.0.2.1>' }],
    ['in Contact', 'sip:x@192.0.2.2', { Contact: '<sips:a@192.0.2.1>' }],
    ['in the first Record-Route', 'sip:x@192.0.2.2', { 'Record-Route': '<sips:192.0.2.1;lr>' }],
  ])(
    '%s is answered with one, also in later requests of ours (RFC 3261 section 12.1.1)',
    (_where, uri, headers) => {
      const peer = answered(uri, headers);
      expect(peer.header('Contact', peer.sent[1])).toBe('<sips:b@192.0.2.2:5061>');
      peer.act((userAgent, nowMs) => userAgent.reinvite(peer.session, SDP, nowMs));
      expect(peer.last.title).toBe('INVITE');
      expect(peer.header('Contact')).toBe('<sips:b@192.0.2.2:5061>');
    },
  );

  it('behind a Record-Route that is none does not ask for one', () => {
    const headers = { Contact: '<sips:a@192.0.2.1>', 'Record-Route': '<sip:192.0.2.1;lr;transport=tls>' };
    const peer = answered('sip:x@192.0.2.2', headers);
    expect(peer.header('Contact')).toBe('<sip:b@192.0.2.2:5061;transport=tls>');
  });

  it.each([
    ['<sips:a@192.0.2.1:5071>', '192.0.2.1', 5071],
    // Behind a NAT, or by a name: where it is heard from, if that proves the name.
    ['<sips:a@pbx.example.com>', 'pbx.example.com', 5061],
    ['<sips:a@10.0.0.1>', '10.0.0.1', 5061],
  ])(
    'in the Contact of a call over UDP or TCP is reached over TLS alone: %s',
    (header, serverName, remotePort) => {
      for (const flow of [peerFlow, peerTcpFlow]) {
        const peer = answered('sip:x@192.0.2.2', { Contact: header }, flow);
        hangUp(peer);
        expect(peer.last.flow).toEqual({
          ...{ transport: 'tls', localAddress: '192.0.2.2', localPort: 5060, remoteAddress: '192.0.2.1' },
          ...{ remotePort, tls: { serverName } },
        });
      }
    },
  );

  it('is never called over anything but TLS', () => {
    const peer = new ScriptedPeer({ contact });
    const call = { target: 'sips:a@192.0.2.1', from: '<sip:b@192.0.2.2>', sdp: SDP };
    expect(() => peer.act((userAgent) => userAgent.invite({ ...call, flow: peerFlow }, 0).outputs)).toThrow(
      /TLS/,
    );
    peer.act((userAgent) => userAgent.invite({ ...call, flow: lostFlow }, 0).outputs);
    expect(peer.header('Contact')).toBe('<sips:b@192.0.2.2:5061>');
  });

  it('in the first Route of a call of ours has a sips: Contact (section 8.1.1.8)', () => {
    const peer = new ScriptedPeer({ contact });
    const call = { target: 'sip:a@192.0.2.1', from: '<sip:b@192.0.2.2>', sdp: SDP, flow: lostFlow };
    peer.act((userAgent) => userAgent.invite({ ...call, routes: ['<sips:192.0.2.1;lr>'] }, 0).outputs);
    expect(peer.header('Contact')).toBe('<sips:b@192.0.2.2:5061>');
  });

  it('is found by NAPTR as SIPS+D2T alone, whatever else there is', () => {
    const uri = parseUri('sips:example.com');
    if (uri?.kind !== 'sip') throw new Error('a sips: URI is a SIP URI');
    const options = { transports: ['udp', 'tcp', 'tls'], families: ['ipv4'], random: () => 0 } as const;
    const location = new ServerLocation(uri, options);
    const naptr = { type: 'NAPTR', preference: 1, flags: 's' } as const;
    location.handleAnswers([
      [
        { ...naptr, order: 1, service: 'SIP+D2T', replacement: '_sip._tcp.example.com' },
        { ...naptr, order: 2, service: 'SIPS+D2T', replacement: '_sips._tcp.example.com' },
      ],
    ]);
    expect(location.questions).toEqual([{ type: 'SRV', name: '_sips._tcp.example.com' }]);
  });
});

describe('a trunk known by its certificate', () => {
  const trunks = trunkDirectory(
    {
      name: 'carrier',
      inboundAuth: 'certificate',
      certifiedNames: ['carrier.example'],
      addresses: ['192.0.2.1'],
    },
    { name: 'office', addresses: ['192.0.2.1', '192.0.2.7'] },
  );
  const headers = { Contact: '<sip:a@192.0.2.1:5071;transport=tls>' };
  const certified: Flow = { ...tlsFlow, certifiedNames: ['carrier.example'] };
  const elsewhere: Flow = { ...certified, remoteAddress: '203.0.113.5' };

  it('calls from wherever it proves its name', () => {
    const peer = new ScriptedPeer({ contact, trunks });
    peer.says(inviteText(headers), elsewhere);
    expect(peer.events).toMatchObject([{ kind: 'incoming-call', trunk: 'carrier' }]);
  });

  it.each([
    ['over UDP', peerFlow],
    ['without a certificate', tlsFlow],
    ["with somebody else's", { ...tlsFlow, certifiedNames: ['evil.example'] }],
  ])('is not believed %s from its own address: 403', (_how, flow) => {
    const peer = new ScriptedPeer({ contact, trunks });
    peer.says(inviteText(headers), flow);
    expect(peer.titles()).toEqual(['403 INVITE']);
    expect(peer.userAgent.refusals.get('uncertified')).toBe(1);
  });

  it('has calls that nobody else can end, not even from the same address', () => {
    const peer = answered('sip:x@192.0.2.2', headers, certified, { trunks });
    const bye = (sequence: number): string =>
      requestText('BYE sip:b@192.0.2.2 SIP/2.0', 'BYE', {
        ...{ CSeq: `${sequence} BYE`, To: peer.header('To', peer.sent[1]) },
        Via: `SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKbye${sequence}`,
      });
    peer.says(bye(314_160), peerFlow);
    expect(peer.last.title).toBe('403 BYE');
    peer.says(bye(314_161), { ...certified, remoteAddress: '203.0.113.5', connectionId: 11 });
    expect(peer.last.title).toBe('200 BYE');
  });

  it('is at the other end of a connection that we opened to it', () => {
    const opened: Flow = { ...tlsFlow, tls: { serverName: 'sip.carrier.example', identity: 'carrier' } };
    const peer = new ScriptedPeer({ contact, trunks });
    peer.says(inviteText(headers), opened);
    expect(peer.events).toMatchObject([{ kind: 'incoming-call', trunk: 'carrier' }]);
  });
});

describe('a registration over TLS', () => {
  const flow: Flow = {
    ...lostFlow,
    remotePort: 5061,
    tls: { serverName: 'carrier.example', identity: 'carrier' },
  };
  const connected: Flow = { ...flow, connectionId: 4 };

  function registered(registrar = 'sip:carrier.example;transport=tls'): ScriptedPeer {
    const trunks = trunkDirectory({ name: 'carrier', addresses: ['192.0.2.1'] });
    const peer = new ScriptedPeer({ contact, trunks });
    const addressOfRecord = 'sip:us@carrier.example';
    const options = {
      trunk: 'carrier',
      registrars: [registrar],
      addressOfRecord,
      contactUser: 'us',
      expiresS: 3600,
      keepAliveS: 0,
    };
    peer.act((userAgent) => userAgent.register(options));
    peer.act((userAgent, nowMs) => userAgent.handleLocated('carrier', [flow], nowMs));
    peer.responds('200 OK', 'REGISTER', { flow: connected });
    return peer;
  }

  it('has a Contact of the scheme of its registrar', () => {
    expect(registered().header('Contact')).toBe('<sip:us@192.0.2.2:5061;transport=tls>');
    expect(registered('sips:carrier.example').header('Contact')).toBe('<sips:us@192.0.2.2:5061>');
  });

  it('whose connection is lost is made again within seconds: calls may have no other way to us', () => {
    const peer = registered();
    lose(peer, { ...connected, connectionId: 5 });
    peer.run(60_000);
    expect(peer.located).toHaveLength(1);
    lose(peer, connected);
    peer.run(4000);
    expect(peer.located).toHaveLength(2);
  });

  it('whose connections are closed at once is made again at growing intervals, up to its refresh', () => {
    const peer = registered();
    const answeredAtMs: number[] = [];
    for (let id = 4; id < 40 && peer.nowMs < 7_200_000; id++) {
      lose(peer, { ...connected, connectionId: id });
      const asked = peer.located.length;
      while (peer.located.length === asked) peer.run(500);
      peer.act((userAgent, nowMs) => userAgent.handleLocated('carrier', [flow], nowMs));
      peer.responds('200 OK', 'REGISTER', { flow: { ...flow, connectionId: id + 1 } });
      answeredAtMs.push(peer.nowMs);
    }
    const waitsMs = answeredAtMs.map((atMs, n) => atMs - (answeredAtMs[n - 1] ?? 0));
    expect(waitsMs[0]).toBeLessThanOrEqual(4500);
    expect(waitsMs.length).toBeLessThan(15);
    expect(Math.max(...waitsMs)).toBeLessThan(3_600_000);
    peer.run(60_000);
    lose(peer, { ...connected, connectionId: 4 + answeredAtMs.length });
    const asked = peer.located.length;
    peer.run(4000);
    expect(peer.located.length).toBe(asked + 1);
  });

  it('does not end because the connection of another trunk to the same server did', () => {
    const peer = registered();
    lose(peer, connected);
    peer.run(4000);
    peer.act((userAgent, nowMs) => userAgent.handleLocated('carrier', [flow], nowMs));
    const sent = peer.titles().length;
    lose(peer, { ...connected, tls: { serverName: 'carrier.example', identity: 'other' }, connectionId: 6 });
    expect(peer.titles()).toHaveLength(sent);
    expect(peer.registrations).toHaveLength(1);
    lose(peer, { ...connected, connectionId: 7 });
    expect(peer.registrations.at(-1)).toMatchObject({ kind: 'registration-failed', statusCode: 503 });
  });
});
