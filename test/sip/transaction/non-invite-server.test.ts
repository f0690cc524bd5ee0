import { describe, expect, it } from 'vitest';
import { NonInviteServerTransaction } from '../../../src/sip/transaction/non-invite-server.ts';
import { scheduleOf } from './schedule.ts';

const reach: Record<string, (transaction: NonInviteServerTransaction) => void> = {
  trying: () => {},
  proceeding: (transaction) => transaction.respond(100, 0),
  completed: (transaction) => transaction.respond(200, 0),
  terminated: (transaction) => {
    transaction.respond(200, 0);
    transaction.handleTimeout(32_000);
  },
};

describe('the non-INVITE server transaction (RFC 3261 figure 8)', () => {
  it.each([
    ['trying', 'request', [], 'trying'],
    ['trying', 100, ['send-response'], 'proceeding'],
    ['trying', 200, ['send-response'], 'completed'],
    ['trying', 481, ['send-response'], 'completed'],
    ['trying', 'transport error', ['report-transport-error'], 'trying'],
    ['proceeding', 'request', ['send-response'], 'proceeding'],
    ['proceeding', 183, ['send-response'], 'proceeding'],
    ['proceeding', 603, ['send-response'], 'completed'],
    ['completed', 'request', ['send-response'], 'completed'],
    ['completed', 200, [], 'completed'],
    ['completed', 'timer J', [], 'terminated'],
    ['completed', 'transport error', ['report-transport-error'], 'completed'],
    ['terminated', 'request', [], 'terminated'],
    ['terminated', 200, [], 'terminated'],
  ] as const)('in %s, %s gives %j and leads to %s', (from, input, actions, to) => {
    const transaction = new NonInviteServerTransaction(false);
    reach[from]!(transaction);
    expect(transaction.state).toBe(from);
    expect(act(transaction, input)).toEqual(actions);
    expect(transaction.state).toBe(to);
  });

  it('keeps a final response for timer J over UDP, then is forgotten', () => {
    const transaction = new NonInviteServerTransaction(false);
    expect(transaction.deadline).toBeUndefined();
    transaction.respond(200, 1000);
    expect(transaction.deadline).toBe(33_000);
    expect(scheduleOf(transaction, 1000)).toEqual([]);
    expect(transaction.state).toBe('terminated');
  });

  it('ends with its final response over TCP', () => {
    const transaction = new NonInviteServerTransaction(true);
    expect(transaction.respond(200, 0)).toEqual(['send-response']);
    expect(transaction.state).toBe('terminated');
  });
});

function act(transaction: NonInviteServerTransaction, input: number | string): readonly string[] {
  switch (input) {
    case 'request':
      return transaction.handleRetransmission();
    case 'timer J':
      return transaction.handleTimeout(32_000);
    case 'transport error':
      return transaction.handleTransportError();
    default:
      return transaction.respond(Number(input), 0);
  }
}
