/** Calls by SIPp, whose authors know nothing of this switch, to the running process. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AiFlowApp } from '../support/ai-flow-app.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { runSipp, type SippCalls, type SippResult } from '../support/sipp.ts';

describe.skipIf(!peersPresent('sipp'))('calls by SIPp', () => {
  let app: AiFlowApp;
  let running: RunningSwitch;

  beforeAll(async () => {
    app = await AiFlowApp.listen(({ fields }) => (fields['digit'] === '0' ? { type: 'hangup' } : undefined));
    running = await RunningSwitch.start({
      flows: {
        echo: { agent: { kind: 'echo' } },
        slow: { agent: { kind: 'echo' }, answerAfterMs: 3000 },
        app: { agent: { kind: 'ai-flow', url: app.webhookUrl } },
      },
    });
  });
  afterAll(async () => {
    // Where SIPp takes a repeated 200 to its INVITE for the one to its BYE, the BYE stays away: see below.
    await running.idle(40_000);
    const code = await running.stop();
    await app.close();
    expect(running.strayOutput).toEqual([]);
    expect(code).toBe(0);
  });

  beforeEach(() => {
    app.events.length = 0;
  });

  function call(calls: Omit<SippCalls, 'port'>): Promise<SippResult> {
    return runSipp({ ...calls, port: calls.transport === 'tcp' ? running.tcpPort : running.sipPort });
  }

  it('all succeed though a tenth of all datagrams is lost each way', async () => {
    const result = await call({
      scenario: 'uac',
      number: 'echo',
      calls: 200,
      perSecond: 20,
      lostPercent: 10,
    });
    expect(result.retransmissions).toBeGreaterThan(10);
    expect(result).toMatchObject({ successful: 200, failed: 0 });
  });

  describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
    it('all succeed, two thousand of them at a hundred a second', async () => {
      const cpuMs = running.cpuMs;
      const result = await call({ scenario: 'uac', number: 'echo', transport, calls: 2000, perSecond: 100 });
      process.stdout.write(
        `2,000 calls over ${transport}: ${((running.cpuMs - cpuMs) / 2000).toFixed(1)} ms of CPU a call, ` +
          `${result.retransmissions} retransmissions by SIPp\n`,
      );
      expect(droppedAt(running.sipPort)).toBe(0);
      expect(result).toMatchObject({ successful: 2000, failed: 0, complaints: '' });
    });

    const alone: readonly [behaviour: string, scenario: string, number: string][] = [
      ['is given up while it rings', 'cancel', 'slow'],
      ['is held and resumed', 'hold-resume', 'echo'],
      ['is held and resumed by UPDATE', 'update-hold', 'echo'],
      ['is ended by the agent', 'agent-hangs-up', 'app'],
      ['offers its codecs late', 'late-offer', 'echo'],
      ['has no codec in common with us', 'no-common-codec', 'echo'],
      ['asks for our capabilities', 'options', 'echo'],
      ['uses a method nobody knows', 'unknown-method', 'echo'],
      ['requires an extension nobody knows', 'unsupported-extension', 'echo'],
      ['carries something that is no SDP', 'unsupported-media-type', 'echo'],
      ['dials a number nobody has', 'no-route', '12345'],
      ['comes from behind NAT', 'rport', 'echo'],
    ];
    it.each(alone)('get what the RFC says when one %s', async (_behaviour, scenario, number) => {
      const result = await call({ scenario, number, transport, calls: 5 });
      expect(result).toMatchObject({ successful: 5, failed: 0, complaints: '' });
    });

    it('tell the app the keys that come by INFO', async () => {
      const result = await call({ scenario: 'info-digits', number: 'app', transport });
      expect(result).toMatchObject({ successful: 1, complaints: '' });
      await app.waitFor('session_end');
      expect(app.types).toEqual(['session_start', '5', '*', '7', 'session_end']);
    });
  });
});

/** Datagrams the kernel threw away because the buffer of the socket at a port was full: the last column. */
function droppedAt(port: number): number {
  const socket = new RegExp(
    `^ *\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} .* (\\d+) *$`,
    'm',
  );
  return Number(socket.exec(readFileSync('/proc/net/udp', 'latin1'))?.[1]);
}
