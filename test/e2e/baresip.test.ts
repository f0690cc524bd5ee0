/** Calls by baresip, a softphone, to the running process: what its user hears and presses. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { serializeWav } from '../../src/audio/wav.ts';
import { AiFlowApp } from '../support/ai-flow-app.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { Baresip } from '../support/baresip.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch } from '../support/running-switch.ts';

describe.skipIf(!peersPresent('baresip'))('a call by baresip', () => {
  let app: AiFlowApp;
  let running: RunningSwitch;
  let phone: Baresip;

  beforeAll(async () => {
    app = await AiFlowApp.listen(({ type, fields }) => {
      if (type === 'session_start') return [ambience, sound(GREETING_HZ, 1.5)];
      if (type !== 'dtmf_received') return undefined;
      return fields['digit'] === '0' ? { type: 'hangup' } : sound(REPLY_HZ, 1);
    });
    running = await RunningSwitch.start({
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
  beforeEach(async () => {
    app.events.length = 0;
    phone = await Baresip.start(tone(VOICE_HZ, { rateHz: 8000, lengthSamples: 80_000, levelDb: -12 }));
    return () => phone.stop();
  });

  async function dial(number: string): Promise<void> {
    await phone.command('dial', `sip:${number}@127.0.0.1:${running.sipPort}`);
    await phone.event('CALL_ESTABLISHED');
  }

  it('hears the ambience all the time, and over it what the app plays and answers to a key', async () => {
    await dial('app');
    await app.waitFor('assistant_speech_ended');
    await phone.command('sndcode', '5');
    await app.waitFor('assistant_speech_ended', { count: 2 });
    await phone.command('sndcode', '0');
    await phone.event('CALL_CLOSED');
    await app.waitFor('session_end');

    expect(app.types).toEqual([
      'session_start',
      'assistant_speech_ended',
      '5',
      'assistant_speech_ended',
      '0',
      'session_end',
    ]);
    const heard = phone.recording();
    // Past the fade at its beginning.
    const ambient = windows(heard.subarray(800)).map((window) => toneLevelDb(window, AMBIENCE_HZ, 8000));
    expect(Math.min(...ambient)).toBeGreaterThan(-18.5);
    expect(Math.max(...ambient)).toBeLessThan(-17.5);
    expect(secondsOf(heard, GREETING_HZ)).toBeCloseTo(1.5, 0);
    expect(secondsOf(heard, REPLY_HZ)).toBeCloseTo(1, 0);
  });

  it('is sent nothing on hold, and goes on when it is resumed', async () => {
    await dial('app');
    await pause(700);
    await phone.command('hold');
    await pause(200);
    const heldAtSeconds = await phone.heardSeconds();
    await pause(1000);
    expect(await phone.heardSeconds()).toBe(heldAtSeconds);
    await phone.command('resume');
    await pause(1200);
    expect(await phone.heardSeconds()).toBeGreaterThan(heldAtSeconds + 1);
    const after = running.lines.length;
    await phone.command('hangup');
    await running.idle();
    const ended = await running.line(({ msg }) => msg === 'call ended', { after });
    expect(ended).toMatchObject({ by: 'remote', cause: 'caller-hung-up' });
  });

  it('hears itself through the echo, as loud as it spoke', async () => {
    await dial('echo');
    await pause(1500);
    await phone.command('hangup');
    await running.idle();
    const [window] = windows(phone.recording().subarray(8000));
    expect(toneLevelDb(window!, VOICE_HZ, 8000)).toBeCloseTo(-12, 0);
  });
});

function sound(frequencyHz: number, seconds: number): object {
  const samples = tone(frequencyHz, { rateHz: 16_000, lengthSamples: 16_000 * seconds, levelDb: -12 });
  return { type: 'audio', audio: Buffer.from(serializeWav(samples, 16_000)).toString('base64') };
}

/** Whole 200 ms pieces. */
function windows(samples: Int16Array): Int16Array[] {
  return Array.from({ length: Math.floor(samples.length / 1600) }, (_, index) => {
    return samples.subarray(1600 * index, 1600 * (index + 1));
  });
}

/** How long a tone of -12 dBFS is heard. */
function secondsOf(samples: Int16Array, frequencyHz: number): number {
  return windows(samples).filter((window) => toneLevelDb(window, frequencyHz, 8000) > -15).length * 0.2;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const VOICE_HZ = 700;
const AMBIENCE_HZ = 300;
const GREETING_HZ = 1000;
const REPLY_HZ = 1500;

/** At -18 dBFS: half of -12. */
const ambience = { ...sound(AMBIENCE_HZ, 2), type: 'mix_audio', volume: 0.5 };
