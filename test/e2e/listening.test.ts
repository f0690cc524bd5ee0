/** Callers who are really listened to: rings, threads and models as in the running service. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ListeningPool } from '../../src/app/listening-pool.ts';
import { SampleRing } from '../../src/audio/sample-ring.ts';
import type { HearingEvent } from '../../src/speech/listener.ts';
import type { MoonshineSize } from '../../src/speech/stt/moonshine/moonshine-model.ts';
import { inARow, sentence, silence, throughMuLaw } from '../support/hearing.ts';
import { recordingLogger } from '../support/recording-logger.ts';
import { wordErrors } from '../support/word-errors.ts';

const { log, lines } = recordingLogger();
const pool: ListeningPool = listeningPool('base');

function listeningPool(model: MoonshineSize, workerUrl?: URL): ListeningPool {
  return new ListeningPool({
    rules: {
      onsetMs: 32,
      onsetOverSpeechMs: 64,
      minimumSpeechMs: 96,
      maximumTurnMs: 25_000,
      endOfTurn: 'silence',
    },
    recognition: {
      default: 'built-in',
      providers: {},
      builtIn: { model, threads: 1, queueLimit: 8, interimMs: 700 },
    },
    log,
    ...(workerUrl && { workerUrl }),
  });
}

beforeAll(async () => {
  pool.prepare();
  // Until the models are loaded, what callers say waits in their rings, but not for longer than these are.
  while (!(await call('Hello.')).some(({ kind }) => kind === 'turn'));
});
afterAll(() => pool.close());

describe('a caller who is listened to', () => {
  it('is understood, with onset and interim transcripts on the way', async () => {
    const text = 'Can you transfer me to a human agent, please?';
    const events = await call(text);
    expect(events[0]?.kind).toBe('speech-onset');
    expect(events.some(({ kind }) => kind === 'interim')).toBe(true);
    const last = events.at(-1)!;
    expect(last.kind).toBe('turn');
    expect(wordErrors(text, textOf(last))).toBeLessThanOrEqual(1);
  });

  it('is one of several, each heard alone', async () => {
    const texts = [
      'I would like to change my appointment.',
      'What time do you close on Saturday?',
      'My account number is four seven one nine.',
    ];
    const calls = await Promise.all(texts.map((text) => call(text)));
    for (const [index, events] of calls.entries()) {
      expect(wordErrors(texts[index]!, textOf(events.at(-1)!))).toBeLessThanOrEqual(1);
    }
    expect(pool.totals?.model).toBe('silero');
  });

  it('may change how much silence ends a turn', async () => {
    const soon = await call('Thank you.', { endOfTurnSilenceMs: 200 });
    const late = await call('Thank you.', { endOfTurnSilenceMs: 2000 });
    const waitedMs = (events: Timed[]) => events.at(-1)!.afterSpeechMs;
    expect(waitedMs(late) - waitedMs(soon)).toBeGreaterThan(1000);
  });

  it('is told when the language is not understood, and turns end all the same', async () => {
    const events = await call('Guten Tag.', { languages: ['de-DE'] });
    expect(events.map(({ kind }) => kind)).toEqual(['failed', 'speech-onset', 'turn']);
    expect(events[0]).toMatchObject({ reason: 'language-unsupported' });
    expect(textOf(events.at(-1)!)).toBe('');
    expect(lines.filter(({ message }) => message.includes('English only')).length).toBe(1);
  });

  it('leaves the worker idle when nobody is left', async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(pool.totals).toMatchObject({ callers: 0, recognizer: { waiting: 0, running: 0 } });
  });
});

describe('a listening worker that dies', () => {
  it('is told to its callers and takes them up again when it is back', async () => {
    const dying = new URL('../support/dying-listening-worker.ts', import.meta.url);
    const mortal = listeningPool('tiny', dying);
    const events: HearingEvent[] = [];
    const listening = mortal.listen({
      callId: 'mortal',
      ring: SampleRing.create(32_768).buffer,
      settings: { provider: undefined, languages: [], vocabulary: [], endOfTurnSilenceMs: 700 },
      onEvent: (event) => events.push(event),
    });
    listening.configure({ vocabulary: ['die'] });
    const deaths = () => events.filter(({ kind }) => kind === 'failed').length;
    await until(() => deaths() === 1);
    expect(events).toEqual([{ kind: 'failed', reason: 'listening-worker-died' }]);
    await until(() => events.some(({ kind }) => kind === 'speech-onset'));
    listening.close();
    await mortal.close();
  });
});

type Timed = HearingEvent & { readonly afterSpeechMs: number };

/** Says a sentence in real time, 20 ms after 20 ms, and collects what is heard until the turn or the call is over. */
async function call(
  text: string,
  changes: { languages?: readonly string[]; endOfTurnSilenceMs?: number } = {},
): Promise<Timed[]> {
  const spoken = await sentence(text);
  const sound = throughMuLaw(inARow(silence(300), spoken, silence(8000)));
  const ring = SampleRing.create(32_768);
  const events: Timed[] = [];
  const startMs = performance.now();
  const speechEndsMs = startMs + 300 + spoken.length / 8;
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const listening = pool.listen({
    callId: text,
    ring: ring.buffer,
    settings: { provider: undefined, languages: [], vocabulary: [], endOfTurnSilenceMs: 700 },
    onEvent: (event) => {
      events.push({ ...event, afterSpeechMs: performance.now() - speechEndsMs });
      if (event.kind === 'turn') resolve();
    },
  });
  listening.configure(changes);
  let at = 0;
  const beat = setInterval(() => {
    const due = Math.min(sound.length, Math.floor((performance.now() - startMs) / 20) * 160);
    for (; at + 160 <= due; at += 160) ring.write(sound.subarray(at, at + 160), -120);
    if (at + 160 > sound.length) resolve();
  }, 5);
  await over;
  clearInterval(beat);
  listening.close();
  return events;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

function textOf(event: HearingEvent): string {
  return 'text' in event ? event.text : '';
}
