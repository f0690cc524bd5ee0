import { describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../../src/agent/agent.ts';
import { createAudioSocketAgent } from '../../../src/agent/audio-socket/audio-socket-agent.ts';
import { RecordingHost, RecordingLogger } from '../../support/recording-host.ts';

const options = {
  url: 'ws://127.0.0.1:9093',
  headers: { a: 'b' },
  rateHz: 16_000,
  frameMs: 20,
  dubTracks: 2,
} as const;

describe('the raw audio agent', () => {
  it('asks for its line when the call starts, also when configured with more than it needs', () => {
    const host = new RecordingHost();
    const configured = { kind: 'audio-socket', ...options };
    createAudioSocketAgent(configured)(host).handle({ kind: 'started' });
    expect(host.commands).toEqual([
      {
        kind: 'open-line',
        lineId: 1,
        options: {
          protocol: 'audio-socket',
          target: { kind: 'websocket', url: 'ws://127.0.0.1:9093', headers: { a: 'b' } },
          connectTimeoutMs: 1800,
          hears: 'caller',
          speaks: true,
          settings: { rateHz: 16_000, frameMs: 20 },
        },
        vital: true,
      },
    ]);
  });

  it('hangs up when its agent says so, and ignores what else it writes', () => {
    const host = new RecordingHost();
    const agent = createAudioSocketAgent(options)(host);
    for (const text of ['hello', '{"type":"mark"}', '[]', '{"type":"hangup"}']) agent.handle(message(text));
    expect(host.commands).toEqual([{ kind: 'hang-up' }]);
  });

  it('says that it thinks', () => {
    const host = new RecordingHost();
    createAudioSocketAgent(options)(host).handle(message('{"type":"thinking"}'));
    expect(host.commands).toEqual([{ kind: 'think' }]);
  });

  it('dubs, is told of sounds with an id, and not of what is refused, which the log has', () => {
    const host = new RecordingHost();
    const agent = createAudioSocketAgent(options)(host);
    const dub = (fields: object) => agent.handle(message(JSON.stringify({ type: 'dub', ...fields })));
    dub({
      action: 'addTrack',
      track: 'amb',
      id: 'one',
      play: 'https://h.example/a.mp3',
      loop: true,
      gain: -20,
    });
    dub({ action: 'silenceTrack', track: 'nowhere' });
    dub({ action: 'addTrack' });
    agent.handle({ kind: 'track-sound-started', track: 'dub/amb', soundId: 1 });
    expect(host.commands).toEqual([
      {
        kind: 'play-on-track',
        track: 'dub/amb',
        soundId: 1,
        when: 'queued',
        sound: {
          content: { kind: 'sound', audio: { kind: 'url', url: 'https://h.example/a.mp3' } },
          repeats: true,
          gain: 0.1,
          fadeInMs: 0,
        },
      },
      {
        kind: 'tell-line',
        lineId: 1,
        message: { type: 'dub', event: 'start-playback', verb: 'dub', id: 'one', track: 'amb' },
      },
    ]);
    const { log } = host;
    expect(log instanceof RecordingLogger && log.lines.map(({ fields }) => fields['reason'])).toEqual([
      'track-unknown',
      'track-missing',
    ]);
  });
});

function message(text: string): AgentEvent {
  return { kind: 'line', lineId: 1, event: { kind: 'message', text } };
}
