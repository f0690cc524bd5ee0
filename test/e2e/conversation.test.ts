/** A spoken conversation by telephone, without a network: one process calls and speaks, another hears and understands. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallReport } from '../../src/cli/call/report.ts';
import { AiFlowApp, type ReceivedEvent } from '../support/ai-flow-app.ts';
import { RunningSwitch, runPatchbay } from '../support/running-switch.ts';
import { wordErrors } from '../support/word-errors.ts';

const question = 'Can you transfer me to a human agent, please?';
const greeting =
  'Welcome. This greeting is far too long, as greetings are. It tells you about our opening hours, ' +
  'about our address, about our values, and about the weather, and then it begins again.';

describe('a caller who speaks to an app', () => {
  let app: AiFlowApp;
  let running: RunningSwitch;
  let report: CallReport;
  const told = (type: string): ReceivedEvent[] => app.events.filter((event) => event.type === type);

  beforeAll(async () => {
    app = await AiFlowApp.listen(({ type }) => {
      if (type === 'session_start') return { type: 'speak', text: greeting };
      return type === 'user_speak'
        ? [{ type: 'speak', text: 'Of course. Goodbye.' }, { type: 'hangup' }]
        : undefined;
    });
    running = await RunningSwitch.start({
      flows: { app: { agent: { kind: 'ai-flow', url: app.webSocketUrl } } },
    });
    const target = `sip:app@127.0.0.1:${running.sipPort}`;
    // Somebody else has called before: the models are loaded, as in a service that runs for a while.
    await runPatchbay(['call', target, '--say', 'Hello.', '--duration', '12']);
    await app.waitFor('session_end');
    app.events.length = 0;
    const { output } = await runPatchbay(['call', target, '--say', question, '--duration', '18', '--json']);
    report = JSON.parse(output);
    await app.waitFor('session_end');
  }, 60_000);
  afterAll(async () => {
    await running.stop();
    await app.close();
  });

  it('is understood, in one turn', () => {
    expect(told('user_speak')).toHaveLength(1);
    expect(wordErrors(question, String(told('user_speak')[0]?.fields['text']))).toBeLessThanOrEqual(1);
  });

  it('interrupts the greeting, and is told to have', () => {
    expect(told('user_speak')[0]?.fields['barged_in']).toBe(true);
    const [spoken] = told('assistant_speak');
    const [ended] = told('assistant_speech_ended');
    expect(ended!.receivedAtMs - spoken!.receivedAtMs).toBeLessThan(
      Number(spoken!.fields['duration_ms']) / 2,
    );
  });

  it('is told about in order, and answered before the line goes dead', () => {
    expect(app.types.filter((type) => type !== 'user_speech_started')).toEqual([
      'session_start',
      'assistant_speak',
      'assistant_speech_ended',
      'user_speak',
      'assistant_speak',
      'assistant_speech_ended',
      'session_end',
    ]);
    expect(report.outcome).toEqual({ kind: 'completed', by: 'remote' });
  });
});
