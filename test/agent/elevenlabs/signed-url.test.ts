import { afterEach, describe, expect, it } from 'vitest';
import { fetchSignedUrl } from '../../../src/agent/elevenlabs/signed-url.ts';
import { ElevenLabsAgent } from '../../support/agents/elevenlabs-agent.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listen() {
  const agent = await ElevenLabsAgent.listen({ isPrivate: true });
  closing.push(() => agent.close());
  const request = { apiUrl: agent.httpUrl, apiKey: 'elevenlabs-key', agentId: 'agent_1', timeoutMs: 1500 };
  return { agent, request };
}

const patient = new AbortController().signal;

describe('the signed URL of an agent', () => {
  it('is asked for with the key', async () => {
    const { agent, request } = await listen();
    expect(await fetchSignedUrl(request, patient)).toEqual({
      ok: true,
      value: `${agent.url}?agent_id=agent_1&conversation_signature=cvtkn_0123456789`,
    });
    const wrong = { ...request, apiKey: 'other' };
    expect(await fetchSignedUrl(wrong, patient)).toEqual({
      ok: false,
      reason: 'refused',
      detail: 'Unexpected server response: 401',
    });
  });

  it.each([
    [500, 'refused', 'Unexpected server response: 500'],
    ['garbage', 'bad-response', undefined],
    ['close', 'unreachable', 'other side closed'],
  ] as const)('is not had from a server with a %s', async (misbehaviour, reason, detail) => {
    const { agent, request } = await listen();
    agent.misbehave(misbehaviour);
    expect(await fetchSignedUrl(request, patient)).toEqual({ ok: false, reason, detail });
  });

  it('is not waited for longer than a caller waits', async () => {
    const { agent, request } = await listen();
    agent.misbehave('stall');
    expect(await fetchSignedUrl({ ...request, timeoutMs: 50 }, patient)).toEqual({
      ok: false,
      reason: 'timed-out',
    });
  });
});
