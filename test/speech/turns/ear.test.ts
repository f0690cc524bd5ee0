import { beforeAll, describe, expect, it } from 'vitest';
import type { Recognizer } from '../../../src/speech/stt/recognizer.ts';
import { SileroModel } from '../../../src/speech/vad/silero.ts';
import {
  cough,
  type HeardEvent,
  hear,
  hiss,
  inARow,
  louder,
  rmsDb,
  sentence,
  silence,
  storyOf,
  throughMuLaw,
  together,
} from '../../support/hearing.ts';

let model: SileroModel;
let ours: Int16Array;

beforeAll(async () => {
  model = await SileroModel.load();
  const spoken = await Promise.all([
    sentence('Good morning, this is the service desk of the power company.', 'slt'),
    sentence('We have received your request, and are working on it.', 'slt'),
    sentence('Please tell me how I can help you today.', 'slt'),
  ]);
  ours = inARow(silence(1000), ...spoken, silence(1000), ...spoken, silence(1000));
}, 30_000);

describe('an onset', () => {
  it.each([
    ['on a clean line', -75, 0],
    ['of a quiet caller', -75, -12],
    ['in noise of -50 dBFS', -50, 0],
    ['in noise of -40 dBFS', -40, 0],
  ])('is noticed within 120 ms %s, and seldom later', async (_, noiseDb, gainDb) => {
    const delays: number[] = [];
    for (const [index, text] of sentences.entries()) {
      const spoken = louder(await sentence(text), gainDb);
      const leadMs = 1500 + index * 11;
      const line = hiss(leadMs + spoken.length / 8 + 1000, noiseDb, index + 1);
      const events = await hear(model, throughMuLaw(together(line, inARow(silence(leadMs), spoken))));
      expect(storyOf(events)).toEqual(['onset', 'turn:words']);
      delays.push(atMs(events, 'speech-onset') - leadMs - audibleFromMs(spoken));
    }
    delays.sort((a, b) => a - b);
    expect(delays[0]).toBeGreaterThanOrEqual(0);
    expect(quantile(delays, 0.5)).toBeLessThanOrEqual(90);
    expect(delays.filter((delay) => delay <= 120).length / delays.length).toBeGreaterThanOrEqual(0.8);
    expect(delays.at(-1)).toBeLessThanOrEqual(200);
  });

  it('is not made by clicks, coughs, key tones, dial tone or steady noise', async () => {
    const clicks = silence(3000);
    for (const at of [5000, 9000, 14_000])
      for (let i = 0; i < 6; i++) clicks[at + i] = i % 2 ? -25_000 : 25_000;
    const coughs = [60, 150, 250, 400].flatMap((durationMs) => [cough(durationMs), silence(800)]);
    const keys = [697, 770, 852, 941].flatMap((low) =>
      [1209, 1336, 1477, 1633].flatMap((high) => [tones([low, high], 100), silence(100)]),
    );
    const noises = [silence(2000), hiss(4000, -30), silence(1000), hiss(3000, -45), hiss(3000, -25)];
    for (const sound of [clicks, inARow(...coughs), inARow(...keys), tones([425], 3000), inARow(...noises)]) {
      expect(await hear(model, throughMuLaw(inARow(silence(1000), sound, silence(1000))))).toEqual([]);
    }
  });
});

describe('a wideband caller', () => {
  it('is heard to begin and end as on a narrow line, and understood with everything up to 8 kHz', async () => {
    const heard: { rateHz: number; samples: number[] } = { rateHz: 0, samples: [] };
    const recognizer: Recognizer = {
      open({ rateHz, onTranscript }) {
        heard.rateHz = rateHz;
        return {
          write: (samples) => void heard.samples.push(...samples),
          startTurn() {},
          endTurn: () => onTranscript({ text: 'words', isFinal: true }),
          close() {},
        };
      },
    };
    const [narrow, wide] = await Promise.all(
      [8000, 16_000].map((rateHz) => sentence(sentences[0]!, 'rms', rateHz)),
    );
    const narrowEvents = await hear(model, inARow(silence(1504), narrow!, silence(1500)));
    const lead = new Int16Array(1504 * 16);
    const caller = inARow(lead, wide!, new Int16Array(1500 * 16));
    const events = await hear(model, caller, { rateHz: 16_000, recognizer });
    expect(storyOf(events)).toEqual(['onset', 'turn:words']);
    for (const kind of ['speech-onset', 'turn'] as const) {
      expect(Math.abs(atMs(events, kind) - atMs(narrowEvents, kind))).toBeLessThanOrEqual(40);
    }
    expect(heard.rateHz).toBe(16_000);
    expect(heard.samples).toEqual([...caller.subarray(0, heard.samples.length)]);
    expect(caller.length - heard.samples.length).toBeLessThan(512 + 320);
  });
});

describe('the end of a turn', () => {
  it.each([150, 300, 700, 2000])('comes after %i ms of silence', async (endOfTurnSilenceMs) => {
    const delays: number[] = [];
    for (const [index, text] of ['Stop', 'Where are you located?', 'My name is Anna.'].entries()) {
      const spoken = await sentence(text);
      const leadMs = 1200 + index * 11;
      const caller = throughMuLaw(inARow(silence(leadMs), spoken, silence(3000)));
      const events = await hear(model, caller, { endOfTurnSilenceMs });
      delays.push(atMs(events, 'turn', -1) - leadMs - audibleToMs(spoken));
    }
    for (const delay of delays) {
      expect(delay).toBeGreaterThan(endOfTurnSilenceMs - 60);
      expect(delay).toBeLessThan(endOfTurnSilenceMs + 200);
    }
  });

  it('does not come in a pause that is shorter, however often', async () => {
    const parts = ['I would like to book a table', 'for four people', 'on Saturday.'];
    const [first, second, third] = await Promise.all(
      parts.map(async (text) => audiblePart(await sentence(text))),
    );
    const caller = inARow(silence(1000), first!, silence(500), second!, silence(550), third!, silence(1500));
    expect(storyOf(await hear(model, throughMuLaw(caller)))).toEqual(['onset', 'turn:words']);
  });

  it('comes sooner after a whole sentence and later within one, where punctuation is asked for', async () => {
    const spoken = await sentence('I would like to book a table.');
    const caller = throughMuLaw(inARow(silence(1000), spoken, silence(2500)));
    const endAfter = async (text: string) => {
      const recognizer = saying(text);
      const rules = { endOfTurn: 'punctuation' } as const;
      return atMs(await hear(model, caller, { recognizer, rules }), 'turn') - 1000 - audibleToMs(spoken);
    };
    expect(await endAfter('I would like to book a table.')).toBeLessThan(650);
    expect(await endAfter('I would like to book a table and.')).toBeGreaterThan(850);
    expect(await endAfter('I would like to')).toBeGreaterThan(850);
  });

  it('splits a turn that is too long at a short pause, else where the limit is', async () => {
    const spoken = await sentence('One two three four five six seven eight nine ten eleven twelve thirteen.');
    const talk = Array.from({ length: 6 }, () => [spoken, silence(250)]).flat();
    const caller = throughMuLaw(inARow(silence(1000), ...talk, silence(1500)));
    const events = await hear(model, caller, { rules: { maximumTurnMs: 10_000 } });
    const story = storyOf(events);
    expect(story.length).toBeGreaterThanOrEqual(6);
    expect(story).toEqual(story.map((_, index) => (index % 2 === 0 ? 'onset' : 'turn:words')));
    expect(longestTurnMs(events)).toBeLessThan(10_200);
  });
});

describe('our own voice on the line', () => {
  it.each([15, 20, 25, 30])('is no caller when it comes back %i dB quieter', async (lossDb) => {
    for (const delayMs of [40, 200, 400]) {
      const echo = inARow(silence(delayMs), louder(ours, -lossDb));
      const caller = throughMuLaw(together(echo, hiss(echo.length / 8, -60)));
      expect(await hear(model, caller, { sent: ours })).toEqual([]);
    }
  });

  it.each([
    [1300, 0, 20],
    [2500, -3, 20],
    [5000, 0, 20],
    [5000, -9, 99],
    [9000, -9, 30],
  ])(
    'leaves a caller heard who interrupts after %i ms at %i dB with an echo of -%i dB',
    async (interruptMs, gainDb, lossDb) => {
      const wait = louder(await sentence('Wait, I have a question about my bill.'), gainDb);
      const caller = together(
        inARow(silence(interruptMs), wait, silence(3000)),
        inARow(silence(100), louder(ours, -lossDb)),
      );
      const events = await hear(model, throughMuLaw(caller), { sent: ours });
      expect(storyOf(events).slice(0, 2)).toEqual(['onset', 'turn:words']);
      expect(atMs(events, 'speech-onset') - interruptMs - audibleFromMs(wait)).toBeLessThanOrEqual(160);
    },
  );
});

describe('what is understood', () => {
  it('is told once for each turn, with the latest interim where no final comes', async () => {
    const spoken = await sentence('Hello, is anybody there?');
    const recognizer: Recognizer = {
      open: ({ onTranscript }) => ({
        write() {},
        startTurn: () => onTranscript({ text: 'hello', isFinal: false }),
        endTurn() {},
        close() {},
      }),
    };
    const caller = inARow(silence(1000), spoken, silence(8000));
    const events = await hear(model, throughMuLaw(caller), { recognizer });
    expect(storyOf(events)).toEqual(['onset', 'interim:hello', 'turn:hello']);
  });

  it('is nothing when the speech was too short to be any', async () => {
    const spoken = await sentence('Two');
    const caller = throughMuLaw(inARow(silence(1000), spoken, silence(2000)));
    const rules = { minimumSpeechMs: 1500 };
    expect(storyOf(await hear(model, caller, { rules }))).toEqual(['onset', 'turn:']);
  });
});

const sentences = [
  'Yes.',
  'No.',
  'Help me',
  'Fine',
  'I would like to change my appointment.',
  'Can you transfer me to a human agent, please?',
  'My account number is 471920.',
  'What time is it?',
  'Thank you very much.',
  'Hello, this is Martin.',
  'Never mind.',
  'Where are you located?',
];

/** Understands the same in every pause and at every end. */
function saying(text: string): Recognizer {
  return {
    open: ({ onTranscript }) => ({
      write() {},
      startTurn() {},
      pause: () => onTranscript({ text, isFinal: false }),
      endTurn: () => onTranscript({ text, isFinal: true }),
      close() {},
    }),
  };
}

function atMs(events: readonly HeardEvent[], kind: HeardEvent['kind'], index = 0): number {
  return events.filter((event) => event.kind === kind).at(index)?.atMs ?? Number.NaN;
}

function longestTurnMs(events: readonly HeardEvent[]): number {
  const times = events.filter(({ kind }) => kind !== 'interim').map((event) => event.atMs);
  return Math.max(...times.map((time, index) => (index % 2 === 0 ? 0 : time - times[index - 1]!)));
}

/** Without the breath around it. */
function audiblePart(samples: Int16Array): Int16Array {
  return samples.subarray(audibleFromMs(samples) * 8, audibleToMs(samples) * 8);
}

/** Where 10 ms come within 24 dB of the sentence's own level for the first time. */
function audibleFromMs(samples: Int16Array): number {
  for (let at = 0; at + 80 <= samples.length; at += 8) {
    if (rmsDb(samples.subarray(at, at + 80)) > rmsDb(samples) - 24) return at / 8;
  }
  return 0;
}

function audibleToMs(samples: Int16Array): number {
  for (let end = samples.length; end >= 80; end -= 8) {
    if (rmsDb(samples.subarray(end - 80, end)) > rmsDb(samples) - 24) return end / 8;
  }
  return 0;
}

function tones(frequenciesHz: readonly number[], durationMs: number): Int16Array {
  return Int16Array.from({ length: durationMs * 8 }, (_, i) =>
    Math.round(frequenciesHz.reduce((sum, hz) => sum + 7000 * Math.sin((2 * Math.PI * hz * i) / 8000), 0)),
  );
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(share * (sorted.length - 1))]!;
}
