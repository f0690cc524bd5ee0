import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { Recognizers } from '../../../src/speech/stt/recognizers.ts';
import { recordingLogger } from '../../support/recording-logger.ts';

const openai = {
  baseUrl: 'http://127.0.0.1:9/v1',
  sttModel: 'whisper-1',
  ttsModel: 'none',
  voice: 'none',
  rateHz: 24_000,
};

describe('the recognisers', () => {
  it('are found by the names apps use, each made once', () => {
    const { recognizers } = made('built-in');
    const builtIn = recognizers.find(undefined);
    expect(recognizers.find('built-in')).toBe(builtIn);
    const whisper = recognizers.find('OPENAI');
    expect(whisper).not.toBe(builtIn);
    expect(recognizers.find('SIPGATE_QWEN')).toBe(whisper);
  });

  it('stand in for those that are not configured, with one warning each', () => {
    const { recognizers, lines } = made('openai');
    const standIn = recognizers.find(undefined);
    for (let call = 0; call < 3; call++) expect(recognizers.find('DEEPGRAM')).toBe(standIn);
    recognizers.find('nobody');
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
  });
});

function made(name: 'built-in' | 'openai') {
  const { log, lines } = recordingLogger();
  const builtIn = { model: 'tiny', threads: 1, queueLimit: 1, interimMs: 0 } as const;
  const settings = { default: name, providers: { openai }, builtIn };
  return { recognizers: new Recognizers(settings, { clock: systemClock, log }), lines };
}
