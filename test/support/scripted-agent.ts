import type { Agent, AgentCommand, AgentEvent, AgentFactory, AgentHost } from '../../src/agent/agent.ts';

/**
 * An agent that does what a test says, and remembers what it was told.
 *
 *     const agent = new ScriptedAgent((event, host) => {
 *       if (event.kind === 'started') host.submit([say('tone 440 1000')]);
 *     });
 */
export class ScriptedAgent {
  readonly events: AgentEvent[] = [];
  readonly factory: AgentFactory;
  host: AgentHost | undefined;
  closed = false;

  constructor(script: (event: AgentEvent, host: AgentHost) => void = () => undefined) {
    this.factory = (host): Agent => {
      this.host = host;
      return {
        listens: true,
        handle: (event) => {
          this.events.push(event);
          script(event, host);
        },
        close: () => {
          this.closed = true;
          return Promise.resolve();
        },
      };
    };
  }

  /** The kinds of what it was told, in order. */
  get told(): string[] {
    return this.events.map(({ kind }) => kind);
  }
}

export function say(text: string): AgentCommand {
  return {
    kind: 'say',
    script: { text, format: 'text' },
    voice: { provider: undefined, language: undefined, voice: undefined },
    bargeIn: { strategy: 'none', minimumCharacters: 3, allowAfterMs: 0 },
    inputTimeoutMs: undefined,
    endOfTurnSilenceMs: undefined,
  };
}

export function play(audio: Uint8Array): AgentCommand {
  return { kind: 'play', audio, bargeIn: { strategy: 'none', minimumCharacters: 3, allowAfterMs: 0 } };
}

export function loop(audio: Uint8Array | undefined, gain?: number): AgentCommand {
  return { kind: 'loop', track: 'ambience', audio, gain };
}
