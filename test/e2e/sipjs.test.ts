/** Calls between our user agent and the core of sip.js, over UDP and in real time. */
import type {
  AckableIncomingResponseWithSession,
  IncomingInviteRequest,
  Session,
} from 'sip.js/lib/core/index.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AiFlowApp } from '../support/ai-flow-app.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { trunkDirectory } from '../support/sip-trunks.ts';
import { SipjsPhone, type SipjsPhoneOptions, sdpBody } from '../support/sipjs-phone.ts';
import { UdpUserAgent } from '../support/udp-user-agent.ts';

const sdp = (origin: number, direction = 'sendrecv'): string =>
  `v=0\r\no=- ${origin} 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\na=${direction}\r\n`;

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const it of opened.splice(0)) await it.close();
});

async function ends(
  options: Partial<SipjsPhoneOptions> = {},
  parts: Parameters<typeof trunkDirectory>[0] | undefined = undefined,
): Promise<{ ours: UdpUserAgent; theirs: SipjsPhone }> {
  const trunks = trunkDirectory(parts ?? { name: 'phones', addresses: ['127.0.0.1'], mayRefer: true });
  const ours = await UdpUserAgent.open({ trunks });
  const theirs = await SipjsPhone.open({ ...options, peerPort: ours.port });
  opened.push(theirs, ours);
  return { ours, theirs };
}

/** The phone calls; we answer. */
async function called(
  options: Partial<SipjsPhoneOptions> = {},
  parts?: Parameters<typeof trunkDirectory>[0],
): Promise<{ ours: UdpUserAgent; theirs: SipjsPhone; session: Session }> {
  const { ours, theirs } = await ends(options, parts);
  ours.onEvent = (event) => {
    if (event.kind === 'incoming-call')
      ours.act((userAgent, nowMs) => userAgent.answer(event.session, sdp(1), nowMs));
  };
  const session = await new Promise<Session>((resolve, reject) => {
    theirs.call('100', sdp(2), {
      onAccept: (response: AckableIncomingResponseWithSession) => {
        response.ack();
        resolve(response.session);
      },
      onReject: ({ message }) => reject(new Error(`refused: ${message.statusCode}`)),
    });
  });
  await ours.told('confirmed');
  return { ours, theirs, session };
}

describe('a call by sip.js', () => {
  it('is answered, tells what INFO says both ways, and is hung up by the phone', async () => {
    const { ours, session } = await called();
    const heard = new Promise<string>((resolve) => {
      session.delegate = {
        onInfo: (request) => {
          void request.accept();
          resolve(request.message.body);
        },
      };
    });
    session.info(undefined, {
      body: { contentDisposition: 'render', contentType: 'application/dtmf-relay', content: 'Signal=5\r\n' },
    });
    expect(Buffer.from((await ours.told('info')).body).toString()).toBe('Signal=5\r\n');
    ours.act((userAgent, nowMs) => userAgent.sendInfo(1, 'text/plain', Buffer.from('hello'), nowMs));
    expect(await heard).toBe('hello');
    session.bye();
    expect(await ours.told('ended')).toMatchObject({ by: 'remote' });
  });

  it('proves its password by MD5, the last of the three that are offered', async () => {
    const phones = { name: 'phones', inboundAuth: 'digest' as const, accounts: { alice: 'wonder' } };
    const { ours, theirs } = await called({ credentials: { username: 'alice', password: 'wonder' } }, phones);
    expect(theirs.received.filter((text) => text.startsWith('SIP/2.0 401'))).toHaveLength(1);
    expect(ours.events[0]).toMatchObject({ kind: 'incoming-call', trunk: 'phones' });
  });

  it('with a wrong password is not taken', async () => {
    const phones = { name: 'phones', inboundAuth: 'digest' as const, accounts: { alice: 'wonder' } };
    const credentials = { username: 'alice', password: 'guess' };
    await expect(called({ credentials }, phones)).rejects.toThrow('refused: 401');
  });

  it('gets early media reliably, and acknowledges it by PRACK', async () => {
    const { ours, theirs } = await ends();
    ours.onEvent = (event) => {
      if (event.kind !== 'incoming-call') return;
      ours.act((userAgent, nowMs) => userAgent.ring(event.session, 183, sdp(1), nowMs));
      ours.act((userAgent, nowMs) => userAgent.answer(event.session, sdp(1), nowMs));
    };
    const early = await new Promise<string>((resolve) => {
      let body = '';
      theirs.call('100', sdp(2), {
        onProgress: (response) => {
          body = response.message.body;
          // The core leaves RAck to the layer above it.
          const rack = `RAck: ${response.message.getHeader('RSeq')} ${response.message.cseq} INVITE`;
          response.prack({ extraHeaders: [rack] });
        },
        onAccept: (response) => {
          response.ack();
          resolve(body);
        },
      });
    });
    expect(early).toBe(sdp(1));
    await ours.told('confirmed');
    const titles = ours.wire.map((text) => text.split('\r\n', 1)[0]!.replace(/sip:\S+ /, ''));
    expect(titles).toEqual([
      'INVITE SIP/2.0',
      'SIP/2.0 100 Trying',
      'SIP/2.0 183 Session Progress',
      'PRACK SIP/2.0',
      'SIP/2.0 200 OK',
      'SIP/2.0 200 OK',
      'ACK SIP/2.0',
    ]);
  });

  it('is held by the phone and by us, and resumed', async () => {
    const { ours, session } = await called();
    ours.onEvent = (event) => {
      if (event.kind === 'reoffer')
        ours.act((userAgent, nowMs) => userAgent.acceptReoffer(event.session, sdp(3, 'recvonly'), nowMs));
    };
    const answer = await new Promise<string>((resolve) => {
      session.invite(
        {
          onAccept: (response) => {
            response.ack();
            resolve(response.message.body);
          },
        },
        { body: sdpBody(sdp(4, 'sendonly')) },
      );
    });
    expect(answer).toContain('a=recvonly');
    expect((await ours.told('reoffer')).offer).toContain('a=sendonly');
    session.delegate = {
      onInvite: (request: IncomingInviteRequest) => {
        request.accept({ statusCode: 200, body: sdpBody(sdp(5, 'recvonly')) });
      },
    };
    ours.act((userAgent, nowMs) => userAgent.reinvite(1, sdp(6, 'sendonly'), nowMs));
    expect((await ours.told('reinvite-answered')).answer).toContain('a=recvonly');
    ours.act((userAgent, nowMs) => userAgent.hangUp(1, {}, nowMs));
    expect(ours.events.filter(({ kind }) => kind === 'ended')).toMatchObject([{ by: 'local' }]);
  });

  it('is told to call somebody else, and tells how that goes', async () => {
    const { ours, session } = await called();
    const referred = new Promise<string>((resolve) => {
      session.delegate = {
        onRefer: (request) => {
          request.accept({ statusCode: 202 });
          resolve(request.message.getHeader('Refer-To') ?? '');
          notify(session, 'active;expires=60', 'SIP/2.0 100 Trying');
          notify(session, 'terminated;reason=noresource', 'SIP/2.0 200 OK');
        },
      };
    });
    ours.act((userAgent, nowMs) => userAgent.refer(1, 'sip:carol@example.com', nowMs));
    expect(await referred).toBe('<sip:carol@example.com>');
    expect(await ours.told('refer-progress', ({ isFinal }) => isFinal)).toMatchObject({ statusCode: 200 });
  });

  it('asks us to call somebody else, and is told how that goes', async () => {
    const { ours, session } = await called();
    ours.onEvent = (event) => {
      if (event.kind !== 'refer') return;
      ours.act((userAgent, nowMs) => userAgent.acceptRefer(event.session, nowMs));
      ours.act((userAgent, nowMs) => userAgent.notifyRefer(event.session, 486, nowMs));
    };
    const news = new Promise<string[]>((resolve) => {
      const bodies: string[] = [];
      session.delegate = {
        onNotify: (request) => {
          request.accept();
          bodies.push(request.message.body.trim());
          if (bodies.length === 2) resolve(bodies);
        },
      };
    });
    session.refer(undefined, { extraHeaders: ['Refer-To: <sip:carol@example.com>'] });
    expect(await news).toEqual(['SIP/2.0 100 Trying', 'SIP/2.0 486 Busy Here']);
    expect(await ours.told('refer')).toMatchObject({ target: 'sip:carol@example.com' });
  });
});

describe('a call by sip.js to the running switch', () => {
  const told: string[] = [];
  let app: AiFlowApp;
  let running: RunningSwitch;
  beforeAll(async () => {
    app = await AiFlowApp.listen(({ fields }) => {
      return fields['digit'] === '7'
        ? { type: 'transfer', target_phone_number: '4930123', timeout: 10 }
        : undefined;
    });
    running = await RunningSwitch.start({
      flows: { app: { agent: { kind: 'ai-flow', url: app.webhookUrl } } },
      trunks: [
        {
          name: 'pbx',
          addresses: ['127.0.0.1'],
          outbound: { uri: 'sip:127.0.0.1:9', domain: 'pbx.example', transfer: 'refer' },
        },
      ] as object,
      outbound: { allow: ['49*'], routes: [{ number: '49*', trunk: 'pbx' }] },
      media: { address: '127.0.0.1', portMin: 30_400, portMax: 30_499 },
    });
  });
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
    await app.close();
    expect(running.strayOutput).toEqual([]);
  });
  afterEach(() => {
    told.length = 0;
    app.events.length = 0;
  });

  async function inCall(): Promise<Session> {
    const phone = await SipjsPhone.open({ peerPort: running.sipPort });
    opened.push(phone);
    return new Promise<Session>((resolve, reject) => {
      phone.call('app', sdp(2), {
        onAccept: (response: AckableIncomingResponseWithSession) => {
          response.ack();
          resolve(response.session);
        },
        onReject: ({ message }) => reject(new Error(`refused: ${message.statusCode}`)),
      });
    });
  }
  const press = (session: Session, digit: string): void => {
    const content = `Signal=${digit}\r\n`;
    session.info(undefined, {
      body: { contentDisposition: 'render', contentType: 'application/dtmf-relay', content },
    });
  };

  it('is asked to call somebody else, tells that it does, and is hung up on', async () => {
    const session = await inCall();
    await app.waitFor('session_start');
    const over = new Promise<void>((resolve) => {
      session.delegate = {
        onRefer: (request) => {
          told.push(`REFER ${request.message.getHeader('Refer-To')}`);
          request.accept({ statusCode: 202 });
          notify(session, 'active;expires=60', 'SIP/2.0 180 Ringing');
          notify(session, 'terminated;reason=noresource', 'SIP/2.0 200 OK');
        },
        onBye: (request) => {
          told.push('BYE');
          request.accept();
          resolve();
        },
      };
    });
    press(session, '7');
    await over;
    expect(told).toEqual([expect.stringMatching(/^REFER <sip:4930123@/), 'BYE']);
    await app.waitFor('session_end');
    expect(app.types).toEqual(['session_start', '7', 'session_end']);
  });

  it('that could not reach the other goes on with its agent, and may not ask us to call somebody itself', async () => {
    const session = await inCall();
    await app.waitFor('session_start');
    session.delegate = {
      onRefer: (request) => {
        request.accept({ statusCode: 202 });
        notify(session, 'terminated;reason=noresource', 'SIP/2.0 486 Busy Here');
      },
    };
    press(session, '7');
    await app.waitFor('session_start', { count: 2 });
    const refused = await new Promise<number | undefined>((resolve) => {
      session.refer(
        {
          onAccept: ({ message }) => resolve(message.statusCode),
          onReject: ({ message }) => resolve(message.statusCode),
        },
        { extraHeaders: ['Refer-To: <sip:+49900123456@example.com>'] },
      );
    });
    expect(refused).toBe(603);
    session.bye();
    await app.waitFor('session_end');
    expect(await running.metric('patchbay_outbound_calls_active')).toBe(0);
  });
});

function notify(session: Session, state: string, line: string): void {
  session.notify(undefined, {
    extraHeaders: ['Event: refer', `Subscription-State: ${state}`],
    body: { contentDisposition: 'render', contentType: 'message/sipfrag', content: line },
  });
}

describe('a call of ours to sip.js', () => {
  it('acknowledges its reliable ringing, is answered, and hung up by us', async () => {
    const byes: string[] = [];
    const { ours, theirs } = await ends({
      onInvite: (request) => {
        const { session } = request.progress({
          statusCode: 183,
          extraHeaders: ['Require: 100rel', 'RSeq: 17', `Contact: <sip:phone@127.0.0.1:${theirs.port}>`],
          body: sdpBody(sdp(7)),
        });
        session.delegate = {
          onPrack: (prack) => {
            prack.accept();
            const extraHeaders = [`Contact: <sip:phone@127.0.0.1:${theirs.port}>`];
            const accepted = request.accept({ statusCode: 200, extraHeaders });
            accepted.session.delegate = {
              onBye: (bye) => {
                byes.push(bye.message.method);
                bye.accept();
              },
            };
          },
        };
      },
    });
    const call = {
      target: `sip:phone@127.0.0.1:${theirs.port}`,
      from: `<sip:switch@127.0.0.1:${ours.port}>`,
      flow: ours.flowTo(theirs.port),
      sdp: sdp(8),
    };
    ours.act((userAgent, nowMs) => userAgent.invite(call, nowMs).outputs);
    expect(await ours.told('ringing')).toMatchObject({ statusCode: 183, answer: sdp(7) });
    await ours.told('answered');
    ours.act((userAgent, nowMs) => userAgent.hangUp(1, {}, nowMs));
    await expect.poll(() => byes).toEqual(['BYE']);
  });
});
