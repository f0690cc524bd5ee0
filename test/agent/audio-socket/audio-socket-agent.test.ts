import { describe, expect, it } from 'vitest';
import { createAudioSocketAgent } from '../../../src/agent/audio-socket/audio-socket-agent.ts';
import { RecordingHost } from '../../support/recording-host.ts';

const socket = { url: 'ws://127.0.0.1:9093', headers: { a: 'b' }, rateHz: 16_000, frameMs: 20 } as const;

describe('the raw audio agent', () => {
  it('asks for its socket when the call starts, also when configured with more than it needs', () => {
    const host = new RecordingHost();
    const configured = { kind: 'audio-socket', ...socket };
    createAudioSocketAgent(configured)(host).handle({ kind: 'started' });
    expect(host.commands).toEqual([{ kind: 'bridge-audio-socket', ...socket }]);
  });

  it('hangs up when its agent says so, and ignores what else it writes', () => {
    const host = new RecordingHost();
    const agent = createAudioSocketAgent(socket)(host);
    for (const text of ['hello', '{"type":"mark"}', '[]', '{"type":"hangup"}'])
      agent.handle({ kind: 'message', text });
    expect(host.commands).toEqual([{ kind: 'hang-up' }]);
  });
});
