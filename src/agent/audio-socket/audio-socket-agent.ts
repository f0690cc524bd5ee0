/**
 * A raw audio agent: a WebSocket with binary L16 frames both ways. The media worker opens it and moves the audio; only
 * its text messages come by here. The wire form is in `docs/audio-socket.md`.
 */
import type { AgentLineOptions } from '../../audio/agent-line.ts';
import type { Agent, AgentEvent, AgentFactory, AgentHost } from '../agent.ts';
import { DubTracks } from '../dub/dub-tracks.ts';
import { parseDubVerb } from '../dub/dub-verb.ts';
import type { AudioSocketSettings } from './audio-socket-line.ts';

export interface AudioSocketAgentOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly rateHz: 8000 | 16000 | 24000;
  readonly frameMs: 20 | 40 | 60;
  /** Tracks that its `dub` messages may have at a time. */
  readonly dubTracks: number;
}

export function createAudioSocketAgent(options: AudioSocketAgentOptions): AgentFactory {
  return (host) => new AudioSocketAgent(host, options);
}

class AudioSocketAgent implements Agent {
  readonly listens: boolean = false;
  readonly #host: AgentHost;
  readonly #options: AudioSocketAgentOptions;
  readonly #dub: DubTracks;

  constructor(host: AgentHost, options: AudioSocketAgentOptions) {
    this.#host = host;
    this.#options = options;
    this.#dub = new DubTracks(options.dubTracks);
  }

  handle(event: AgentEvent): void {
    if (event.kind === 'started') this.#open();
    else if (event.kind === 'line' && event.event.kind === 'message') this.#obey(event.event.text);
    else if (event.kind === 'ended') this.#dub.end();
    const status = this.#dub.handle(event);
    if (status !== undefined) this.#say({ type: 'dub', ...status });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #open(): void {
    const { url, headers, rateHz, frameMs } = this.#options;
    const options: AgentLineOptions = {
      protocol: 'audio-socket',
      target: { kind: 'websocket', url, headers },
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      hears: 'caller',
      speaks: true,
      settings: { rateHz, frameMs } satisfies AudioSocketSettings,
    };
    this.#host.submit([{ kind: 'open-line', lineId: LINE_ID, options, vital: true }]);
  }

  #say(message: object): void {
    this.#host.submit([{ kind: 'tell-line', lineId: LINE_ID, message }]);
  }

  #obey(text: string): void {
    const message = parseMessage(text);
    switch (message?.['type']) {
      case 'hangup':
        this.#host.submit([{ kind: 'hang-up' }]);
        return;
      case 'thinking':
        this.#host.submit([{ kind: 'think' }]);
        return;
      case 'dub':
        this.#dubs(message);
        return;
      default:
        return;
    }
  }

  #dubs(message: Readonly<Record<string, unknown>>): void {
    const verb = parseDubVerb(message);
    const commands = verb.ok ? this.#dub.carryOut(verb.value) : verb;
    if (commands.ok) this.#host.submit(commands.value);
    else this.#host.log.warn({ reason: commands.reason }, 'a dub of the agent is not carried out');
  }
}

/** Undefined for what is no JSON object. */
function parseMessage(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? { ...message } : undefined;
  } catch {
    return undefined;
  }
}

/** There is but one. */
const LINE_ID = 1;
/** Longer than that no caller should hear nothing. */
const CONNECT_TIMEOUT_MS = 1800;
