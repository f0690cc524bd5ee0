import type { AgentLineEnd } from '../../audio/agent-line.ts';
import type { AgentFailure, AgentHost } from '../agent.ts';

/** What it means that an agent closes its line: that the conversation is over, or that the agent is gone. */
export type LineClosing = 'hang-up' | 'fallback';

/** Does to the call what the end of its agent's line, opened as one that is not vital, comes to. */
export function endWithLine(host: AgentHost, reason: AgentLineEnd, closing: LineClosing): void {
  if (reason === 'closed-by-us') return;
  if (reason === 'closed-by-agent' && closing === 'hang-up') host.submit([{ kind: 'hang-up' }]);
  else host.fail(lineFailure(reason));
}

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
