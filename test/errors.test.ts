import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorTable, SwitchError } from '../src/errors.ts';

describe('operational errors', () => {
  it('are documented, every one and no other, as they are', () => {
    const text = readFileSync(resolve(import.meta.dirname, '../docs/errors.md'), 'utf8');
    const documented = [...text.matchAll(/^\| `([\w-]+)` \| (.+?) \| (\d+) \| (\d+) \| (.+?) \|$/gm)].map(
      ([, code, message, sipStatus, httpStatus]) => [code, message, Number(sipStatus), Number(httpStatus)],
    );
    expect(documented).toEqual(
      Object.entries(errorTable).map(([code, row]) => [code, row.message, row.sipStatus, row.httpStatus]),
    );
  });

  it('carry their statuses, their detail and their cause', () => {
    const cause = new Error('EADDRINUSE');
    const error = new SwitchError('port-in-use', '127.0.0.1:8080 (admin.port)', { cause });
    expect(error).toMatchObject({
      name: 'SwitchError',
      code: 'port-in-use',
      sipStatus: 500,
      httpStatus: 500,
      cause,
    });
    expect(error.message).toBe('A port that must be listened on is in use: 127.0.0.1:8080 (admin.port)');
    expect(new SwitchError('draining').message).toBe(errorTable.draining.message);
  });
});
