import { describe, expect, it } from 'vitest';
import { createStreamAgent } from '../../../src/agent/voice-agent/stream-agent.ts';
import type { AgentLineEnd, AgentLineOptions } from '../../../src/audio/agent-line.ts';
import { RecordingHost, RecordingLogger } from '../../support/recording-host.ts';

const line: AgentLineOptions = {
  protocol: 'twilio',
  target: { kind: 'tcp', host: '127.0.0.1', port: 9092 },
  connectTimeoutMs: 1800,
  hears: 'caller',
  speaks: true,
  settings: {},
};

function agentOf(whenClosed: 'hang-up' | 'fallback') {
  const host = new RecordingHost();
  const agent = createStreamAgent({ whenClosed, lineFor: () => line })(host);
  agent.handle({ kind: 'started' });
  const open = { kind: 'open-line', lineId: 1, options: line, vital: false };
  expect(host.commands).toEqual([open]);
  return { host, agent, commands: () => host.commands.slice(1) };
}

describe('an agent that is a stream', () => {
  it('hangs up when the stream is closed by its other end, or leaves the call to the fallback', () => {
    const closed = { kind: 'line-closed', lineId: 1, reason: 'closed-by-agent' } as const;
    const hangingUp = agentOf('hang-up');
    hangingUp.agent.handle(closed);
    expect([hangingUp.commands(), hangingUp.host.failures]).toEqual([[{ kind: 'hang-up' }], []]);

    const fallingBack = agentOf('fallback');
    fallingBack.agent.handle(closed);
    expect([fallingBack.commands(), fallingBack.host.failures]).toEqual([[], ['closed']]);
  });

  it.each<[AgentLineEnd, string]>([
    ['refused', 'unreachable'],
    ['bad-url', 'unreachable'],
    ['connect-timed-out', 'timed-out'],
    ['not-ready', 'timed-out'],
    ['unresponsive', 'timed-out'],
    ['rejected', 'refused'],
    ['flooded', 'bad-response'],
    ['message-too-large', 'bad-response'],
    ['protocol-error', 'bad-response'],
    ['connection-lost', 'closed'],
  ])('has failed when its line is %s, whatever a close means', (reason, failure) => {
    for (const whenClosed of ['hang-up', 'fallback'] as const) {
      const { host, agent, commands } = agentOf(whenClosed);
      agent.handle({ kind: 'line-closed', lineId: 1, reason });
      expect([commands(), host.failures]).toEqual([[], [failure]]);
    }
  });

  it('does nothing about a line that the session has closed', () => {
    const { host, agent, commands } = agentOf('hang-up');
    agent.handle({ kind: 'line-closed', lineId: 1, reason: 'closed-by-us' });
    expect([commands(), host.failures]).toEqual([[], []]);
  });

  it('puts what was not understood into the log', () => {
    const { host, agent } = agentOf('hang-up');
    agent.handle({ kind: 'line', lineId: 1, event: { kind: 'warning', text: 'an event that is not known' } });
    const { log } = host;
    expect(log instanceof RecordingLogger && log.warnings).toEqual(['the agent is not understood']);
  });
});
