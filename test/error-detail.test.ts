import { describe, expect, it } from 'vitest';
import { errorDetail } from '../src/error-detail.ts';

describe('what an error says for the log', () => {
  it('is one short line', () => {
    expect(errorDetail(new Error('one\r\n  two'))).toBe('one two');
    expect(errorDetail(new Error('x'.repeat(300)))).toHaveLength(200);
  });

  it('holds no address, as there may be a password in it', () => {
    const error = new Error('Invalid URL: wss://me:secret@host/path?key=secret');
    expect(errorDetail(error)).toBe('Invalid URL: [url]');
  });

  it('is what the first of several addresses gave', () => {
    const refused = [new Error('connect ECONNREFUSED ::1:9'), new Error('connect ECONNREFUSED 127.0.0.1:9')];
    expect(errorDetail(new AggregateError(refused))).toBe('connect ECONNREFUSED ::1:9');
  });

  it('is nothing when it says nothing', () => {
    expect(errorDetail(new Error(''))).toBeUndefined();
    expect(errorDetail('refused')).toBeUndefined();
  });
});
