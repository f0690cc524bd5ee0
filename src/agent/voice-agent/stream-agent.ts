/** The main thread's half of agents that are a stream of audio and nothing beside it. */
import type { AgentLineOptions } from '../../audio/agent-line.ts';
import type { Agent, AgentEvent, AgentFactory, AgentHost, SessionInfo } from '../agent.ts';
import { endWithLine, type LineClosing } from './line-failure.ts';

export interface StreamAgentOptions {
  readonly lineFor: (session: SessionInfo) => AgentLineOptions;
  readonly whenClosed: LineClosing;
}

export function createStreamAgent(options: StreamAgentOptions): AgentFactory {
  return (host) => new StreamAgent(host, options);
}

class StreamAgent implements Agent {
  readonly listens: boolean = false;
  readonly #host: AgentHost;
  readonly #options: StreamAgentOptions;

  constructor(host: AgentHost, options: StreamAgentOptions) {
    this.#host = host;
    this.#options = options;
  }

  handle(event: AgentEvent): void {
    const { lineFor, whenClosed } = this.#options;
    if (event.kind === 'started') {
      const options = lineFor(this.#host.session);
      this.#host.submit([{ kind: 'open-line', lineId: LINE_ID, options, vital: false }]);
    } else if (event.kind === 'line-closed') {
      endWithLine(this.#host, event.reason, whenClosed);
    } else if (event.kind === 'line' && event.event.kind === 'warning') {
      this.#host.log.warn({ warning: event.event.text }, 'the agent is not understood');
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** There is but one. */
const LINE_ID = 1;
