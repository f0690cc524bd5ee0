/** Webhook and WebSocket: sections 7 and 8 of the protocol's rules. What is on the wire is in test/e2e. */
import { describe, expect, it } from 'vitest';
import { converse } from '../../../support/ai-flow-conformance/conversation.ts';
import { Answer } from '../../../support/ai-flow-conformance/scripted-app.ts';
import { wordsFor } from '../../../support/ai-flow-conformance/sounds.ts';

const speak = (lengthMs: number) => ({ type: 'speak', text: wordsFor(lengthMs) });

describe('a webhook', () => {
  it.each([400, 401, 404, 500, 503])('that answers %i to an event does not end the call', async (status) => {
    const { app, caller, wait } = await converse(
      ({ type }) =>
        type === 'dtmf_received' ? new Answer({ status, body: '{"type":"hangup"}' }) : undefined,
      { transport: 'webhook' },
    );
    caller.presses('12');
    await wait(2000);
    expect(caller.phone.isTalking).toBe(true);
    expect(app.told.slice(1)).toEqual(['dtmf_received 1', 'dtmf_received 2']);
  });

  it('that answers 401 from the first event on does not end the call', async () => {
    const { app, caller, wait } = await converse(
      () => new Answer({ status: 401, body: '{"error":"token"}' }),
      {
        transport: 'webhook',
      },
    );
    caller.presses('1');
    await wait(20_000);
    expect(caller.phone.isTalking).toBe(true);
    expect(app.types).toEqual(['session_start', 'dtmf_received']);
  });

  it('may answer 204 to a key, which means that more keys are awaited', async () => {
    const { app, caller, wait } = await converse(() => new Answer({ status: 204 }), { transport: 'webhook' });
    caller.presses('123');
    await wait(3000);
    expect(app.told.slice(1)).toEqual(['dtmf_received 1', 'dtmf_received 2', 'dtmf_received 3']);
  });

  it('may answer up to five seconds later', async () => {
    const { caller, wait } = await converse(
      ({ type }) =>
        type === 'dtmf_received'
          ? new Answer({ body: JSON.stringify(speak(1000)), afterMs: 4900 })
          : undefined,
      { transport: 'webhook' },
    );
    caller.presses('1');
    await wait(5700);
    expect(caller.hearsVoice()).toBe(true);
  });

  it('that answers after five seconds has its answer discarded, and the call goes on', async () => {
    const { caller, wait } = await converse(
      ({ fields }) =>
        fields['digit'] === '1'
          ? new Answer({ body: '{"type":"hangup"}', afterMs: 5100 })
          : fields['digit'] === '2'
            ? speak(1000)
            : undefined,
      { transport: 'webhook' },
    );
    caller.presses('1');
    await wait(7000);
    expect(caller.phone.isTalking).toBe(true);
    caller.presses('2');
    await wait(700);
    expect(caller.hearsVoice()).toBe(true);
  });

  it('is told what happens while it thinks about something else', async () => {
    const { app, caller, wait } = await converse(
      ({ type }) => (type === 'user_speak' ? new Answer({ body: '', afterMs: 4000 }) : undefined),
      { transport: 'webhook' },
    );
    caller.says('one');
    await wait(1500);
    caller.says('two');
    await wait(1500);
    expect(app.told.slice(1)).toEqual(['user_speak "one"', 'user_speak "two"']);
  });

  it('that cannot serve the first event leaves the caller with an announcement, and then with nobody', async () => {
    const { caller, wait } = await converse(() => new Answer({ status: 500 }), { transport: 'webhook' });
    await wait(400);
    expect(caller.hearsVoice()).toBe(true);
    await wait(1000);
    expect(caller.phone.endedBy).toBe('remote');
  });
});

describe('a WebSocket', () => {
  it('may send actions at any time, not in answer to anything', async () => {
    const { app, caller, wait } = await converse(() => undefined);
    await wait(10_000);
    app.push(speak(1000));
    await wait(300);
    expect(caller.hearsVoice()).toBe(true);
  });

  it.each(['not JSON', '<html>', '{"type":"connected"}', '{"error":"oops"}', '', '[1,2'])(
    'may send %j, which is ignored, and stays open',
    async (text) => {
      const { app, caller, wait } = await converse(() => undefined);
      app.push(text);
      await wait(100);
      app.push(speak(1000));
      await wait(300);
      expect(caller.hearsVoice()).toBe(true);
      expect(app.closes).toEqual([]);
    },
  );

  it('is closed with 1000 after session_end, which is the last message', async () => {
    const { app, caller, wait } = await converse(() => undefined);
    caller.hangsUp();
    await wait(1000);
    expect(app.types).toEqual(['session_start', 'session_end']);
    expect(app.closes).toEqual([1000]);
  });

  it('that drops in mid-call is dialled again without a second session_start, and told what it missed', async () => {
    const { app, caller, wait } = await converse(() => undefined);
    app.drop();
    caller.presses('1');
    await wait(2000);
    caller.presses('2');
    await wait(1000);
    expect(app.told).toEqual(['session_start', 'dtmf_received 1', 'dtmf_received 2']);
    app.push(speak(1000));
    await wait(300);
    expect(caller.hearsVoice()).toBe(true);
  });
});
