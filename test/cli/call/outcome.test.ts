import { describe, expect, it } from 'vitest';
import { type CallFacts, exitCodes, outcomeOf } from '../../../src/cli/call/outcome.ts';
import type { PhoneEnd } from '../../../src/cli/call/phone-call.ts';

describe('the exit code', () => {
  it.each<[string, number, Partial<PhoneEnd>, Partial<CallFacts>]>([
    ['the far end hung up', 0, { by: 'remote' }, { answered: true }],
    ['we hung up', 0, { by: 'local', why: 'asked' }, { answered: true }],
    ['the time was over', 0, { by: 'local', why: 'long-enough' }, { answered: true }],
    ['busy', 2, { by: 'remote', statusCode: 486 }, {}],
    ['moved', 2, { by: 'remote', statusCode: 302 }, {}],
    ['declined', 2, { by: 'remote', statusCode: 603 }, {}],
    ['a proxy timed out', 3, { by: 'remote', statusCode: 408 }, {}],
    ['nothing ever came', 3, { by: 'timeout', statusCode: 408 }, { responded: false }],
    ['nobody picked up', 3, { by: 'local', statusCode: 487, why: 'unanswered' }, {}],
    ['given up', 3, { by: 'local', statusCode: 487, why: 'asked' }, {}],
    ['no media came', 4, { by: 'local', why: 'no-media' }, { answered: true, mediaMissing: true }],
    ['hung up before any media', 4, { by: 'remote' }, { answered: true, mediaMissing: true }],
    ['no connection', 5, { by: 'transport', statusCode: 503 }, { responded: false }],
    ['the connection was lost', 5, { by: 'transport' }, { answered: true }],
    ['BYE within a dialog timed out', 5, { by: 'timeout' }, { answered: true }],
    ['an answer without audio', 5, { by: 'local', why: 'unusable-answer' }, {}],
    ['a media worker died', 5, { by: 'local', why: 'media-failed' }, { answered: true }],
  ])('when %s is %i', (_case, exitCode, end, facts) => {
    const outcome = outcomeOf({
      end: { kind: 'ended', by: 'remote', statusCode: undefined, why: undefined, ...end },
      answered: false,
      responded: true,
      mediaMissing: false,
      ...facts,
    });
    expect(exitCodes[outcome.kind]).toBe(exitCode);
  });
});
