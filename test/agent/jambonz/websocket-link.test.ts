import { describe, expect, it } from 'vitest';
import type { Connection, ConnectionHandlers } from '../../../src/agent/ai-flow/websocket.ts';
import { WebSocketLink } from '../../../src/agent/jambonz/link/websocket-link.ts';
import { RecordingLogger } from '../../support/recording-host.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const nothing = (): void => undefined;

/** A link whose first connection stands, and breaks. */
function broken(): WebSocketLink {
  let handlers: ConnectionHandlers | undefined;
  const connection: Connection = {
    unsentOctets: 0,
    send: nothing,
    ping: nothing,
    close: nothing,
    terminate: nothing,
  };
  const link = new WebSocketLink({
    dial: (given) => {
      handlers = given;
      return connection;
    },
    policy: { retries: 5, cases: new Set(['ct']), connectTimeoutMs: undefined, responseTimeoutMs: undefined },
    callSid: 'call',
    traceId: 'trace',
    connectTimeoutMs: 1000,
    ackTimeoutMs: 5000,
    clock: new VirtualClock(),
    metrics: { exchanged: nothing, warned: nothing, reconnected: nothing, agentFailed: nothing },
    log: new RecordingLogger(),
    guard: (act) => act(),
    onCommand: nothing,
    onReconnected: nothing,
    onReleased: nothing,
    onLost: nothing,
  });
  void link.request({ type: 'session:new', data: {} });
  handlers?.opened();
  handlers?.closed({ kind: 'closed', detail: '1006', code: 1006 });
  return link;
}

describe('a link that waits for its connection', () => {
  it('does not leave a hook without an answer for which there is no room', async () => {
    const link = broken();
    for (let told = 0; told < 200; told++) link.notify({ type: 'verb:status', data: {} });
    const answer = link.request({ type: 'verb:hook', hook: { url: '/digits', method: 'POST' }, data: {} });
    expect(await Promise.race([answer, Promise.resolve('none')])).toMatchObject({ reason: 'timed-out' });
  });
});
