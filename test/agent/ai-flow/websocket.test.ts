import { describe, expect, it } from 'vitest';
import { standardEvents } from '../../../src/agent/ai-flow/events.ts';
import { type ConnectionHandlers, WebSocketAgent } from '../../../src/agent/ai-flow/websocket.ts';
import { noMetrics } from '../../../src/agent/app-metrics.ts';
import { RecordingHost, RecordingLogger } from '../../support/recording-host.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const dropped = { kind: 'closed', detail: '1006' } as const;

/** An app at the other end of connections that the test opens, drops and speaks through. */
function webSocket() {
  const host = new RecordingHost();
  const log = new RecordingLogger();
  const clock = new VirtualClock();
  const connections: FakeConnection[] = [];
  let reconnections = 0;
  const agent = new WebSocketAgent({
    host,
    log,
    clock,
    numberFormat: 'digits',
    switches: standardEvents,
    connectTimeoutMs: 5000,
    metrics: {
      ...noMetrics,
      reconnected: () => {
        reconnections += 1;
      },
    },
    dial: (handlers) => {
      const connection = new FakeConnection(handlers, clock.nowMs());
      connections.push(connection);
      return connection;
    },
  });
  return {
    host,
    log,
    clock,
    connections,
    agent,
    get reconnections() {
      return reconnections;
    },
    get connection() {
      return connections.at(-1)!;
    },
    started() {
      agent.handle({ kind: 'started' });
      this.connection.handlers.opened();
    },
    press(digit: string) {
      agent.handle({ kind: 'digit', digit });
    },
  };
}

class FakeConnection {
  readonly handlers: ConnectionHandlers;
  readonly dialledAtMs: number;
  readonly sent: Record<string, unknown>[] = [];
  pings = 0;
  unsentOctets = 0;
  state: 'up' | 'closing' | 'terminated' = 'up';

  constructor(handlers: ConnectionHandlers, dialledAtMs: number) {
    this.handlers = handlers;
    this.dialledAtMs = dialledAtMs;
  }

  get types(): unknown[] {
    return this.sent.map((event) => event['digit'] ?? event['type']);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  ping(): void {
    this.pings += 1;
  }

  close(): void {
    this.state = 'closing';
  }

  terminate(): void {
    this.state = 'terminated';
  }
}

describe('the WebSocket', () => {
  it('dials when the call starts and tells session_start first', () => {
    const socket = webSocket();
    socket.agent.handle({ kind: 'started' });
    socket.press('1');
    expect(socket.connection.sent).toEqual([]);
    socket.connection.handlers.opened();
    expect(socket.connection.types).toEqual(['session_start', '1']);
  });

  it('tells the onset of speech', () => {
    const socket = webSocket();
    socket.started();
    socket.agent.handle({ kind: 'speech-onset' });
    expect(socket.connection.types).toEqual(['session_start', 'user_speech_started']);
  });

  it('carries out actions whenever they come', () => {
    const socket = webSocket();
    socket.started();
    socket.connection.handlers.message('{"type":"speak","text":"One"}');
    socket.connection.handlers.message('[{"type":"barge_in"},{"type":"hangup"}]');
    expect(socket.host.commands.map(({ kind }) => kind)).toEqual(['say', 'interrupt', 'hang-up']);
  });

  it.each(['{"type":"connected"}', '{"error":"oops"}', 'not JSON', '<html>', ''])(
    'ignores the message %j and stays open',
    (message) => {
      const socket = webSocket();
      socket.started();
      socket.connection.handlers.message(message);
      expect(socket.host.batches).toEqual([]);
      expect(socket.connection.state).toBe('up');
    },
  );

  it.each(['refused', 'unreachable'] as const)(
    'gives the call to its fallback when the app is %s',
    (kind) => {
      const socket = webSocket();
      socket.connection.handlers.closed({ kind, detail: 'status 401 to the upgrade' });
      expect(socket.host.failures).toEqual([kind]);
    },
  );

  it('gives the call to its fallback when the app does not open in five seconds', async () => {
    const socket = webSocket();
    await socket.clock.advance(4999);
    expect(socket.host.failures).toEqual([]);
    await socket.clock.advance(1);
    expect(socket.host.failures).toEqual(['timed-out']);
    expect(socket.connection.state).toBe('terminated');
  });

  it('dials again after a drop, without a second session_start, and tells what happened meanwhile', async () => {
    const socket = webSocket();
    socket.started();
    socket.connection.handlers.closed(dropped);
    socket.press('1');
    socket.press('2');
    await socket.clock.advance(250);
    expect(socket.connections).toHaveLength(2);
    socket.connection.handlers.opened();
    expect(socket.connection.types).toEqual(['1', '2']);
    expect(socket.reconnections).toBe(1);
    expect(socket.host.failures).toEqual([]);
  });

  it('waits 0.25, 0.5, 1 and then 2 seconds between tries, and gives up within ten', async () => {
    const socket = webSocket();
    socket.started();
    socket.connection.handlers.closed(dropped);
    while (socket.host.failures.length === 0) {
      await socket.clock.advance(socket.clock.nextDueMs! - socket.clock.nowMs());
      socket.connection.handlers.closed({ kind: 'refused', detail: '' });
    }
    const times = socket.connections.map(({ dialledAtMs }) => dialledAtMs);
    expect(times).toEqual([0, 250, 750, 1750, 3750, 5750, 7750, 9750]);
    expect(socket.host.failures).toEqual(['closed']);
  });

  it('counts an app that opens and drops again and again as one outage', async () => {
    const socket = webSocket();
    socket.started();
    for (let turn = 0; turn < 20 && socket.host.failures.length === 0; turn += 1) {
      socket.connection.handlers.closed(dropped);
      await socket.clock.advance(2000);
      if (socket.host.failures.length === 0) socket.connection.handlers.opened();
    }
    expect(socket.host.failures).toEqual(['closed']);
  });

  it('starts anew after a connection that lived', async () => {
    const socket = webSocket();
    socket.started();
    for (let turn = 0; turn < 10; turn += 1) {
      socket.connection.handlers.closed(dropped);
      await socket.clock.advance(250);
      socket.connection.handlers.opened();
      await socket.clock.advance(5000);
    }
    expect(socket.connections).toHaveLength(11);
    expect(socket.host.failures).toEqual([]);
  });

  it('keeps the last hundred events of an outage', async () => {
    const socket = webSocket();
    socket.started();
    socket.connection.handlers.closed(dropped);
    for (let press = 0; press < 105; press += 1) socket.press(String(press % 10));
    await socket.clock.advance(250);
    socket.connection.handlers.opened();
    expect(socket.connection.sent).toHaveLength(100);
    expect(socket.connection.types[0]).toBe('5');
  });

  it('never drops session_start of the events that wait', () => {
    const socket = webSocket();
    socket.agent.handle({ kind: 'started' });
    for (let press = 0; press < 105; press += 1) socket.press('1');
    socket.connection.handlers.opened();
    expect(socket.connection.types[0]).toBe('session_start');
    expect(socket.connection.sent).toHaveLength(100);
  });

  it('dials again when the app leaves a megabyte of events unread', async () => {
    const socket = webSocket();
    socket.started();
    socket.connection.unsentOctets = 1024 * 1024;
    socket.press('1');
    expect(socket.connections[0]!.state).toBe('up');
    socket.connection.unsentOctets += 1;
    socket.press('2');
    expect(socket.connections[0]!.state).toBe('terminated');
    await socket.clock.advance(250);
    expect(socket.connections).toHaveLength(2);
  });

  it('pings every twenty seconds, and dials again after two pings without an answer', async () => {
    const socket = webSocket();
    socket.started();
    await socket.clock.advance(20_000);
    expect(socket.connection.pings).toBe(1);
    socket.connection.handlers.pong();
    await socket.clock.advance(40_000);
    expect(socket.connection.pings).toBe(3);
    expect(socket.connections).toHaveLength(1);
    await socket.clock.advance(20_250);
    expect(socket.connections[0]!.state).toBe('terminated');
    expect(socket.connections).toHaveLength(2);
  });

  it('hears nothing more from a connection that it gave up', async () => {
    const socket = webSocket();
    socket.started();
    await socket.clock.advance(60_250);
    socket.connections[0]!.handlers.message('{"type":"hangup"}');
    socket.connections[0]!.handlers.closed(dropped);
    expect(socket.host.batches).toEqual([]);
    expect(socket.connections).toHaveLength(2);
  });

  it('closes after session_end and hears nothing more', async () => {
    const socket = webSocket();
    socket.started();
    socket.agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    expect(socket.connection.types).toEqual(['session_start', 'session_end']);
    expect(socket.connection.state).toBe('closing');
    socket.connection.handlers.message('{"type":"speak","text":"Wait"}');
    socket.connection.handlers.closed({ kind: 'closed', detail: '1000' });
    await socket.agent.close();
    expect(socket.host.batches).toEqual([]);
    expect(socket.connections).toHaveLength(1);
  });

  it('drops a connection whose app does not close it in two seconds', async () => {
    const socket = webSocket();
    socket.started();
    socket.agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    await socket.clock.advance(2000);
    expect(socket.connection.state).toBe('terminated');
    socket.connection.handlers.closed(dropped);
    await socket.agent.close();
    expect(socket.connections).toHaveLength(1);
  });

  it('tells session_end after a drop, when the app is back in time', async () => {
    const socket = webSocket();
    socket.started();
    socket.connection.handlers.closed(dropped);
    socket.agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    await socket.clock.advance(250);
    socket.connection.handlers.opened();
    expect(socket.connection.types).toEqual(['session_end']);
    expect(socket.connection.state).toBe('closing');
  });

  it('is closed, without a failure, when the app never comes back for session_end', async () => {
    const socket = webSocket();
    socket.started();
    socket.connection.handlers.closed(dropped);
    socket.agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    for (let turn = 0; turn < 10; turn += 1) {
      await socket.clock.advance(2000);
      socket.connection.handlers.closed({ kind: 'refused', detail: '' });
    }
    await socket.agent.close();
    expect(socket.host.failures).toEqual([]);
  });
});

describe('a bug in serving an app', () => {
  const bug = () => {
    throw new TypeError('a bug');
  };

  it('met in a message goes to the fallback, and the app is still told of the end', () => {
    const socket = webSocket();
    socket.started();
    socket.host.submit = bug;
    socket.connection.handlers.message('{"type":"hangup"}');
    expect(socket.host.failures).toEqual(['bad-response']);
    expect(socket.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    socket.agent.handle({ kind: 'ended', cause: 'agent-failed' });
    expect(socket.connection.types.at(-1)).toBe('session_end');
  });

  it('met in a timer goes to the fallback, and the agent closes all the same', async () => {
    const socket = webSocket();
    socket.started();
    socket.connection.ping = bug;
    await socket.clock.advance(20_000);
    expect(socket.host.failures).toEqual(['bad-response']);
    socket.agent.handle({ kind: 'ended', cause: 'agent-failed' });
    await socket.clock.advance(2_000);
    await socket.agent.close();
  });

  it('met while it dials again goes to the fallback, and nothing is left to wait for', async () => {
    const socket = webSocket();
    socket.started();
    socket.connection.handlers.closed(dropped);
    socket.connections.push = bug;
    await socket.clock.advance(2_000);
    expect(socket.host.failures).toEqual(['bad-response']);
    socket.agent.handle({ kind: 'ended', cause: 'agent-failed' });
    await socket.agent.close();
  });
});
