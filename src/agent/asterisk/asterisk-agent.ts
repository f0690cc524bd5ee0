/** Servers that Asterisk's AudioSocket calls, called by us. */
import type { AgentLineOptions } from '../../audio/agent-line.ts';
import type { AgentFactory } from '../agent.ts';
import { CONNECT_TIMEOUT_MS, createStreamAgent } from '../voice-agent/stream-agent.ts';
import type { AsteriskLineSettings } from './asterisk-line.ts';

export interface AsteriskAgentOptions {
  readonly host: string;
  readonly port: number;
  readonly rateHz: AsteriskLineSettings['rateHz'];
  readonly whenClosed: 'hang-up' | 'fallback';
}

export function createAsteriskAgent(options: AsteriskAgentOptions): AgentFactory {
  const { host, port, rateHz, whenClosed } = options;
  const line: AgentLineOptions = {
    protocol: 'asterisk-audio-socket',
    target: { kind: 'tcp', host, port },
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    hears: 'caller',
    speaks: true,
    settings: { rateHz } satisfies AsteriskLineSettings,
  };
  return createStreamAgent({ whenClosed, lineFor: () => line });
}
