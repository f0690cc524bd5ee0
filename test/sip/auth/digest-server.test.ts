import { describe, expect, it } from 'vitest';
import { parseAuthParameters } from '../../../src/sip/auth/auth-parameters.ts';
import { DigestClient } from '../../../src/sip/auth/digest-client.ts';
import { DigestServer } from '../../../src/sip/auth/digest-server.ts';
import type { HeaderField, SipRequest, SipResponse } from '../../../src/sip/message/message.ts';
import { parseMessage } from '../../../src/sip/message/parse.ts';
import { responseTo } from '../../../src/sip/response.ts';
import { peerFlow } from '../../support/scripted-peer.ts';
import { inviteText } from '../../support/sip-text.ts';

const PEER = peerFlow.remoteAddress;
const passwordOf = (username: string): string | undefined => (username === 'alice' ? 'wonder' : undefined);

function server(options = {}): DigestServer {
  return new DigestServer({ realm: 'sip', secret: 'secret', ...options });
}

function invite(...headers: HeaderField[]): SipRequest {
  const parsed = parseMessage(Buffer.from(inviteText()));
  if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('the text is no request');
  parsed.value.headers.push(...headers);
  return parsed.value;
}

function challenge(by: DigestServer, isStale = false): SipResponse {
  return responseTo(invite(), 401, { headers: by.challenges(PEER, isStale, 0) });
}

function client(password = 'wonder', parts = {}): DigestClient {
  const credentials = { username: 'alice', password, ...parts };
  return new DigestClient({ credentials, owns: (address) => address === PEER, newCnonce: () => 'f2/wE4q7' });
}

/** What the client proves to the server's challenge. */
function proof(by: DigestServer, of: DigestClient = client()): HeaderField[] {
  of.accept(challenge(by), peerFlow, peerFlow);
  const { method, requestUri } = invite();
  return of.authorize(method, requestUri, peerFlow);
}

describe('a digest server', () => {
  it('offers SHA-512-256, SHA-256 and MD5, in that order (RFC 8760)', () => {
    const offered = server()
      .challenges(PEER, false, 0)
      .map(({ value }) => parseAuthParameters(value)!.values);
    expect(offered.map((values) => values.get('algorithm'))).toEqual(['SHA-512-256', 'SHA-256', 'MD5']);
    for (const values of offered) expect(values.get('qop')).toBe('auth');
  });

  it.each([['SHA-512-256'], ['SHA-256'], ['MD5']] as const)('takes a proof by %s', (algorithm) => {
    const by = server({ algorithms: [algorithm] });
    const authorization = proof(by);
    expect(authorization[0]!.value).toContain(`algorithm=${algorithm}`);
    expect(by.verify(invite(...authorization), PEER, passwordOf, 0)).toEqual({
      kind: 'proven',
      username: 'alice',
    });
  });

  it('refuses a proof by an algorithm it did not offer', () => {
    const authorization = proof(server({ algorithms: ['MD5'] }));
    const by = server({ algorithms: ['SHA-256', 'SHA-512-256'] });
    expect(by.verify(invite(...authorization), PEER, passwordOf, 0).kind).toBe('absent');
  });

  it('takes the same proof once, and one with a higher count again', () => {
    const by = server();
    const of = client();
    const [first] = proof(by, of);
    const [second] = of.authorize('INVITE', invite().requestUri, peerFlow);
    expect(second!.value).toContain('nc=00000002');
    const verdicts = [first, first, second, second].map((header) =>
      by.verify(invite(header!), PEER, passwordOf, 0),
    );
    expect(verdicts.map(({ kind }) => kind)).toEqual(['proven', 'stale', 'proven', 'stale']);
  });

  it('takes no proof to another address than it gave the nonce to', () => {
    const by = server();
    expect(by.verify(invite(...proof(by)), '192.0.2.66', passwordOf, 0).kind).toBe('absent');
  });

  it('says stale when only the time is over: no password need be asked for again', () => {
    const by = server({ nonceLifetimeMs: 1000 });
    expect(by.verify(invite(...proof(by)), PEER, passwordOf, 1000).kind).toBe('stale');
    expect(by.challenges(PEER, true, 0)[0]!.value).toContain('stale=true');
  });

  it.each([
    ['a wrong password', 'wrong', 'alice'],
    ['a name nobody has', 'wonder', 'mallory'],
    ['a name every object has', 'wonder', 'constructor'],
  ])('finds %s wrong', (_fault, password, username) => {
    const by = server();
    expect(by.verify(invite(...proof(by, client(password, { username }))), PEER, passwordOf, 0).kind).toBe(
      'wrong',
    );
  });

  it.each([
    ['method', 'INVITE', 'BYE', 'wrong'],
    ['number', '+4930123456', '+900190190190', 'absent'],
  ])('does not take a proof for another %s', (_what, from, to, verdict) => {
    const by = server();
    const original = invite(...proof(by));
    const request = {
      ...original,
      method: original.method.replace(from, to),
      requestUri: original.requestUri.replace(from, to),
    };
    expect(by.verify(request, PEER, passwordOf, 0).kind).toBe(verdict);
  });

  it('lets a proxy write another host into the Request-URI', () => {
    const by = server();
    const original = invite(...proof(by));
    const request = { ...original, requestUri: original.requestUri.replace('192.0.2.20', '10.0.0.1') };
    expect(by.verify(request, PEER, passwordOf, 0).kind).toBe('proven');
  });

  it.each([
    ['without qop', /, qop=auth/, ''],
    ['with a count of zero', /nc=00000001/, 'nc=00000000'],
    ['for another realm', /realm="sip"/, 'realm="other"'],
    ['with a nonce of nobody', /nonce="[^"]*"/, 'nonce="abc"'],
  ])('passes over a proof %s', (_fault, pattern, replacement) => {
    const by = server();
    const [{ name, value }] = proof(by) as [HeaderField];
    const header = { name, value: value.replace(pattern, replacement) };
    expect(by.verify(invite(header), PEER, passwordOf, 0).kind).toBe('absent');
  });

  it('passes over two proofs for its realm: which one counts?', () => {
    const by = server();
    const authorization = proof(by);
    expect(by.verify(invite(...authorization, ...authorization), PEER, passwordOf, 0).kind).toBe('absent');
  });
});

describe('a digest client', () => {
  it('chooses the strongest challenge that it knows, wherever it stands', () => {
    const of = client();
    const names = ['MD5', 'SHA-1', 'SHA-256', 'SHA-512-256-sess'];
    const headers = names.map((algorithm) => ({
      name: 'WWW-Authenticate',
      value: `Digest realm="r", nonce="n-${algorithm}", algorithm=${algorithm}, qop="auth,auth-int"`,
    }));
    of.accept(responseTo(invite(), 401, { headers }), peerFlow, peerFlow);
    const [authorization] = of.authorize('INVITE', 'sip:x', peerFlow);
    expect(authorization!.value).toContain('nonce="n-SHA-256"');
    expect(authorization!.name).toBe('Authorization');
  });

  it('answers a challenge from before RFC 2617, as old exchanges send it', () => {
    const of = client();
    const headers = [{ name: 'Proxy-Authenticate', value: 'Digest realm="asterisk",nonce="54bd660f"' }];
    of.accept(responseTo(invite(), 407, { headers }), peerFlow, peerFlow);
    const [authorization] = of.authorize('INVITE', 'sip:x', peerFlow);
    expect(authorization!.name).toBe('Proxy-Authorization');
    expect(authorization!.value).not.toMatch(/qop|cnonce|nc=/);
  });

  it.each([
    ['Basic realm="r"'],
    ['Digest realm="r"'],
    ['Digest realm="r", nonce="n", qop="auth-int"'],
    ['Digest realm="r", nonce="n", algorithm=SHA-1'],
  ])('does not answer %s', (value) => {
    const response = responseTo(invite(), 401, { headers: [{ name: 'WWW-Authenticate', value }] });
    expect(client().accept(response, peerFlow, peerFlow)).toBe('unsupported-challenge');
  });

  it('shows nothing to another host, nor to another realm', () => {
    const foreign = { ...peerFlow, remoteAddress: '192.0.2.66' };
    const asked = challenge(server());
    expect(client().accept(asked, foreign, foreign)).toBe('foreign-challenge');
    expect(client().accept(asked, peerFlow, foreign)).toBe('foreign-challenge');
    expect(client('wonder', { realm: 'other' }).accept(asked, peerFlow, peerFlow)).toBe('foreign-challenge');
    const of = client();
    of.accept(asked, peerFlow, peerFlow);
    expect(of.authorize('BYE', 'sip:x', foreign)).toEqual([]);
  });
});
