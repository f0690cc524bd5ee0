/** A phone by other people (sip.js) that has its agent call a colleague (SIPp) in its place, by the running process. */
import type { Session } from 'sip.js/lib/core/index.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tone, toneLevelDb } from '../support/audio.ts';
import { freePort } from '../support/free-port.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { SipjsPhone } from '../support/sipjs-phone.ts';
import { runSipp } from '../support/sipp.ts';
import { UdpPhone } from '../support/udp-phone.ts';

const rateHz = 8000;
const allWell = { successful: 1, failed: 0, complaints: '' };

describe.skipIf(!peersPresent('sipp'))('a phone that passes its agent on', () => {
  let running: RunningSwitch;
  let calleePort: number;

  beforeAll(async () => {
    calleePort = await freePort();
    running = await RunningSwitch.start({
      flows: { echo: { agent: { kind: 'echo' } } },
      trunks: [
        {
          name: 'pbx',
          addresses: ['127.0.0.1'],
          mayRefer: true,
          outbound: { uri: `sip:127.0.0.1:${calleePort}`, domain: 'pbx.example' },
        },
      ] as object,
      outbound: { allow: ['49*'], routes: [{ number: '*', trunk: 'pbx' }] },
    });
  });
  afterAll(async () => {
    await running.idle();
    expect(await running.metric('patchbay_outbound_calls_active')).toBe(0);
    expect(await running.stop()).toBe(0);
    expect(running.strayOutput).toEqual([]);
  });

  /** A phone in a call with the echo. */
  async function talking() {
    const ears = await UdpPhone.open(tone(600, { rateHz, lengthSamples: rateHz, levelDb: -12 }));
    const phone = await SipjsPhone.open({ peerPort: running.sipPort });
    const session = await new Promise<Session>((resolve, reject) => {
      phone.call('echo', offer(ears.port), {
        onAccept: (response) => {
          response.ack();
          ears.talkTo(Number(/m=audio (\d+)/.exec(response.message.body)?.[1]));
          resolve(response.session);
        },
        onReject: ({ message }) => reject(new Error(`refused: ${message.statusCode}`)),
      });
    });
    const news: string[] = [];
    const settled = new Promise<void>((resolve) => {
      session.delegate = {
        onNotify: (request) => {
          request.accept();
          news.push(request.message.body.trim());
          if (!/ 1\d\d /.test(request.message.body)) resolve();
        },
      };
    });
    const refer = (to: string) =>
      new Promise<number | undefined>((resolve) => {
        const answered = ({ message }: { message: { statusCode?: number | undefined } }) =>
          resolve(message.statusCode);
        session.refer(
          { onAccept: answered, onReject: answered },
          { extraHeaders: [`Refer-To: <${to}>`, `Contact: <sip:phone@127.0.0.1:${phone.port}>`] },
        );
      });
    const hangUp = () => new Promise<void>((resolve) => session.bye({ onAccept: () => resolve() }));
    const close = () => {
      ears.close();
      phone.close();
    };
    return { ears, news, settled, refer, hangUp, close };
  }

  const callee = (scenario: string, audioPort: number) =>
    runSipp({
      scenario,
      port: 9,
      number: 'x',
      localPort: calleePort,
      withinS: 30,
      keys: { audio_port: audioPort },
    });

  it('is told that the colleague answers, and hangs up; the colleague hears the same agent', async () => {
    const desk = await UdpPhone.open(tone(1000, { rateHz, lengthSamples: rateHz, levelDb: -12 }));
    const { news, settled, refer, hangUp, close } = await talking();
    const result = callee('callee-hangs-up', desk.port);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await refer('sip:4930555@pbx.example')).toBe(202);
    await settled;
    expect(news).toEqual(['SIP/2.0 100 Trying', 'SIP/2.0 200 OK']);
    await hangUp();
    await waitFor(() => desk.heardFromPort !== undefined);
    desk.talkTo(desk.heardFromPort!);
    await waitFor(() => toneLevelDb(desk.heardSamples(-20), 1000, rateHz) > -13);
    expect(await result).toMatchObject(allWell);
    desk.close();
    close();
  });

  it('is told that the colleague is busy, and stays with the agent', async () => {
    const { ears, news, settled, refer, hangUp, close } = await talking();
    const result = callee('callee-busy', 9);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await refer('sip:4930555@pbx.example')).toBe(202);
    await settled;
    expect(news).toEqual(['SIP/2.0 100 Trying', 'SIP/2.0 486 Busy Here']);
    expect(await result).toMatchObject(allWell);
    const from = ears.heard.length;
    await waitFor(() => ears.heard.length > from + 60);
    expect(toneLevelDb(ears.heardSamples(-40), 600, rateHz)).toBeCloseTo(-12, 0);
    await hangUp();
    close();
  });

  it('is refused whom nobody allowed', async () => {
    const { refer, hangUp, close } = await talking();
    expect(await refer('sip:1900555@pbx.example')).toBe(403);
    expect(await refer('sip:anyone@elsewhere.example')).toBe(403);
    await hangUp();
    close();
  });
});

function offer(port: number): string {
  return (
    'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n' +
    `m=audio ${port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n`
  );
}

async function waitFor(condition: () => boolean): Promise<void> {
  for (const untilMs = performance.now() + 10_000; !condition(); ) {
    if (performance.now() > untilMs) throw new Error('it did not come to that in ten seconds');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
