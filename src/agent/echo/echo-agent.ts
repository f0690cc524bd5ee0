import type { Agent, AgentFactory } from '../agent.ts';

/** The caller hears the caller: the shortest way through the house, for tests of the line and for load tests. */
export function createEchoAgent(): AgentFactory {
  return (host): Agent => ({
    listens: false,
    handle(event) {
      if (event.kind === 'started') host.submit([{ kind: 'bridge-echo' }]);
    },
    close: () => Promise.resolve(),
  });
}
