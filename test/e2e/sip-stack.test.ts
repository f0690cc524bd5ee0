/** The SIP stack on real sockets: what a peer is told when something is not taken. */
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SipStack, type SipStackOptions } from '../../src/app/sip-stack.ts';
import { systemClock } from '../../src/clock.ts';
import { RecordingLogger } from '../support/recording-host.ts';
import { requestText } from '../support/sip-text.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(options: Partial<SipStackOptions> & { burst?: number } = {}) {
  const log = new RecordingLogger();
  const stack = new SipStack({
    sip: {
      listen: [{ transport: 'tcp', address: '127.0.0.1', port: 0 }],
      userAgent: 'Patchbay',
      unknownSource: { answer: null },
      rateLimit: { perSecond: 1, burst: options.burst ?? 10 },
    },
    trunks: [],
    clock: systemClock,
    log,
    onEvent: () => {},
    onMessage: () => {},
    ...options,
  });
  await stack.start();
  closing.push(() => stack.stop());
  const socket = connect(stack.listening[0]!.port, '127.0.0.1');
  closing.push(() => socket.destroy());
  let received = '';
  let look = (): void => {};
  socket.on('data', (octets) => {
    received += octets.toString('latin1');
    look();
  });
  return {
    stack,
    log,
    ask(branch: string): void {
      const via = `SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK${branch}`;
      socket.write(requestText('OPTIONS sip:x@127.0.0.1 SIP/2.0', 'OPTIONS', { Via: via }));
    },
    /** Resolves with the response to that request. */
    answer: (branch: string) =>
      new Promise<string>((resolve) => {
        look = () => {
          const found = received.split('\r\n\r\n').find((it) => it.includes(`branch=z9hG4bK${branch}`));
          if (found !== undefined) resolve(found);
        };
        look();
      }),
  };
}

describe('the SIP stack', () => {
  it('tells a peer on TCP that sends too much to come again, and does not leave it waiting', async () => {
    const { ask, answer, stack } = await start({ burst: 1 });
    ask('first');
    ask('second');
    expect(await answer('first')).toMatch(/^SIP\/2\.0 200 /);
    expect(await answer('second')).toMatch(/^SIP\/2\.0 503 .*\r\nRetry-After: 1(\r\n|$)/s);
    expect(stack.refusals.get('rate-limited')).toBe(1);
    expect(stack.userAgent.transactions).toBe(0);
  });

  it('outlives a bug on the way of a message, logs and counts it, and takes the next one', async () => {
    let messages = 0;
    const { ask, answer, stack, log } = await start({
      onMessage: () => {
        messages += 1;
        if (messages === 1) throw new TypeError('a bug');
      },
    });
    ask('first');
    ask('second');
    expect(await answer('second')).toMatch(/^SIP\/2\.0 200 /);
    expect(stack.refusals.get('bug')).toBe(1);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });
});
