import { describe, expect, it } from 'vitest';
import { serializeWav } from '../../../../src/audio/wav.ts';
import { converse } from '../../../support/ai-flow-conformance/conversation.ts';
import type { Script } from '../../../support/ai-flow-conformance/scripted-app.ts';
import { AMBIENCE_HZ, wavBase64 } from '../../../support/ai-flow-conformance/sounds.ts';
import { tone, toneLevelDb } from '../../../support/audio.ts';
import { gaps } from '../../../support/listening.ts';
import { octetsOf, wavFile } from '../../../support/wav.ts';

const OTHER_HZ = 1000;
const playing =
  (audio: string, volume?: number): Script =>
  ({ type }) =>
    type === 'session_start' ? { type: 'mix_audio', audio, volume } : undefined;

describe('mix_audio: what is accepted', () => {
  it.each([
    ['16 kHz, 16 bit, mono, as the reference asks for', wavBase64(AMBIENCE_HZ, 1000)],
    ['8 kHz', base64(serializeWav(hum(8000), 8000))],
    ['44.1 kHz', base64(serializeWav(hum(44_100), 44_100))],
    ['48 kHz, 32 bit float, stereo', base64(floatStereo(48_000))],
    ['a data URI', `data:audio/wav;base64,${wavBase64(AMBIENCE_HZ, 1000)}`],
  ])('is %s', async (_name, audio) => {
    const { caller, wait } = await converse(playing(audio, 1));
    await wait(1500);
    expect(caller.backgroundDb()).toBeCloseTo(-12, 0);
  });

  it('is not what no decoder knows; the call goes on and the log says why', async () => {
    const { caller, log, wait } = await converse(playing(base64(new TextEncoder().encode('<html>')), 1));
    await wait(1000);
    expect(caller.backgroundDb()).toBeLessThan(-80);
    expect(caller.phone.isTalking).toBe(true);
    expect(log.lines.filter(({ message }) => message.includes('cannot be had'))).toHaveLength(1);
  });
});

describe('mix_audio: how it sounds', () => {
  it('is replaced by crossing over in 20 ms, without silence in between', async () => {
    const { app, caller, wait } = await converse(playing(wavBase64(AMBIENCE_HZ, 1000), 1));
    await wait(1000);
    app.push({ type: 'mix_audio', audio: wavBase64(OTHER_HZ, 1000), volume: 1 });
    await wait(1000);
    expect(caller.backgroundDb()).toBeLessThan(-60);
    const { heard } = caller.phone;
    expect(toneLevelDb(heard.subarray(-1600), OTHER_HZ, 8000)).toBeCloseTo(-12, 0);
    expect(gaps(heard.subarray(-12_000), 8000, { leastMs: 5 })).toEqual([]);
    // From the last moment of the one alone to the first of the other alone.
    const level = (at: number, frequencyHz: number) =>
      toneLevelDb(heard.subarray(at, at + 80), frequencyHz, 8000);
    const places = Array.from({ length: (heard.length - 80) / 8 }, (_, i) => i * 8);
    const otherAlone = places.find(
      (at) => at > 8000 && level(at, AMBIENCE_HZ) < -40 && level(at, OTHER_HZ) > -15,
    );
    const oneAlone = places.findLast((at) => level(at, OTHER_HZ) < -40 && level(at, AMBIENCE_HZ) > -15);
    expect((otherAlone! - oneAlone!) / 8).toBeLessThan(20 + 2 * 10);
  });

  it('keeps its place when only the volume changes, and takes no other', async () => {
    const { app, caller, wait } = await converse(playing(wavBase64(AMBIENCE_HZ, 1000), 1));
    await wait(1000);
    app.push({ type: 'mix_audio', volume: 0.25 });
    await wait(500);
    expect(caller.backgroundDb()).toBeCloseTo(-24, 0);
    app.push({ type: 'mix_audio', volume: 0 });
    await wait(500);
    expect(caller.backgroundDb()).toBeLessThan(-80);
    app.push({ type: 'mix_audio', volume: 1 });
    await wait(500);
    expect(caller.backgroundDb()).toBeCloseTo(-12, 0);
  });

  it('is at the same level under speech as in silence: nothing ducks', async () => {
    const { app, caller, wait } = await converse(playing(wavBase64(AMBIENCE_HZ, 1000), 0.5));
    await wait(800);
    const alone = caller.backgroundDb();
    app.push({ type: 'speak', text: 'a sentence that takes about two seconds' });
    await wait(1000);
    expect(caller.hearsVoice()).toBe(true);
    expect(caller.backgroundDb()).toBeCloseTo(alone, 0);
  });

  it('goes on while the app is away and comes back', async () => {
    const { app, caller, wait } = await converse(playing(wavBase64(AMBIENCE_HZ, 1000), 1));
    await wait(500);
    app.drop();
    await wait(3000);
    expect(caller.backgroundDb(3000)).toBeCloseTo(-12, 0);
    expect(gaps(caller.phone.heard.subarray(-24_000), 8000, { leastMs: 10 })).toEqual([]);
  });

  it("takes the place of the flow's ambience, and stops it", async () => {
    const flow = {
      ambience: { sound: serializeWav(tone(OTHER_HZ, { rateHz: 8000, lengthSamples: 8000 }), 8000), gain: 1 },
    };
    const { app, caller, wait } = await converse(() => undefined, { flow });
    await wait(500);
    app.push({ type: 'mix_audio', audio: wavBase64(AMBIENCE_HZ, 1000), volume: 1 });
    await wait(500);
    expect(caller.backgroundDb()).toBeCloseTo(-12, 0);
    expect(toneLevelDb(caller.phone.heard.subarray(-1600), OTHER_HZ, 8000)).toBeLessThan(-60);
    app.push({ type: 'mix_audio', stop: true });
    await wait(500);
    expect(caller.backgroundDb()).toBeLessThan(-80);
  });
});

function hum(rateHz: number): Int16Array {
  return tone(AMBIENCE_HZ, { rateHz, lengthSamples: rateHz, levelDb: -12 });
}

function floatStereo(rateHz: number): Uint8Array {
  const values = [...hum(rateHz)].flatMap((sample) => [sample / 32_768, sample / 32_768]);
  const data = octetsOf(values, 4, (view, at, value) => view.setFloat32(at, value, true));
  return wavFile({ tag: 3, channels: 2, bits: 32, rateHz, data });
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64');
}
