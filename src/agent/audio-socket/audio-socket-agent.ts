/**
 * A raw audio agent: a WebSocket with binary L16 frames both ways. The media worker opens it and moves the audio; only
 * its text messages come by here. The wire form is in `docs/audio-socket.md`.
 */
import type { Agent, AgentFactory } from '../agent.ts';

export interface AudioSocketAgentOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly rateHz: 8000 | 16000 | 24000;
  readonly frameMs: 20 | 40 | 60;
}

export function createAudioSocketAgent(options: AudioSocketAgentOptions): AgentFactory {
  const { url, headers, rateHz, frameMs } = options;
  return (host): Agent => ({
    listens: false,
    handle(event) {
      if (event.kind === 'started')
        host.submit([{ kind: 'bridge-audio-socket', url, headers, rateHz, frameMs }]);
      else if (event.kind === 'message' && asksToHangUp(event.text)) host.submit([{ kind: 'hang-up' }]);
    },
    close: () => Promise.resolve(),
  });
}

function asksToHangUp(text: string): boolean {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null && 'type' in message && message.type === 'hangup';
  } catch {
    return false;
  }
}
