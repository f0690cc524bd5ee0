import { describe, expect, it } from 'vitest';
import type { AgentLineOptions } from '../../src/audio/agent-line.ts';
import { AgentLines } from '../../src/call/agent-lines.ts';
import { ConversationStates } from '../../src/call/conversation-states.ts';
import type { MediaCommand } from '../../src/media/command.ts';
import { CountingMetrics } from '../support/counting-metrics.ts';
import { RecordingLogger } from '../support/recording-host.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const options: AgentLineOptions = {
  protocol: 'twilio',
  target: { kind: 'websocket', url: 'ws://user:secret@bot:8080/talk?key=secret', headers: {} },
  connectTimeoutMs: 1800,
  hears: 'caller',
  speaks: true,
  settings: {},
};

describe('the lines of a session', () => {
  it('are counted once each when they end, by their protocol and whoever ended them first', () => {
    const { lines, metrics, sent } = openLines(1, 2, 3, 4);
    lines.handle({ kind: 'line-closed', lineId: 1, reason: 'flooded' });
    lines.handle({ kind: 'line-closed', lineId: 1, reason: 'connection-lost' });
    lines.carryOut({ kind: 'close-line', lineId: 2 });
    lines.handle({ kind: 'line-closed', lineId: 2, reason: 'closed-by-us' });
    lines.closeAll();
    lines.end();
    expect(metrics.counts).toEqual({ 'line twilio flooded': 1, 'line twilio closed-by-us': 3 });
    expect(sent.filter(({ kind }) => kind === 'close-line').length).toBe(3);
  });

  it('end with their call, whose leg takes them along', () => {
    const { lines, metrics, sent } = openLines(1);
    lines.end();
    lines.handle({ kind: 'line-closed', lineId: 1, reason: 'closed-by-us' });
    expect(metrics.counts).toEqual({ 'line twilio closed-by-us': 1 });
    expect(sent.map(({ kind }) => kind)).toEqual(['open-line']);
  });

  it.each([
    'Unexpected server response: 401',
    'connect ECONNREFUSED 127.0.0.1:9',
    'getaddrinfo ENOTFOUND no-such-host.invalid',
  ])('say in the log who refused them and how: %s', (detail) => {
    const { lines, log } = openLines(1);
    lines.handle({ kind: 'line-closed', lineId: 1, reason: 'refused', detail });
    expect(log.lines.at(-1)).toEqual({
      level: 'info',
      fields: { lineId: 1, protocol: 'twilio', host: 'bot:8080', reason: 'refused', detail },
      message: "the agent's line is closed",
    });
  });
});

function openLines(...lineIds: number[]) {
  const metrics = new CountingMetrics();
  const sent: MediaCommand[] = [];
  const log = new RecordingLogger();
  const lines = new AgentLines({
    call: { sessionId: 's', callId: 'c', direction: 'inbound', from: '+491', to: '+492' },
    states: new ConversationStates({ timers: new VirtualClock(), onChange: () => undefined }),
    log,
    metrics,
    send: (command) => sent.push(command),
    onVitalEnd: () => undefined,
  });
  for (const lineId of lineIds) lines.carryOut({ kind: 'open-line', lineId, options, vital: false });
  return { lines, metrics, sent, log };
}
