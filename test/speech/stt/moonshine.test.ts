import { describe, expect, it } from 'vitest';
import type { Logger } from '../../../src/logger.ts';
import type { DecodeAnswer, DecoderThreadOptions } from '../../../src/speech/stt/moonshine/decoder-thread.ts';
import { withoutLoops } from '../../../src/speech/stt/moonshine/loops.ts';
import { MoonshineRecognizer } from '../../../src/speech/stt/moonshine/moonshine-recognizer.ts';
import { Utterance } from '../../../src/speech/stt/moonshine/utterance.ts';
import type { Recognition } from '../../../src/speech/stt/recognizer.ts';

describe.each([8000, 16_000])('an utterance at %i Hz', (rateHz) => {
  const window = (32 * rateHz) / 1000;
  const lead = (480 * rateHz) / 1000;

  it('keeps half a second from before the onset, and everything from then on', () => {
    const utterance = new Utterance(rateHz);
    for (let at = 0; at < 80 * window; at += window) utterance.push(counting(at, window));
    utterance.open();
    for (let at = 80 * window; at < 240 * window; at += window) utterance.push(counting(at, window));
    const sound = utterance.snapshot();
    const { samples } = sound;
    expect(sound.rateHz).toBe(rateHz);
    expect(samples.length).toBe(lead + 160 * window);
    expect([samples[0], samples[lead], samples.at(-1)]).toEqual(
      [80 * window - lead, 80 * window, 240 * window - 1].map(wrap),
    );
    utterance.close();
    expect(utterance.lengthMs).toBe(0);
  });

  it('grows no further than 32 s', () => {
    const utterance = new Utterance(rateHz);
    utterance.open();
    for (let at = 0; at < 1500 * window; at += window) utterance.push(counting(at, window));
    expect(utterance.lengthMs).toBe(32_000);
  });
});

describe('the built-in recogniser', () => {
  it('transcribes a turn as a whole when it ends', () => {
    const { recognizer, threads, heard, open } = started();
    const caller = open();
    speak(caller, 600);
    caller.startTurn();
    speak(caller, 600);
    caller.endTurn();
    expect(threads.asked.map(({ samples }) => Math.round(samples / 8))).toEqual([1080]);
    threads.answer('hello');
    expect(heard).toEqual(['final:hello']);
    expect(recognizer.stats).toMatchObject({ waiting: 0, running: 0, transcribed: 1 });
  });

  it('begins in a pause, and is done with what it has when the turn ends', () => {
    const { threads, heard, open } = started();
    const caller = open();
    caller.startTurn();
    speak(caller, 600);
    caller.pause?.();
    threads.answer('I see.');
    speak(caller, 400);
    caller.endTurn();
    expect(threads.asked.length).toBe(1);
    expect(heard).toEqual(['interim:I see.', 'final:I see.']);
  });

  it('begins anew when the pause was none', () => {
    const { threads, heard, open } = started();
    const caller = open();
    caller.startTurn();
    speak(caller, 500);
    caller.pause?.();
    caller.resume?.();
    expect(threads.abandoned).toEqual([1]);
    threads.answer(undefined);
    speak(caller, 100);
    caller.endTurn();
    threads.answer('I see it.');
    expect(heard).toEqual(['final:I see it.']);
  });

  it('tells in the meantime what it understands, every 700 ms of speech at most', () => {
    const { threads, heard, open } = started();
    const caller = open();
    caller.startTurn();
    for (let ms = 0; ms < 3000; ms += 32) {
      speak(caller, 32);
      if (threads.busy) threads.answer(`${threads.asked.length}`);
    }
    expect(heard).toEqual(['interim:1', 'interim:2', 'interim:3', 'interim:4']);
    expect(threads.asked.map(({ samples }) => Math.round(samples / 8000))).toEqual([1, 1, 2, 3]);
  });

  it('lets interims give way to whole utterances', () => {
    const { recognizer, threads, open } = started();
    const [one, other] = [open(), open()];
    one.startTurn();
    speak(one, 800);
    expect(threads.busy).toBe(true);
    other.startTurn();
    speak(other, 800);
    expect(recognizer.stats.skippedInterims).toBe(1);
    other.endTurn();
    expect(threads.abandoned).toEqual([1]);
    threads.answer(undefined);
    expect(threads.asked.length).toBe(2);
  });

  it('serves first come, first served, and refuses what is beyond the limit', () => {
    const { recognizer, threads, heard, open } = started({ limit: 2, interimMs: 0 });
    const callers = [open(), open(), open(), open()];
    for (const caller of callers) {
      caller.startTurn();
      speak(caller, 500);
    }
    for (const caller of callers) caller.endTurn();
    expect(recognizer.stats).toMatchObject({ waiting: 2, running: 1, refused: 1 });
    expect(heard).toEqual(['failure:overloaded', 'final:']);
    for (const text of ['one', 'two', 'three']) threads.answer(text);
    expect(heard.slice(2)).toEqual(['final:one', 'final:two', 'final:three']);
  });

  it('tells the turns of one caller in their order, even when the later is done first', () => {
    const { threads, heard, open } = started({ threads: 2, interimMs: 0 });
    const caller = open();
    for (const _ of ['first', 'second']) {
      caller.startTurn();
      speak(caller, 500);
      caller.endTurn();
    }
    threads.answer('second', 1);
    expect(heard).toEqual([]);
    threads.answer('first', 0);
    expect(heard).toEqual(['final:first', 'final:second']);
  });

  it('is deaf to other languages, says so once for each, and closes turns all the same', () => {
    const { heard, warnings, open } = started();
    for (let call = 0; call < 3; call++) {
      const caller = open(['de-DE']);
      caller.startTurn();
      speak(caller, 500);
      caller.endTurn();
    }
    expect(heard).toEqual(Array.from({ length: 3 }, () => ['failure:language-unsupported', 'final:']).flat());
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toContain('English');
    open(['de-DE', 'en-GB']);
    expect(warnings.length).toBe(1);
  });

  it('gives what it had understood of a turn that cannot be transcribed', () => {
    const { threads, heard, open } = started();
    const caller = open();
    caller.startTurn();
    speak(caller, 800);
    threads.answer('I would like');
    speak(caller, 300);
    caller.endTurn();
    threads.die();
    expect(heard).toEqual(['interim:I would like', 'failure:closed', 'final:I would like']);
  });

  it('goes on after a thread has died, but not at once', () => {
    const { threads, heard, advance, open } = started({ interimMs: 0 });
    const caller = open();
    const turn = () => {
      caller.startTurn();
      speak(caller, 500);
      caller.endTurn();
    };
    turn();
    threads.die();
    turn();
    expect(heard).toEqual(['failure:closed', 'final:', 'failure:unreachable', 'final:']);
    advance(5000);
    turn();
    threads.answer('back again');
    expect(heard.at(-1)).toBe('final:back again');
  });

  it('has nothing more to say to a caller who is gone', () => {
    const { threads, heard, open } = started();
    const caller = open();
    caller.startTurn();
    speak(caller, 500);
    caller.endTurn();
    caller.close();
    expect(threads.abandoned).toEqual([1]);
    threads.answer('too late');
    expect(heard).toEqual([]);
  });
});

describe('a transcript that loops', () => {
  it.each([
    ['I want to go go go go go go go', 'I want to go'],
    ['Thank you. Thank you. Thank you. Thank you.', 'Thank you.'],
    ['Well, and so on, and so on, and so on, and so on', 'Well, and so on,'],
  ])('is cut: %s', (text, expected) => {
    expect(withoutLoops(text)).toBe(expected);
  });

  it.each(['No, no, no, no.', 'One two three one two three.', 'five five five five', ''])(
    'is left alone when people speak like that: %s',
    (text) => {
      expect(withoutLoops(text)).toBe(text);
    },
  );
});

/** A recogniser with threads that answer when told to. */
function started(options: { threads?: number; limit?: number; interimMs?: number } = {}) {
  const { threads: count = 1, limit = 10, interimMs = 700 } = options;
  const heard: string[] = [];
  const warnings: string[] = [];
  const log: Logger = {
    debug() {},
    info() {},
    warn: (_, message) => warnings.push(message),
    error() {},
    child: () => log,
  };
  const asked: { id: number; samples: number }[] = [];
  const abandoned: number[] = [];
  const places: { options: DecoderThreadOptions; id: number | undefined }[] = [];
  let nowMs = 0;
  const recognizer = new MoonshineRecognizer({
    size: 'tiny',
    threads: count,
    limit,
    interimMs,
    log,
    nowMs: () => nowMs,
    createThread(threadOptions) {
      const place: (typeof places)[number] = { options: threadOptions, id: undefined };
      places.push(place);
      return {
        post({ id, samples }) {
          place.id = id;
          asked.push({ id, samples: samples.length });
        },
        abandon: (id) => abandoned.push(id),
        close: () => Promise.resolve(),
      };
    },
  });
  const threads = {
    asked,
    abandoned,
    get busy() {
      return places.some(({ id }) => id !== undefined);
    },
    answer(text: string | undefined, index = 0) {
      const place = places[index]!;
      const answer: DecodeAnswer = { id: place.id!, text, decodeMs: 100 };
      place.id = undefined;
      place.options.onAnswer(answer);
    },
    die() {
      const [place] = places.splice(0, 1);
      place!.options.onLost(new Error('died'));
    },
  };
  const open = (languages: readonly string[] = []): Recognition =>
    recognizer.open({
      rateHz: 8000,
      languages,
      vocabulary: [],
      endOfTurnSilenceMs: 700,
      onTranscript: ({ text, isFinal }) => heard.push(`${isFinal ? 'final' : 'interim'}:${text}`),
      onFailure: (reason) => heard.push(`failure:${reason}`),
    });
  const advance = (ms: number) => {
    nowMs += ms;
  };
  return { recognizer, threads, heard, warnings, open, advance };
}

function speak(caller: Recognition, durationMs: number): void {
  caller.write(new Int16Array(durationMs * 8));
}

function counting(from: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, i) => wrap(from + i));
}

function wrap(value: number): number {
  return value % 30_000;
}
