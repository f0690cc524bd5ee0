/** Calls in G.722 by baresip, whose codec is SpanDSP's, and by `patchbay call`: what there is above 4 kHz is heard. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseWav, serializeWav } from '../../src/audio/wav.ts';
import { AiFlowApp } from '../support/ai-flow-app.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { Baresip } from '../support/baresip.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch, runPatchbay } from '../support/running-switch.ts';

const rateHz = 16_000;

describe('a call in G.722', () => {
  let app: AiFlowApp;
  let running: RunningSwitch;

  beforeAll(async () => {
    app = await AiFlowApp.listen(({ type }) => (type === 'session_start' ? [ambience, greeting] : undefined));
    running = await RunningSwitch.start({
      media: { address: '127.0.0.1', portMin: 24_000, portMax: 27_999, codecs: ['G722', 'PCMA', 'PCMU'] },
      flows: {
        app: { agent: { kind: 'ai-flow', url: app.webhookUrl } },
        echo: { agent: { kind: 'echo' } },
      },
    });
  });
  afterAll(async () => {
    await running.stop();
    await app.close();
    expect(running.strayOutput).toEqual([]);
  });

  describe.skipIf(!peersPresent('baresip'))('by baresip', () => {
    it.each([700, 6000])('is heard both ways at the right level at %i Hz', async (frequencyHz) => {
      const heard = await heardByBaresip(
        'echo',
        tone(frequencyHz, { rateHz, lengthSamples: 160_000, levelDb: -12 }),
      );
      expect(Math.abs(toneLevelDb(heard.subarray(-rateHz), frequencyHz, rateHz) + 12)).toBeLessThan(0.5);
    });

    it('has all of an ambience and of what the app plays over it', async () => {
      const heard = await heardByBaresip('app', new Int16Array(rateHz));
      const early = heard.subarray(0.5 * rateHz, rateHz);
      expect(Math.abs(toneLevelDb(early, AMBIENCE_HZ, rateHz) + 18)).toBeLessThan(0.5);
      expect(Math.abs(toneLevelDb(early, GREETING_HZ, rateHz) + 12)).toBeLessThan(0.5);
    });
  });

  it('by patchbay call is recorded at 16 kHz', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'patchbay-wide-'));
    try {
      const record = join(folder, 'heard.wav');
      const { code, output } = await runPatchbay([
        ...['call', `sip:app@127.0.0.1:${running.sipPort}`, '--codec', 'g722,pcma'],
        ...['--duration', '2', '--record', record, '--json'],
      ]);
      expect(code).toBe(0);
      expect(JSON.parse(output)).toMatchObject({ codec: 'G722', outcome: { kind: 'completed' } });
      const wav = parseWav(readFileSync(record));
      if (!wav.ok) throw new Error(wav.reason);
      expect(wav.value.rateHz).toBe(rateHz);
      const heard = wav.value.samples.subarray(0.5 * rateHz, 1.5 * rateHz);
      expect(Math.abs(toneLevelDb(heard, AMBIENCE_HZ, rateHz) + 18)).toBeLessThan(0.5);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  async function heardByBaresip(number: string, voice: Int16Array): Promise<Int16Array> {
    const phone = await Baresip.start(voice, { codec: 'G722/16000/1' });
    try {
      await phone.command('dial', `sip:${number}@127.0.0.1:${running.sipPort}`);
      await phone.event('CALL_ESTABLISHED');
      await new Promise((resolve) => setTimeout(resolve, 2500));
      await phone.command('hangup');
      await running.idle();
      return phone.recording();
    } finally {
      await phone.stop();
    }
  }
});

function sound(frequencyHz: number, seconds: number): object {
  const samples = tone(frequencyHz, { rateHz, lengthSamples: rateHz * seconds, levelDb: -12 });
  return { type: 'audio', audio: Buffer.from(serializeWav(samples, rateHz)).toString('base64') };
}

const AMBIENCE_HZ = 5500;
const GREETING_HZ = 4800;
/** At -18 dBFS: half of -12. */
const ambience = { ...sound(AMBIENCE_HZ, 2), type: 'mix_audio', volume: 0.5 };
const greeting = sound(GREETING_HZ, 2);
