import { describe, expect, it } from 'vitest';
import type { AgentHost } from '../../../src/agent/agent.ts';
import { standardEvents } from '../../../src/agent/ai-flow/events.ts';
import { WebhookAgent } from '../../../src/agent/ai-flow/webhook.ts';
import { noMetrics } from '../../../src/agent/app-metrics.ts';
import { SampleRing } from '../../../src/audio/sample-ring.ts';
import { ExchangeLog, exchangeText } from '../../../src/cli/rehearse/exchange-log.ts';
import { followScript } from '../../../src/cli/rehearse/follow-script.ts';
import { RehearsedCall } from '../../../src/cli/rehearse/rehearsed-call.ts';
import { RehearsedEar } from '../../../src/cli/rehearse/rehearsed-ear.ts';
import { parseStep, type Step } from '../../../src/cli/rehearse/steps.ts';
import type { MediaCommand } from '../../../src/media/command.ts';
import type { Listener } from '../../../src/speech/listener.ts';
import { Answer, type Script, ScriptedApp } from '../../support/ai-flow-conformance/scripted-app.ts';
import {
  readingSynthesizer,
  VOICE_HZ,
  wavBase64,
  wordsFor,
} from '../../support/ai-flow-conformance/sounds.ts';
import { tone, toneLevelDb } from '../../support/audio.ts';
import { CountingMetrics } from '../../support/counting-metrics.ts';
import { clipOf } from '../../support/mixing.ts';
import { simulatedFlow } from '../../support/simulated-switch.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { wavClips } from '../../support/wav-clips.ts';

/** Rehearses in virtual time, to the end. */
async function rehearse(script: Script, ...steps: readonly string[]) {
  const clock = new VirtualClock();
  const app = new ScriptedApp(clock, script);
  const log = new ExchangeLog(clock, () => undefined);
  /** How loud the caller's sound was, each half second that a recogniser heard. */
  const recognisedDb: number[] = [];
  const recogniser = recogniserOf(clock, (samples) =>
    recognisedDb.push(toneLevelDb(samples, CALLER_HZ, 8000)),
  );
  const heard: number[] = [];
  const agent = (host: AgentHost) =>
    new WebhookAgent({
      host,
      clock,
      log,
      exchange: app.exchange,
      metrics: noMetrics,
      numberFormat: 'digits',
      switches: standardEvents,
      timeoutMs: 5000,
    });
  const call = new RehearsedCall({
    flow: simulatedFlow(agent, { fallbackAnnouncement: '' }),
    from: '+4915790000687',
    to: '+4921155660',
    services: {
      synthesizer: readingSynthesizer,
      clips: wavClips(),
      random: () => 0,
      metrics: new CountingMetrics(),
    },
    ear: new RehearsedEar(clock, recogniser),
    clock,
    log,
    onHeard: (samples) => heard.push(...samples),
  });
  const soundOf = async (): Promise<MediaCommand[]> => [
    {
      kind: 'queue-clip',
      playoutId: 1,
      clip: clipOf(tone(CALLER_HZ, { rateHz: 8000, lengthSamples: 8000, levelDb: -12 })),
    },
  ];
  const parsed = steps.map((text) => parseStep(text) as Step);
  let isDone = false;
  const following = followScript(call, parsed, { log, soundOf, speechOf: undefined }).then(async () => {
    await call.ended();
    isDone = true;
  });
  for (let second = 0; second < 300 && !isDone; second += 1) await clock.advance(1000);
  await following;
  return { app, log, call, recognisedDb, heard: Int16Array.from(heard) };
}

/** A recogniser that gives what it reads to `onSamples`, and understands nothing. */
function recogniserOf(clock: VirtualClock, onSamples: (samples: Int16Array) => void): Listener {
  return {
    listen({ ring }) {
      const reader = new SampleRing(ring);
      const samples = new Int16Array(4000);
      const read = (): void => {
        while (reader.read(samples)) onSamples(samples);
        clock.schedule(100, read);
      };
      read();
      return { configure: () => undefined, close: () => undefined };
    },
    close: () => Promise.resolve(),
  };
}

const CALLER_HZ = 1000;
const greeting = { type: 'speak', text: wordsFor(2000) };

describe('a rehearsed call', () => {
  it('speaks when the agent has finished, waits for the answer, and hangs up at last', async () => {
    const { app, call } = await rehearse(
      ({ type }) => (type === 'session_start' || type === 'user_speak' ? greeting : undefined),
      'say hello there',
      'say thank you',
    );
    expect(app.told).toEqual([
      'session_start',
      'assistant_speak',
      'assistant_speech_ended',
      'user_speak "hello there"',
      'assistant_speak',
      'assistant_speech_ended',
      'user_speak "thank you"',
      'assistant_speak',
      'assistant_speech_ended',
      'session_end',
    ]);
    expect(call.endCause).toBe('caller-hung-up');
  });

  it('interrupts the agent', async () => {
    const { app } = await rehearse(
      ({ type }) => (type === 'session_start' ? { type: 'speak', text: wordsFor(30_000) } : undefined),
      'over say no, stop',
    );
    expect(app.told).toEqual([
      'session_start',
      'assistant_speak',
      'assistant_speech_ended',
      'user_speak "no, stop" barged in',
      'session_end',
    ]);
  });

  it('presses keys, coughs and waits', async () => {
    const { app } = await rehearse(
      ({ type }) => (type === 'session_start' ? { ...greeting, user_input_timeout_seconds: 7 } : undefined),
      'press 12#',
      'cough',
      'wait 8',
    );
    expect(app.told).toEqual([
      'session_start',
      'assistant_speak',
      'assistant_speech_ended',
      'dtmf_received 1',
      'dtmf_received 2',
      'dtmf_received #',
      'user_input_timeout',
      'session_end',
    ]);
  });

  it('is over when the app hangs up, whatever the script has left', async () => {
    const { app, call } = await rehearse(
      ({ type }) => {
        if (type === 'session_start') return greeting;
        return type === 'user_speak' ? [{ type: 'speak', text: 'Bye!' }, { type: 'hangup' }] : undefined;
      },
      'say goodbye',
      'say are you still there?',
    );
    expect(app.types.at(-1)).toBe('session_end');
    expect(app.told).not.toContain('user_speak "are you still there?"');
    expect(call.endCause).toBe('agent-hung-up');
  });

  it('is over at once when the app cannot serve it', async () => {
    const { call } = await rehearse(() => new Answer({ status: 500 }), 'say hello');
    expect(call.endCause).toBe('agent-failed');
  });

  it('is heard as a caller would hear it', async () => {
    const { heard } = await rehearse(({ type }) =>
      type === 'session_start'
        ? [{ type: 'mix_audio', audio: wavBase64(300, 1000), volume: 0.5 }, greeting]
        : undefined,
    );
    const voice = heard.subarray(8000, 12_000);
    expect(toneLevelDb(voice, VOICE_HZ, 8000)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(voice, 300, 8000)).toBeCloseTo(-18, 0);
  });

  it('plays a sound to the recogniser', async () => {
    const { recognisedDb, log } = await rehearse(() => undefined, 'play question.wav');
    expect(Math.max(...recognisedDb)).toBeCloseTo(-12, 0);
    expect(log.lines.map(exchangeText).join('')).toContain('caller plays file=question.wav');
  });

  it('leaves an exchange that reads like one', async () => {
    const { log } = await rehearse(
      ({ type }) =>
        type === 'session_start' ? [{ type: 'speak', text: 'Hi' }, { type: 'sing' }] : undefined,
      'say hello',
    );
    const text = log.lines.map(exchangeText).join('');
    expect(text).toMatch(/^ {4}0\.\d\d {2}> session_start\n/);
    expect(text).toMatch(/ {2}< speak "Hi"/);
    expect(text).toMatch(/ {2}! type: found "sing", expected one of speak/);
    expect(text).toMatch(/ {4}caller says "hello"\n/);
    expect(text).toMatch(/ {2}> user_speak "hello" barged_in=false\n/);
    expect(text.trimEnd()).toMatch(/> session_end$/);
  });
});
