import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../src/sip/flow.ts';
import type { RegistrationOptions } from '../../../src/sip/registration/registration-options.ts';
import { peerFlow, ScriptedPeer } from '../../support/scripted-peer.ts';
import { trunkDirectory } from '../../support/sip-trunks.ts';

const options: RegistrationOptions = {
  trunk: 'carrier',
  registrars: ['sip:carrier.example'],
  addressOfRecord: 'sip:+4930123@carrier.example',
  contactUser: '+4930123',
  expiresS: 3600,
  keepAliveS: 0,
};
const second: Flow = { ...peerFlow, remoteAddress: '192.0.2.9' };

function registering(
  parts: Partial<RegistrationOptions> = {},
  targets: readonly Flow[] = [peerFlow],
): ScriptedPeer {
  const trunks = trunkDirectory({
    name: 'carrier',
    addresses: ['192.0.2.1', '192.0.2.9'],
    credentials: { username: 'us', password: 'secret' },
  });
  const peer = new ScriptedPeer({ trunks });
  peer.act((userAgent) => userAgent.register({ ...options, ...parts }));
  located(peer, targets);
  return peer;
}

const located = (peer: ScriptedPeer, targets: readonly Flow[] = [peerFlow]): void =>
  peer.act((userAgent, nowMs) => userAgent.handleLocated('carrier', targets, nowMs));
const isRegistered = (peer: ScriptedPeer): boolean | undefined =>
  peer.userAgent.registrations(peer.nowMs).get('carrier');
const granted = (peer: ScriptedPeer, expiresS: number, headers = ''): void =>
  peer.responds('200 OK', 'REGISTER', {
    headers: `Contact: <sip:+4930123@192.0.2.2:5060>;expires=${expiresS}\n${headers}`,
  });

describe('a registration', () => {
  it('asks where the registrar is, and says who we are and where', () => {
    const peer = registering();
    expect(peer.located).toEqual(['sip:carrier.example']);
    expect(peer.last.text).toMatch(/^REGISTER sip:carrier.example SIP\/2.0\r\n/);
    expect(peer.header('To')).toBe('<sip:+4930123@carrier.example>');
    expect(peer.header('From')).toMatch(/^<sip:\+4930123@carrier.example>;tag=\w+$/);
    expect(peer.header('Contact')).toBe('<sip:+4930123@192.0.2.2:5060>');
    expect(peer.header('Expires')).toBe('3600');
    expect(isRegistered(peer)).toBe(false);
  });

  it('keeps a NAT open over UDP, along the way that the binding has, until it is taken back', () => {
    const peer = registering({ keepAliveS: 25 });
    peer.run(60_000);
    expect(peer.keepAlives).toEqual([]);
    located(peer);
    granted(peer, 600);
    const fromMs = peer.nowMs;
    peer.run(100_000);
    expect(peer.keepAlives.map(({ atMs }) => atMs - fromMs)).toEqual([25_000, 50_000, 75_000, 100_000]);
    expect(peer.keepAlives[0]!.flow).toEqual(peerFlow);
    peer.act((userAgent, nowMs) => userAgent.unregister(nowMs));
    peer.run(100_000);
    expect(peer.keepAlives).toHaveLength(4);
  });

  it('needs none over TCP', () => {
    const peer = registering({ keepAliveS: 25 }, [{ ...peerFlow, transport: 'tcp' }]);
    granted(peer, 600);
    peer.run(100_000);
    expect(peer.keepAlives).toEqual([]);
  });

  it('is refreshed at the interval that is granted, with the same Call-ID and the next number', () => {
    const peer = registering();
    granted(peer, 600);
    expect(peer.registrations).toMatchObject([
      { kind: 'registered', trunk: 'carrier', address: '192.0.2.1:5060', expiresS: 600, serviceRoute: [] },
    ]);
    const [first] = peer.sent;
    peer.run(539_999);
    expect(peer.titles()).toEqual(['REGISTER']);
    peer.run(1);
    located(peer);
    expect(peer.titles()).toEqual(['REGISTER', 'REGISTER']);
    expect(peer.header('Call-ID')).toBe(peer.header('Call-ID', first));
    expect(peer.header('CSeq')).toBe('2 REGISTER');
    granted(peer, 600);
    expect(peer.registrations).toHaveLength(1);
    expect(isRegistered(peer)).toBe(true);
  });

  it.each([
    [
      'the Expires header, where the Contact says nothing',
      'Expires: 100\nContact: <sip:+4930123@192.0.2.2:5060>\n',
      100,
    ],
    [
      'our own Contact among others',
      'Contact: <sip:x@y>;expires=9, <sip:+4930123@192.0.2.2:5060>;expires=200\n',
      200,
    ],
    ['a Contact written anew for a NAT', 'Contact: <sip:+4930123@203.0.113.7:1024>;expires=300\n', 300],
    [
      'a Contact with GRUUs, which are passed over',
      'Contact: <sip:+4930123@192.0.2.2:5060>;pub-gruu="sip:x@y;gr=1";temp-gruu="sip:z@y;gr";expires=250\n',
      250,
    ],
    ['what we asked for, where nothing is said', '', 3600],
    ['ten seconds at least', 'Contact: <sip:+4930123@192.0.2.2:5060>;expires=0\n', 10],
  ])('is granted by %s', (_source, headers, expiresS) => {
    const peer = registering();
    peer.responds('200 OK', 'REGISTER', { headers });
    expect(peer.registrations).toMatchObject([{ kind: 'registered', expiresS }]);
  });

  it('proves our password when asked, and in refreshes at once', () => {
    const peer = registering();
    peer.responds('401 No', 'REGISTER', {
      headers: 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\n',
    });
    expect(peer.header('CSeq')).toBe('2 REGISTER');
    expect(peer.header('Authorization')).toContain('nc=00000001');
    granted(peer, 100);
    peer.run(60_000);
    located(peer);
    expect(peer.header('Authorization')).toContain('nc=00000002');
    peer.responds('401 No', 'REGISTER', {
      headers: 'WWW-Authenticate: Digest realm="r", nonce="m", stale=true, qop="auth"\n',
    });
    expect(peer.header('Authorization')).toContain('nonce="m"');
    granted(peer, 100);
    expect(isRegistered(peer)).toBe(true);
  });

  it('with a wrong password is not tried again and again', () => {
    const peer = registering();
    const headers = 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\n';
    peer.responds('401 No', 'REGISTER', { headers });
    peer.responds('401 No', 'REGISTER', { headers });
    expect(peer.titles()).toHaveLength(2);
    expect(peer.registrations).toMatchObject([{ kind: 'registration-failed', statusCode: 401 }]);
    expect(peer.userAgent.refusals.get('credentials-rejected')).toBe(1);
  });

  it('takes the interval that the registrar wants at least (423)', () => {
    const peer = registering({ expiresS: 60 });
    peer.responds('423 Interval Too Brief', 'REGISTER', { headers: 'Min-Expires: 900\n' });
    expect(peer.header('Expires')).toBe('900');
    peer.responds('423 Interval Too Brief', 'REGISTER', { headers: 'Min-Expires: 900\n' });
    expect(peer.registrations).toMatchObject([{ kind: 'registration-failed', statusCode: 423 }]);
  });

  it('tells the route that calls over the trunk take (RFC 3608), and passes over Path', () => {
    const peer = registering();
    granted(
      peer,
      600,
      'Service-Route: <sip:p1.carrier.example;lr>, <sip:p2.carrier.example;lr>\nPath: <sip:edge;lr>\n',
    );
    expect(peer.registrations[0]).toMatchObject({
      serviceRoute: ['<sip:p1.carrier.example;lr>', '<sip:p2.carrier.example;lr>'],
    });
  });
});

describe('a registrar that fails', () => {
  it('is followed by the next address, then by the next registrar', () => {
    const peer = registering({ registrars: ['sip:one.example', 'sip:two.example'] }, [peerFlow, second]);
    peer.responds('503 Down', 'REGISTER');
    expect(peer.last.flow).toEqual(second);
    peer.run(10_000);
    expect(peer.located).toEqual(['sip:one.example', 'sip:two.example']);
    located(peer, [peerFlow]);
    expect(peer.last.text).toMatch(/^REGISTER sip:two.example /);
    granted(peer, 600);
    expect(peer.registrations).toMatchObject([{ kind: 'registered', registrar: 'sip:two.example' }]);
  });

  it('is gone back to at the next refresh', () => {
    const peer = registering({ registrars: ['sip:one.example', 'sip:two.example'] }, []);
    located(peer);
    granted(peer, 600);
    peer.run(540_000);
    expect(peer.located.at(-1)).toBe('sip:one.example');
    located(peer);
    granted(peer, 600);
    expect(peer.registrations.at(-1)).toMatchObject({ registrar: 'sip:one.example' });
  });

  it('and answers after all is not heard any more', () => {
    const peer = registering({ registrars: ['sip:one.example', 'sip:two.example'] });
    const late = peer.last;
    peer.run(10_000);
    located(peer, [second]);
    const { message } = late;
    const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map(
      (name) => `${name}: ${peer.header(name, late)}`,
    );
    expect(message.kind).toBe('request');
    peer.says(`SIP/2.0 200 OK\n${copied.join('\n')}\nContent-Length: 0\n\n`);
    expect(isRegistered(peer)).toBe(false);
  });

  it('like every other is tried again at growing, spread intervals of up to half an hour', () => {
    const peer = registering();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      peer.responds('500 Broken', 'REGISTER');
      const failed = peer.registrations.at(-1);
      if (failed?.kind !== 'registration-failed') throw new Error('it did not fail');
      waits.push(failed.retryInMs);
      peer.run(failed.retryInMs);
      located(peer);
    }
    const ceilings = [30, 60, 120, 240, 480, 960, 1800, 1800, 1800].map((seconds) => seconds * 1000);
    for (const [attempt, waitMs] of waits.entries()) {
      expect(waitMs).toBeGreaterThanOrEqual(ceilings[attempt]! / 2);
      expect(waitMs).toBeLessThanOrEqual(ceilings[attempt]!);
    }
    expect(new Set(waits).size).toBe(9);
  });

  it('says when it wants to be asked again', () => {
    const peer = registering();
    peer.responds('503 Busy', 'REGISTER', { headers: 'Retry-After: 300 (maintenance)\n' });
    expect(peer.registrations).toMatchObject([{ statusCode: 503, retryInMs: 300_000 }]);
  });

  it('leaves the binding there until its time is over', () => {
    const peer = registering();
    granted(peer, 600);
    peer.run(540_000);
    located(peer);
    peer.run(32_000);
    expect(peer.registrations.at(-1)).toMatchObject({ kind: 'registration-failed', statusCode: 408 });
    expect(isRegistered(peer)).toBe(true);
    peer.run(28_000);
    expect(isRegistered(peer)).toBe(false);
  });

  it('cannot be found is a failure without a status', () => {
    const peer = registering({}, []);
    expect(peer.registrations).toMatchObject([{ kind: 'registration-failed', statusCode: undefined }]);
    expect(peer.titles()).toEqual([]);
  });
});

describe('taking a registration back', () => {
  const stop = (peer: ScriptedPeer): void => peer.act((userAgent, nowMs) => userAgent.unregister(nowMs));

  it('binds us for no more time, and is over when that is answered', () => {
    const peer = registering();
    granted(peer, 600);
    stop(peer);
    expect(peer.header('Expires')).toBe('0');
    expect(peer.last.flow).toEqual(peerFlow);
    peer.responds('200 OK', 'REGISTER');
    expect(peer.registrations.at(-1)).toEqual({ kind: 'unregistered', trunk: 'carrier' });
    expect(peer.userAgent.registrations(peer.nowMs).size).toBe(0);
    peer.run(600_000);
    expect(peer.titles()).toHaveLength(2);
    expect(peer.userAgent.deadline).toBeUndefined();
  });

  it('is over when nobody answers', () => {
    const peer = registering();
    granted(peer, 600);
    stop(peer);
    peer.run(32_000);
    expect(peer.userAgent.registrations(peer.nowMs).size).toBe(0);
  });

  it.each([
    ['is being made', () => registering()],
    ['has failed', () => registering({}, [])],
  ])('that %s says nothing', (_state, make) => {
    const peer = make();
    const before = peer.titles().length;
    stop(peer);
    located(peer);
    peer.run(40_000);
    expect(peer.titles().filter((title) => title === 'REGISTER').length).toBeGreaterThanOrEqual(before);
    expect(peer.sent.every((sent) => peer.header('Expires', sent) === '3600')).toBe(true);
    expect(peer.userAgent.registrations(peer.nowMs).size).toBe(0);
  });
});
