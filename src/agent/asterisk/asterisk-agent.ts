/** Servers that Asterisk's AudioSocket calls, called by us. */
import type { AgentLineOptions } from '../../audio/agent-line.ts';
import type { AgentFactory } from '../agent.ts';
import type { LineClosing } from '../voice-agent/line-failure.ts';
import { createStreamAgent } from '../voice-agent/stream-agent.ts';
import type { AsteriskLineSettings } from './asterisk-line.ts';

export interface AsteriskAgentOptions {
  readonly host: string;
  readonly port: number;
  readonly rateHz: AsteriskLineSettings['rateHz'];
  readonly whenClosed: LineClosing;
  readonly connectTimeoutMs: number;
}

export function createAsteriskAgent(options: AsteriskAgentOptions): AgentFactory {
  const { host, port, rateHz, whenClosed, connectTimeoutMs } = options;
  const line: AgentLineOptions = {
    protocol: 'asterisk-audio-socket',
    target: { kind: 'tcp', host, port },
    connectTimeoutMs,
    hears: 'caller',
    speaks: true,
    settings: { rateHz } satisfies AsteriskLineSettings,
  };
  return createStreamAgent({ whenClosed, lineFor: () => line });
}
