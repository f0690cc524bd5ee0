import { describe, expect, it } from 'vitest';
import { selectRecognizer } from '../../../src/speech/stt/select.ts';
import { providers } from '../../support/providers/settings.ts';

describe('choosing who listens', () => {
  it.each([
    ['DEEPGRAM', 'deepgram'],
    ['AZURE', 'azure'],
    ['ELEVEN_LABS', 'elevenLabs'],
    ['SIPGATE_QWEN', 'openai'],
    ['SIPGATE_PARAKEET', 'openai'],
    ['deepgram', 'deepgram'],
    ['built-in', 'built-in'],
  ])('finds %s among the providers that are configured', (named, kind) => {
    const { recognizer, remark } = selectRecognizer(named, { providers, default: 'built-in' });
    expect(recognizer.kind).toBe(kind);
    expect(remark).toBeUndefined();
  });

  it('hands over what is needed to reach the provider', () => {
    const { recognizer } = selectRecognizer('AZURE', { providers, default: 'built-in' });
    expect(recognizer).toEqual({ kind: 'azure', settings: providers.azure });
    expect(structuredClone(recognizer)).toEqual(recognizer);
  });

  it('takes the default when nobody is named', () => {
    expect(selectRecognizer(undefined, { providers, default: 'deepgram' })).toMatchObject({
      recognizer: { kind: 'deepgram' },
      remark: undefined,
    });
  });

  it.each(['AZURE', 'SIPGATE_QWEN', 'ACME', 'constructor'])(
    'listens all the same when %s is not here, and remarks so',
    (named) => {
      const rules = { providers: { deepgram: providers.deepgram }, default: 'deepgram' as const };
      expect(selectRecognizer(named, rules)).toMatchObject({
        recognizer: { kind: 'deepgram' },
        remark: `recogniser: found "${named}", expected one that is configured; deepgram listens`,
      });
    },
  );

  it('falls back on the built-in one when the default is not configured', () => {
    expect(selectRecognizer(undefined, { providers: {}, default: 'azure' }).recognizer.kind).toBe('built-in');
  });
});
