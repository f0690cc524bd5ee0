/** `patchbay rehearse` as a process, against apps over real transports. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AiFlowApp } from '../support/ai-flow-app.ts';
import { runPatchbay } from '../support/running-switch.ts';

let app: AiFlowApp;

beforeEach(async () => {
  app = await AiFlowApp.listen(({ type }) => {
    if (type === 'session_start') return { type: 'speak', text: 'Hi!' };
    return type === 'user_speak' ? [{ type: 'speak', text: 'Bye.' }, { type: 'hangup' }] : undefined;
  });
});
afterEach(() => app.close());

const rehearse = (...parameters: string[]) => runPatchbay(['rehearse', ...parameters]);

describe.each(['webhookUrl', 'webSocketUrl'] as const)('a rehearsal with an app at its %s', (address) => {
  it('goes by the script, and prints the exchange', async () => {
    const { code, output } = await rehearse(app[address], '--token', 'secret', '--json', 'say goodbye then');
    expect(code).toBe(0);
    const lines = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const exchange = lines
      .filter(({ direction }) => direction === 'event' || direction === 'action')
      .map(({ what }) => what)
      .filter((what) => what !== 'user_speech_started');
    expect(exchange).toEqual([
      'session_start',
      'speak',
      'assistant_speak',
      'assistant_speech_ended',
      'user_speak',
      'speak',
      'hangup',
      'assistant_speak',
      'assistant_speech_ended',
      'session_end',
    ]);
    expect(app.types).toEqual(lines.filter(({ direction }) => direction === 'event').map(({ what }) => what));
    expect(app.events[0]?.headers['x-api-token']).toBe('secret');
  });

  it('fails when the app is not there', async () => {
    const url = app[address];
    await app.close();
    const { code, output } = await rehearse(url, 'say hello');
    expect(code).toBe(1);
    expect(output).toContain('the agent cannot serve the call');
    app = await AiFlowApp.listen();
  });
});

it('a rehearsal says which steps it does not understand, before it calls anybody', async () => {
  const { code, errors } = await rehearse(app.webhookUrl, 'sing', 'press x');
  expect(code).toBe(1);
  expect(errors).toContain('The script cannot be followed: "sing": a step is say');
  expect(errors).toContain('"press x": keys are');
  expect(app.events).toEqual([]);
});

it('a rehearsal says which flows there are, where the name of one is unknown', async () => {
  const { code, errors } = await rehearse('sales');
  expect(code).toBe(1);
  expect(errors).toContain('"sales" is neither a URL nor one of demo');
});
