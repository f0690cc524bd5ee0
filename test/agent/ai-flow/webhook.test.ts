import { describe, expect, it } from 'vitest';
import { standardEvents } from '../../../src/agent/ai-flow/events.ts';
import { WebhookAgent, type WebhookResult } from '../../../src/agent/ai-flow/webhook.ts';
import { type ExchangeOutcome, noMetrics } from '../../../src/agent/app-metrics.ts';
import { RecordingHost, RecordingLogger } from '../../support/recording-host.ts';
import { settle, VirtualClock } from '../../support/virtual-clock.ts';

const greeting = JSON.stringify({ type: 'speak', text: 'Hello' });
const json = (body: string, status = 200): WebhookResult => ({
  kind: 'answered',
  status,
  contentType: 'application/json',
  body,
});
const html: WebhookResult = {
  kind: 'answered',
  status: 200,
  contentType: 'text/html; charset=utf-8',
  body: '<!DOCTYPE html><title>It works!</title>',
};

/** A webhook whose app answers when the test says so. */
function webhook() {
  const host = new RecordingHost();
  const log = new RecordingLogger();
  const clock = new VirtualClock();
  const outcomes: ExchangeOutcome[] = [];
  const requests: {
    readonly event: Record<string, unknown>;
    readonly sent: () => void;
    readonly signal: AbortSignal;
    readonly answer: (result: WebhookResult) => Promise<void>;
  }[] = [];
  let sendsAtOnce = true;
  const agent = new WebhookAgent({
    host,
    log,
    clock,
    numberFormat: 'digits',
    switches: standardEvents,
    timeoutMs: 5000,
    metrics: { ...noMetrics, exchanged: (outcome) => outcomes.push(outcome) },
    exchange: (eventText, { sent, signal }) =>
      new Promise((resolve) => {
        if (sendsAtOnce) sent();
        requests.push({
          event: JSON.parse(eventText),
          sent,
          signal,
          answer: (result) => {
            resolve(result);
            return settle();
          },
        });
      }),
  });
  return {
    host,
    log,
    clock,
    outcomes,
    requests,
    agent,
    /** From now on a request is on its way only when the test says so. */
    holdBack: () => {
      sendsAtOnce = false;
    },
    async start(result: WebhookResult = json('')) {
      agent.handle({ kind: 'started' });
      await settle();
      await requests[0]!.answer(result);
    },
    async press(digit: string) {
      agent.handle({ kind: 'digit', digit });
      await clock.advance(20);
      return requests.at(-1)!;
    },
  };
}

describe('the webhook', () => {
  it('tells an event and carries out the actions of its answer', async () => {
    const { start, requests, host } = webhook();
    await start(json(`[${greeting},{"type":"hangup"}]`));
    expect(requests[0]!.event).toMatchObject({ type: 'session_start', session: { id: host.session.id } });
    expect(host.batches.map((batch) => batch.map(({ kind }) => kind))).toEqual([['say', 'hang-up']]);
  });

  it('does not wait for one answer before it tells the next event', async () => {
    const { start, press, requests } = webhook();
    await start();
    await press('1');
    await press('2');
    expect(requests.map(({ event }) => event['digit'])).toEqual([undefined, '1', '2']);
  });

  it('gives an event that is on its way 20 ms before the next, as connections keep no order between them', async () => {
    const { start, agent, requests, clock } = webhook();
    await start();
    agent.handle({ kind: 'digit', digit: '1' });
    agent.handle({ kind: 'digit', digit: '2' });
    await clock.advance(19);
    expect(requests).toHaveLength(2);
    await clock.advance(1);
    expect(requests).toHaveLength(3);
  });

  it('sends the next event at once when the one before has been answered', async () => {
    const { start, agent, requests } = webhook();
    await start();
    agent.handle({ kind: 'digit', digit: '1' });
    agent.handle({ kind: 'digit', digit: '2' });
    await settle();
    await requests[1]!.answer(json('', 204));
    expect(requests[2]!.event['digit']).toBe('2');
  });

  it('sends no event before the one that came before it is on its way', async () => {
    const { start, press, requests, holdBack, clock } = webhook();
    await start();
    holdBack();
    await press('1');
    await press('2');
    expect(requests).toHaveLength(2);
    requests[1]!.sent();
    await clock.advance(20);
    expect(requests[2]!.event['digit']).toBe('2');
  });

  it('carries out answers in the order in which they arrive', async () => {
    const { start, press, host } = webhook();
    await start();
    const first = await press('1');
    const second = await press('2');
    await second.answer(json('{"type":"barge_in"}'));
    await first.answer(json(greeting));
    expect(host.commands.map(({ kind }) => kind)).toEqual(['interrupt', 'say']);
  });

  it.each([
    ['204', json('', 204), 'no-action'],
    ['an empty body', json(''), 'no-action'],
    ['null', json('null'), 'no-action'],
    ['an empty list', json('[]'), 'no-action'],
    ['{"success":true}', json('{"success":true}'), 'no-action'],
    ['HTML', html, 'html'],
    ['plain text', json('OK'), 'not-json'],
    ['a bad request', json('{"type":"hangup"}', 400), 'client-error'],
    ['an unauthorised one', json('{"error":"no token"}', 401), 'client-error'],
    ['an error of its own', json('{"type":"hangup"}', 500), 'server-error'],
    ['a redirect', json('', 302), 'redirected'],
  ])('does nothing when an app answers an event with %s', async (_what, result, outcome) => {
    const { start, press, host, outcomes } = webhook();
    await start();
    const request = await press('1');
    await request.answer(result);
    expect(host.batches).toEqual([]);
    expect(host.failures).toEqual([]);
    expect(outcomes.at(-1)).toBe(outcome);
  });

  it('carries out the actions of any answer of the 200s', async () => {
    const { start, host } = webhook();
    await start(json(greeting, 202));
    expect(host.commands).toHaveLength(1);
  });

  it('says in the log what came instead of JSON', async () => {
    const { start, press, log } = webhook();
    await start();
    await (await press('1')).answer(html);
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'the webhook answered with something that is not JSON: no action',
        fields: {
          event: 'dtmf_received',
          status: 200,
          contentType: 'text/html; charset=utf-8',
          found: '<!DOCTYPE html><title>It works!</title>',
        },
      },
    ]);
  });

  it('discards an answer that is late, and the call goes on', async () => {
    const { start, press, host, clock, outcomes } = webhook();
    await start();
    const request = await press('1');
    await clock.advance(5000);
    expect(request.signal.aborted).toBe(true);
    await request.answer(json(greeting));
    expect(host.batches).toEqual([]);
    expect(host.failures).toEqual([]);
    expect(outcomes.at(-1)).toBe('timed-out');
    await (await press('2')).answer(json(greeting));
    expect(host.commands).toHaveLength(1);
  });

  it('does not let an event that cannot be sent hold up the next for ever', async () => {
    const { start, press, requests, holdBack, clock } = webhook();
    await start();
    holdBack();
    await press('1');
    await press('2');
    await clock.advance(5000);
    expect(requests.at(-1)!.event['digit']).toBe('2');
  });

  it.each([
    ['is refused', { kind: 'failed', reason: 'refused', detail: '' }, 'refused'],
    ['cannot be told', { kind: 'failed', reason: 'unreachable', detail: '' }, 'unreachable'],
    ['gets too long an answer', { kind: 'failed', reason: 'too-large', detail: '' }, 'bad-response'],
    ['gets an error of the app', json('', 503), 'bad-response'],
    ['gets HTML', html, 'bad-response'],
    ['is redirected elsewhere', json('', 302), 'bad-response'],
  ] as const)('gives the call to its fallback when session_start %s', async (_how, result, failure) => {
    const { start, host } = webhook();
    await start(result);
    expect(host.failures).toEqual([failure]);
  });

  it('gives the call to its fallback when session_start gets no answer in time', async () => {
    const { agent, host, clock } = webhook();
    agent.handle({ kind: 'started' });
    await clock.advance(5000);
    expect(host.failures).toEqual(['timed-out']);
  });

  it('goes on with the call when session_start is answered 401', async () => {
    const { start, host } = webhook();
    await start(json('', 401));
    expect(host.failures).toEqual([]);
  });

  it('drops answers that arrive after the session has ended', async () => {
    const { start, press, agent, host, outcomes } = webhook();
    await start();
    const request = await press('1');
    agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    await request.answer(json(greeting));
    expect(host.batches).toEqual([]);
    expect(outcomes.at(-1)).toBe('after-end');
  });

  it('ignores the answer to session_end, and is closed when it has come', async () => {
    const { start, agent, host, requests } = webhook();
    await start();
    agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    let closed = false;
    const closing = agent.close().then(() => {
      closed = true;
    });
    await settle();
    expect(requests.at(-1)!.event['type']).toBe('session_end');
    expect(closed).toBe(false);
    await requests.at(-1)!.answer(json(greeting));
    await closing;
    expect(host.batches).toEqual([]);
  });

  it('is closed in time when session_end gets no answer', async () => {
    const { start, agent, clock } = webhook();
    await start();
    agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    await clock.advance(5000);
    await agent.close();
  });

  it('tells an app that its SMS was not sent, and stops after ten', async () => {
    const { start, requests } = webhook();
    const sms = json('{"type":"send_sms","phone_number":"4915112345678","message":"Hi"}');
    await start(sms);
    for (let turn = 1; turn < requests.length; turn += 1) {
      expect(requests[turn]!.event).toMatchObject({ type: 'sms_failed', reason: 'not_enabled' });
      await requests[turn]!.answer(sms);
    }
    expect(requests).toHaveLength(11);
  });

  it('traces each event and action in one line, without sounds', async () => {
    const { start, log } = webhook();
    await start(json(JSON.stringify([{ type: 'mix_audio', audio: 'AAAA'.repeat(1000), volume: 0.3 }])));
    const trace = log.lines.filter(({ level }) => level === 'info');
    expect(trace).toEqual([
      { level: 'info', message: 'agent event', fields: { event: 'session_start' } },
      { level: 'info', message: 'agent action', fields: { action: 'loop', octets: 3000, gain: 0.3 } },
    ]);
  });
});

it('a bug met in the answer of a webhook goes to the fallback, and the end is told all the same', async () => {
  const hook = webhook();
  await hook.start();
  hook.host.submit = () => {
    throw new TypeError('a bug');
  };
  hook.agent.handle({ kind: 'digit', digit: '1' });
  await settle();
  await hook.requests[1]!.answer(json(greeting));
  expect(hook.host.failures).toEqual(['bad-response']);
  expect(hook.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  hook.agent.handle({ kind: 'ended', cause: 'agent-failed' });
  await settle();
  expect(hook.requests[2]!.event).toMatchObject({ type: 'session_end' });
  await hook.requests[2]!.answer(json(''));
  await hook.agent.close();
});
