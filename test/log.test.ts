import { describe, expect, it } from 'vitest';
import { createLogger, type LogOptions } from '../src/log.ts';
import type { Logger } from '../src/logger.ts';

function collect(options: Partial<LogOptions> = {}): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const log = createLogger(
    { level: 'info', redactNumbers: false, redactTranscripts: false, ...options },
    { write: (line) => void lines.push(line) },
  );
  return { log, lines };
}

const parsed = (lines: readonly string[]): Record<string, unknown>[] =>
  lines.map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the log', () => {
  it('is a line of JSON an event, with the fields of the call it belongs to', () => {
    const { log, lines } = collect();
    log
      .child({ callId: 'a84b4c76e66710' })
      .child({ flow: 'support' })
      .info({ durationMs: 1200 }, 'call ended');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[^\n]*\n$/);
    expect(parsed(lines)[0]).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      callId: 'a84b4c76e66710',
      flow: 'support',
      durationMs: 1200,
      msg: 'call ended',
    });
  });

  it('leaves out what is less severe than its level', () => {
    const { log, lines } = collect({ level: 'warn' });
    log.debug({}, 'a');
    log.info({}, 'b');
    log.warn({}, 'c');
    log.error({}, 'd');
    expect(parsed(lines).map(({ level, msg }) => `${String(level)} ${String(msg)}`)).toEqual([
      'warn c',
      'error d',
    ]);
  });

  it('never tells the keys of media', () => {
    const { log, lines } = collect();
    const srtp = { suite: 'AES_CM_128_HMAC_SHA1_80', localKey: 'ours', remoteKey: 'theirs' };
    log.info({ srtp, audio: { srtp }, keys: srtp }, 'negotiated');
    expect(lines[0]).not.toMatch(/ours|theirs/);
  });

  it('hides what errors quote, and leaves the objects it was given as they are', () => {
    const { log, lines } = collect({ redactNumbers: true });
    const fields = { session: { to: '49212', steps: ['a'] }, to: undefined };
    const error = Object.assign(new Error('no such number'), { to: '49212', code: 'x' });
    log.warn({ ...fields, error }, 'failed');
    log.info(fields, 'again');
    expect(lines.join('')).not.toContain('49212');
    expect(parsed(lines)[0]).toMatchObject({
      error: { message: 'no such number', to: '[redacted]', code: 'x' },
      session: { to: '[redacted]', steps: ['a'] },
    });
    expect(parsed(lines)[1]).not.toHaveProperty('to');
    expect(fields.session.to).toBe('49212');
    expect(error.to).toBe('49212');
  });

  it('keeps what callers send within its line', () => {
    const { log, lines } = collect();
    const hostile = 'x\r\n{"level":"error"}\u001b[31m\0<script>';
    log.info({ userAgent: hostile }, 'call offered');
    expect(lines[0]?.trimEnd()).toMatch(/^[\x20-\x7e]*$/);
    expect(parsed(lines)[0]?.['userAgent']).toBe(hostile);
  });

  it('tells an error with its stack and its cause', () => {
    const { log, lines } = collect();
    log.error({ error: new Error('outer', { cause: new Error('inner') }) }, 'failed');
    expect(parsed(lines)[0]?.['error']).toMatchObject({
      type: 'Error',
      message: expect.stringContaining('outer'),
      stack: expect.stringContaining('inner'),
    });
  });

  it.each([
    [
      'numbers',
      { redactNumbers: true },
      { from: '[redacted]', text: 'hello', found: '[redacted]', session: { to: '[redacted]' } },
    ],
    [
      'transcripts',
      { redactTranscripts: true },
      { from: '49211', text: '[redacted]', found: '[redacted]', session: { to: '49212' } },
    ],
    ['nothing', {}, { from: '49211', text: 'hello', session: { to: '49212' } }],
  ])('hides %s when asked to, also in the fields of a call', (_, options, expected) => {
    const { log, lines } = collect(options);
    const call = log.child({ from: '49211' });
    call.info({ text: 'hello', found: '"hello"', session: { to: '49212' } }, 'heard');
    expect(parsed(lines)[0]).toMatchObject(expected);
  });
});
