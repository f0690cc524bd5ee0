import { describe, expect, it } from 'vitest';
import { parseSoundSource } from '../../src/sound/parse-sound-source.ts';

describe('a sound as it is written down', () => {
  it.each([
    ['https://example.com/cafe.mp3', { kind: 'url', url: 'https://example.com/cafe.mp3' }],
    ['HTTP://example.com/', { kind: 'url', url: 'HTTP://example.com/' }],
    ['cafe', { kind: 'name', name: 'cafe' }],
    ['file:///etc/passwd', { kind: 'name', name: 'file:///etc/passwd' }],
  ])('%s', (text, value) => {
    expect(parseSoundSource(text)).toEqual({ ok: true, value });
  });

  it('may be a data URI', () => {
    const parsed = parseSoundSource('data:audio/mpeg;base64,AQID');
    expect(parsed.ok && [...(parsed.value as Uint8Array)]).toEqual([1, 2, 3]);
    expect(parseSoundSource('data:audio/mpeg;base64,A*')).toEqual({ ok: false, reason: 'base64-invalid' });
  });
});
