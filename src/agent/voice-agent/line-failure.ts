import type { AgentLineEnd } from '../../audio/agent-line.ts';
import type { AgentFailure } from '../agent.ts';

/** What the end of its line makes of an agent that cannot do without. */
export function lineFailure(reason: AgentLineEnd): AgentFailure {
  switch (reason) {
    case 'bad-url':
    case 'refused':
      return 'unreachable';
    case 'connect-timed-out':
    case 'not-ready':
    case 'unresponsive':
      return 'timed-out';
    case 'rejected':
      return 'refused';
    case 'message-too-large':
    case 'flooded':
    case 'protocol-error':
      return 'bad-response';
    case 'closed-by-us':
    case 'closed-by-agent':
    case 'connection-lost':
      return 'closed';
  }
}
