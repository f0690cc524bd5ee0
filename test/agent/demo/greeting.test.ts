import { expect, it } from 'vitest';
import { demoTurn, initialDemoState } from '../../../src/agent/demo/conversation.ts';
import { createSynthesizer } from '../../../src/speech/tts/create-synthesizer.ts';
import { RecordingLogger } from '../../support/recording-host.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

it('the demo greets in less than eight seconds, so that a caller may soon speak', async () => {
  const sounds = { cafe: '', office: '', 'train-station': '', rain: '' };
  const { actions } = demoTurn({ type: 'session_start', session: { id: '1' } }, initialDemoState, sounds);
  const text = String(actions.at(-1)?.['text']);
  const synthesizer = createSynthesizer({ log: new RecordingLogger(), timers: new VirtualClock() });
  const voice = { provider: undefined, language: undefined, voice: undefined };
  let seconds = 0;
  const request = { script: { text, format: 'text' as const }, voice };
  for await (const { samples, rateHz } of synthesizer.synthesize(request, new AbortController().signal))
    seconds += samples.length / rateHz;
  await synthesizer.close();
  expect(seconds).toBeGreaterThan(3);
  expect(seconds).toBeLessThan(8);
});
