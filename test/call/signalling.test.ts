import { describe, expect, it } from 'vitest';
import { Signalling } from '../../src/call/signalling.ts';
import { simulatedUserAgent } from '../support/simulated-phone.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const flow = {
  transport: 'udp',
  localAddress: '192.0.2.1',
  localPort: 5060,
  remoteAddress: '192.0.2.2',
  remotePort: 5060,
} as const;

function signallingThat(onEvent: () => void) {
  const clock = new VirtualClock();
  const sent: string[] = [];
  const bugs: unknown[] = [];
  const signalling = new Signalling({
    userAgent: simulatedUserAgent('sip:192.0.2.1', 1),
    sender: { send: (_, message) => sent.push(new TextDecoder().decode(message).split('\r\n', 1)[0]!) },
    clock,
    timers: clock,
    onEvent,
    onBug: (error) => bugs.push(error),
  });
  return { signalling, clock, sent, bugs };
}

const options = [
  'OPTIONS sip:192.0.2.1 SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1',
  'From: <sip:a@192.0.2.2>;tag=1',
  'To: <sip:192.0.2.1>',
  'Call-ID: 1',
  'CSeq: 1 OPTIONS',
  'Max-Forwards: 70',
  'Content-Length: 0',
];
const octets = (lines: string[]) => new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`);
const invite = octets(
  options.map((line) => line.replace('OPTIONS', 'INVITE')).concat('Contact: <sip:a@192.0.2.2>'),
);

describe('signalling', () => {
  it('sends what the user agent answers', () => {
    const { signalling, sent, bugs } = signallingThat(() => undefined);
    signalling.handleMessage(octets(options), flow);
    expect(sent).toEqual(['SIP/2.0 200 OK']);
    expect(bugs).toEqual([]);
  });

  it('outlives a bug in what an event sets off, and serves the next message', () => {
    const { signalling, sent, bugs } = signallingThat(() => {
      throw new TypeError('a bug');
    });
    signalling.handleMessage(invite, flow);
    expect(bugs).toHaveLength(1);
    signalling.handleMessage(octets(options), flow);
    expect(sent).toEqual(['SIP/2.0 100 Trying', 'SIP/2.0 200 OK']);
  });

  it('that has stopped does nothing about a straggler, so that the process can end', () => {
    const { signalling, clock, sent } = signallingThat(() => undefined);
    signalling.stop();
    signalling.handleMessage(invite, flow);
    expect(sent).toEqual([]);
    expect(clock.nextDueMs).toBeUndefined();
  });
});
