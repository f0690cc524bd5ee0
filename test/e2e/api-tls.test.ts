/** The HTTP API over TLS, with certificates that OpenSSL has made. */
import { request } from 'node:https';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { Api } from '../../src/app/api.ts';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type Certified, makeAuthority } from '../support/certificates.ts';
import { peersPresent } from '../support/peers.ts';
import { recordingLogger } from '../support/recording-logger.ts';

describe.skipIf(!peersPresent('openssl'))('the HTTP API over TLS', () => {
  const authority = makeAuthority();
  const apis: Api[] = [];
  afterEach(async () => {
    for (const api of apis.splice(0)) await api.close();
  });

  function apiWith(shown: () => Partial<Certified>) {
    const { log, lines } = recordingLogger();
    const config = loadConfig({ path: undefined, environment: {} });
    const tls = { certificate: () => shown().certificate, key: () => shown().key };
    const tokens = [{ name: 'app', token: '0123456789abcdef' }];
    const api = new Api({
      config: { ...config, api: { ...config.api, port: 0, tls, tokens } },
      calls: { callOut: () => Promise.reject(new Error('nobody is called')), sessionById: () => undefined },
      clock: systemClock,
      metrics: { apiRequest: () => undefined },
      retryAfterS: 30,
      log,
    });
    apis.push(api);
    return { api, lines };
  }

  const statusAt = (url: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const path = '/v3/ai-flows/demo/call';
      const asked = request(
        url + path,
        { method: 'POST', ca: authority.certificate, agent: false },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        },
      );
      asked.on('error', reject).end();
    });

  const serialAt = (url: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({
        port: Number(new URL(url).port),
        host: '127.0.0.1',
        ca: authority.certificate,
      });
      socket.on('error', reject).on('secureConnect', () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
    });

  it('answers who trusts its authority, and shows a new certificate once it is told to', async () => {
    let shown: Partial<Certified> = authority.server;
    const { api, lines } = apiWith(() => shown);
    const url = (await api.start())!;
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(await statusAt(url)).toBe(401);
    const first = await serialAt(url);

    shown = { certificate: 'no certificate', key: 'no key' };
    api.reloadCertificates();
    expect(lines.map(({ level, message }) => [level, message])).toContainEqual([
      'error',
      "the HTTP API's new certificate cannot be used: the old one stays",
    ]);
    expect(await serialAt(url)).toBe(first);

    shown = authority.certify('IP:127.0.0.1');
    api.reloadCertificates();
    expect(await serialAt(url)).not.toBe(first);
    expect(await statusAt(url)).toBe(401);
  });

  it('does not start with a certificate that cannot be used', async () => {
    const { api } = apiWith(() => ({ certificate: authority.server.certificate, key: authority.client.key }));
    await expect(api.start()).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('api.tls: certificate 1'),
    });
  });
});
