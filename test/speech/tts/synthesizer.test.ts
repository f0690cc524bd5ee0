/** The built-in voices themselves: flite is an npm package and always here, espeak-ng is a program and may not be. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Logger } from '../../../src/logger.ts';
import type { Script, VoiceChoice } from '../../../src/speech/script.ts';
import { type BuiltInSynthesizer, createSynthesizer } from '../../../src/speech/tts/create-synthesizer.ts';
import { peersPresent } from '../../support/peers.ts';

const warnings: string[] = [];
const log: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields) => warnings.push(String(fields['warning'])),
  error: () => undefined,
  child: () => log,
};
const never = new AbortController().signal;
const noVoice: VoiceChoice = { provider: undefined, language: undefined, voice: undefined };
const text = (words: string): Script => ({ text: words, format: 'text' });
const ssml = (document: string): Script => ({ text: document, format: 'ssml' });

let synthesizer: BuiltInSynthesizer;
beforeAll(() => {
  synthesizer = createSynthesizer({ log, timers: systemClock });
});
afterAll(() => synthesizer.close());

async function speak(script: Script, voice: Partial<VoiceChoice> = {}) {
  const chunks = [];
  for await (const chunk of synthesizer.synthesize({ script, voice: { ...noVoice, ...voice } }, never))
    chunks.push(chunk);
  const rateHz = chunks[0]?.rateHz ?? 0;
  const samples = Int16Array.from(chunks.flatMap((chunk) => [...chunk.samples]));
  return { chunks, rateHz, samples, seconds: samples.length / rateHz };
}

/** Root mean square in dBFS over the 20 ms frames that hold speech. */
function speechLevelDbfs(samples: Int16Array, rateHz: number): number {
  const size = rateHz / 50;
  let energy = 0;
  let frames = 0;
  for (let at = 0; at + size <= samples.length; at += size) {
    const mean = samples.subarray(at, at + size).reduce((sum, value) => sum + value * value, 0) / size;
    if (mean < 185 ** 2) continue;
    energy += mean;
    frames += 1;
  }
  return 10 * Math.log10(energy / frames / 32_768 ** 2);
}

/** The longest stretch below -50 dBFS, in milliseconds. */
function longestSilenceMs(samples: Int16Array, rateHz: number): number {
  let longest = 0;
  let run = 0;
  for (const sample of samples) {
    run = Math.abs(sample) < 100 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return (longest / rateHz) * 1000;
}

describe('flite', () => {
  it('speaks English at 16 kHz, about as long as a person would', async () => {
    const { rateHz, seconds } = await speak(text('Welcome to Patchbay, how can I help you today?'));
    expect(rateHz).toBe(16_000);
    expect(seconds).toBeGreaterThan(2);
    expect(seconds).toBeLessThan(5);
  });

  it.each(['rms', 'slt', 'awb'])('speaks at about -18 dBFS with the voice %s, not clipped', async (voice) => {
    const script = text('Please hold the line while I look up your account.');
    const { samples, rateHz } = await speak(script, { provider: 'flite', voice });
    expect(Math.abs(speechLevelDbfs(samples, rateHz) + 18)).toBeLessThan(2.5);
    expect(samples.filter((sample) => Math.abs(sample) >= 32_767).length).toBe(0);
  });

  it('begins to speak within 50 ms of its first sample', async () => {
    const { samples, rateHz } = await speak(text('Hello.'));
    expect(samples.findIndex((sample) => Math.abs(sample) > 300) / rateHz).toBeLessThan(0.05);
  });

  it('gives a long text sentence by sentence', async () => {
    const { chunks } = await speak(text('This is one. This is two. And here is three.'));
    expect(chunks).toHaveLength(3);
  });

  it('says the same sentence with the same samples, made once', async () => {
    const script = text('Say this twice, please.');
    const first = await speak(script);
    const { misses } = synthesizer.stats.cache;
    const second = await speak(script);
    expect(second.samples).toEqual(first.samples);
    expect(synthesizer.stats.cache.misses).toBe(misses);
  });

  it('gives samples that are the receiver’s to keep: changing them changes nothing said later', async () => {
    const script = text('Mine to keep.');
    const first = await speak(script);
    const before = first.chunks[0]!.samples.slice();
    first.chunks[0]!.samples.fill(0);
    expect((await speak(script)).chunks[0]!.samples).toEqual(before);
  });

  it('makes real silence of a break', async () => {
    const { samples, rateHz } = await speak(ssml('<speak>One.<break time="800ms"/>Two.</speak>'));
    expect(Math.abs(longestSilenceMs(samples, rateHz) - 800)).toBeLessThan(100);
  });

  it.each(['rms', 'slt', 'awb', 'kal16'])(
    'speaks at the rate that SSML asks for, with the voice %s',
    async (voice) => {
      const sentence = 'Please hold the line while I look up your account.';
      const at = async (rate: string) =>
        (await speak(ssml(`<prosody rate="${rate}">${sentence}</prosody>`), { provider: 'flite', voice }))
          .seconds;
      const plain = (await speak(text(sentence), { provider: 'flite', voice })).seconds;
      expect(await at('100%')).toBe(plain);
      expect(Math.abs((await at('50%')) / plain / 2 - 1)).toBeLessThan(0.15);
      expect(Math.abs((await at('+100%')) / plain / 0.5 - 1)).toBeLessThan(0.15);
      expect((await at('95%')) / plain).toBeGreaterThan(1.02);
    },
  );

  it('speaks as softly as SSML asks for, and holds what is louder than full scale', async () => {
    const plain = await speak(text('Please hold the line.'));
    const at = async (volume: string) =>
      (await speak(ssml(`<prosody volume="${volume}">Please hold the line.</prosody>`))).samples;
    const soft = await at('-6dB');
    expect(soft.length).toBe(plain.samples.length);
    for (const [index, sample] of soft.entries())
      expect(Math.abs(sample - plain.samples[index]! * 10 ** (-6 / 20))).toBeLessThanOrEqual(0.5);
    const loud = await at('x-loud');
    for (const [index, sample] of loud.entries())
      expect(sample * plain.samples[index]!).toBeGreaterThanOrEqual(0);
    expect((await speak(text('Please hold the line.'))).samples).toEqual(plain.samples);
  });

  it('is silent for as long as the words last when SSML asks for silence', async () => {
    const plain = await speak(text('Please hold the line.'));
    const { samples } = await speak(ssml('<prosody volume="silent">Please hold the line.</prosody>'));
    expect(samples.length).toBe(plain.samples.length);
    expect(samples.every((sample) => sample === 0)).toBe(true);
  });

  it('changes its manner within a sentence without a pause', async () => {
    const { samples, rateHz, chunks } = await speak(
      ssml('I am <emphasis level="strong">always</emphasis> on the line.'),
    );
    expect(chunks).toHaveLength(3);
    expect(longestSilenceMs(samples, rateHz)).toBeLessThan(200);
  });

  it('speaks plain SSML as it speaks the text, octet for octet', async () => {
    const plain = await speak(text('One moment. Please hold the line.'));
    const marked = await speak(
      ssml(
        '<speak><prosody rate="medium" volume="medium" pitch="+5%">One moment. Please hold the line.</prosody></speak>',
      ),
    );
    expect(marked.samples).toEqual(plain.samples);
  });

  it('waits before the first word when the script does', async () => {
    const { samples, rateHz } = await speak(ssml('<break time="600ms"/>Now.'));
    const onsetMs = (samples.findIndex((sample) => Math.abs(sample) > 300) / rateHz) * 1000;
    expect(Math.abs(onsetMs - 600)).toBeLessThan(60);
  });

  it('gives silence alone for a script of silence', async () => {
    const { samples, seconds } = await speak(ssml('<break time="300ms"/>'));
    expect(seconds).toBeCloseTo(0.3, 2);
    expect(samples.every((sample) => sample === 0)).toBe(true);
  });

  it.each(['', '   ', '...', '🎉', 'Привет'])('has no samples for "%s"', async (words) => {
    expect((await speak(text(words))).samples.length).toBe(0);
  });

  it('speaks with its own voice for a voice it does not have, and says so once', async () => {
    const voice = { provider: 'azure', voice: 'en-US-JennyNeural' };
    warnings.length = 0;
    expect((await speak(text('Hello.'), voice)).seconds).toBeGreaterThan(0.3);
    await speak(text('Hello again.'), voice);
    expect(warnings).toEqual([
      'voice: found "azure/en-US-JennyNeural", expected a configured voice; flite speaks rms',
    ]);
  });

  it('speaks text that begins like an option, with quotes and brackets in it', async () => {
    expect((await speak(text('-o /etc/passwd "quoted" (voice_kal) $HOME'))).seconds).toBeGreaterThan(1);
  });

  it('stops when told to, between sentences', async () => {
    const abort = new AbortController();
    let chunks = 0;
    const script = text('First sentence. Second sentence. Third sentence. Fourth sentence.');
    for await (const _chunk of synthesizer.synthesize({ script, voice: noVoice }, abort.signal)) {
      chunks += 1;
      abort.abort();
    }
    expect(chunks).toBe(1);
  });

  it('has the sentence of a caller who hung up ready for the next one', async () => {
    // What was begun for others is over then: the welcome begins at once.
    await speak(text('Nobody waits.'));
    const script = text('Welcome to everybody who stays on the line.');
    const abort = new AbortController();
    const hasty = synthesizer.synthesize({ script, voice: noVoice }, abort.signal)[Symbol.asyncIterator]();
    const first = hasty.next();
    abort.abort();
    await first;
    const { misses } = synthesizer.stats.cache;
    expect((await speak(script)).seconds).toBeGreaterThan(1);
    expect(synthesizer.stats.cache.misses).toBe(misses);
  });

  it('gives nothing when told to stop before the first sentence is ready', async () => {
    const abort = new AbortController();
    const speech = synthesizer.synthesize(
      { script: text('Never to be heard.'), voice: noVoice },
      abort.signal,
    );
    const first = speech[Symbol.asyncIterator]().next();
    abort.abort();
    expect(await first).toEqual({ done: true, value: undefined });
  });
});

describe('espeak-ng', () => {
  const installed = peersPresent('espeak-ng');

  it.skipIf(!installed)('speaks German at its own rate', async () => {
    const { samples, rateHz, seconds } = await speak(text('Guten Tag, wie kann ich helfen?'), {
      language: 'de-DE',
    });
    expect(rateHz).toBe(22_050);
    expect(seconds).toBeGreaterThan(1);
    expect(seconds).toBeLessThan(4);
    expect(Math.abs(speechLevelDbfs(samples, rateHz) + 18)).toBeLessThan(4);
  });

  it.skipIf(!installed)('speaks at the rate that SSML asks for', async () => {
    const at = async (rate: string) => {
      const words = `<prosody rate="${rate}">Guten Tag, wie kann ich Ihnen heute helfen?</prosody>`;
      return (await speak(ssml(words), { language: 'de-DE' })).seconds;
    };
    const plain = (await speak(text('Guten Tag, wie kann ich Ihnen heute helfen?'), { language: 'de-DE' }))
      .seconds;
    expect(await at('100%')).toBe(plain);
    expect((await at('50%')) / plain).toBeGreaterThan(1.6);
    expect((await at('200%')) / plain).toBeLessThan(0.65);
  });

  it.skipIf(!installed)('is chosen by what an SSML document says of its language', async () => {
    const script = ssml('<speak xml:lang="fr-FR">Bonjour.</speak>');
    expect((await speak(script)).rateHz).toBe(22_050);
  });

  it.skipIf(!installed)('says which language is missing', async () => {
    await expect(speak(text('nuqneH'), { language: 'qqq' })).rejects.toMatchObject({
      code: 'speech-language-missing',
    });
  });

  it('says what to install when it is not there', async () => {
    const without = createSynthesizer({ log, timers: systemClock, espeakCommand: 'no-such-program-espeak' });
    const voice = { ...noVoice, language: 'de' };
    const speech = without.synthesize({ script: text('Hallo.'), voice }, never);
    await expect(speech[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'speech-language-missing',
      message: expect.stringContaining('install espeak-ng'),
    });
    await without.close();
  });
});
