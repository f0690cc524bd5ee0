/** AI Flow apps over TLS: whom we trust, and how they know us. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AiFlowAgentFactory, createAiFlowAgent } from '../../src/agent/ai-flow/ai-flow-agent.ts';
import type { AgentTls } from '../../src/agent/ai-flow/tls.ts';
import { AiFlowApp } from '../support/ai-flow-app.ts';
import { type Authority, makeAuthority } from '../support/certificates.ts';
import { peersPresent } from '../support/peers.ts';
import { RecordingHost } from '../support/recording-host.ts';

describe.skipIf(!peersPresent('openssl')).each(['webhookUrl', 'webSocketUrl'] as const)(
  'an app over TLS at its %s',
  (address) => {
    let authority: Authority;
    let app: AiFlowApp | undefined;
    let factory: AiFlowAgentFactory | undefined;

    beforeAll(() => {
      authority = makeAuthority();
    });
    afterEach(async () => {
      await factory?.close();
      await app?.close();
    });

    /** What became of a call to an app that shows our authority's certificate, and perhaps asks for one. */
    async function call(tls: AgentTls | undefined, asks = false): Promise<'served' | 'failed'> {
      const { server, certificate: ca } = authority;
      app = await AiFlowApp.listen(() => ({ type: 'speak', text: 'Hello' }), {
        cert: server.certificate,
        key: server.key,
        ...(asks && { ca, requestCert: true, rejectUnauthorized: true }),
      });
      const host = new RecordingHost();
      factory = createAiFlowAgent({ url: app[address], ...(tls && { tls }) });
      const agent = factory(host);
      agent.handle({ kind: 'started' });
      const untilMs = performance.now() + 5000;
      while (host.batches.length === 0 && host.failures.length === 0) {
        if (performance.now() > untilMs) throw new Error('neither served nor failed');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
      await agent.close();
      return host.failures.length === 0 ? 'served' : 'failed';
    }

    it('is not trusted when nobody has told us of its authority', async () => {
      expect(await call(undefined)).toBe('failed');
    });

    it('is trusted by its authority', async () => {
      expect(await call({ ca: authority.certificate })).toBe('served');
    });

    it('is trusted whoever it is, when the flow is told to', async () => {
      expect(await call({ insecure: true })).toBe('served');
    });

    it('that asks for a certificate gets ours', async () => {
      const { certificate: ca, client } = authority;
      expect(await call({ ca, ...client }, true)).toBe('served');
    });

    it('that asks for a certificate refuses those who have none', async () => {
      expect(await call({ ca: authority.certificate }, true)).toBe('failed');
    });
  },
);
