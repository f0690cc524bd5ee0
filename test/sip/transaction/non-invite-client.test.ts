import { describe, expect, it } from 'vitest';
import { NonInviteClientTransaction } from '../../../src/sip/transaction/non-invite-client.ts';
import { scheduleOf } from './schedule.ts';

const reach: Record<string, (transaction: NonInviteClientTransaction) => void> = {
  trying: () => {},
  proceeding: (transaction) => transaction.handleResponse(100, 0),
  completed: (transaction) => transaction.handleResponse(200, 0),
  terminated: (transaction) => transaction.handleTransportError(),
};

describe('the non-INVITE client transaction (RFC 3261 figure 6)', () => {
  it.each([
    ['trying', 'timer E', ['send-request'], 'trying'],
    ['trying', 'timer F', ['report-timeout'], 'terminated'],
    ['trying', 'transport error', ['report-transport-error'], 'terminated'],
    ['trying', 100, ['pass-response'], 'proceeding'],
    ['trying', 200, ['pass-response'], 'completed'],
    ['trying', 481, ['pass-response'], 'completed'],
    ['proceeding', 'timer E', ['send-request'], 'proceeding'],
    ['proceeding', 'timer F', ['report-timeout'], 'terminated'],
    ['proceeding', 'transport error', ['report-transport-error'], 'terminated'],
    ['proceeding', 183, ['pass-response'], 'proceeding'],
    ['proceeding', 603, ['pass-response'], 'completed'],
    ['completed', 100, [], 'completed'],
    ['completed', 200, [], 'completed'],
    ['completed', 'timer K', [], 'terminated'],
    ['completed', 'transport error', [], 'completed'],
    ['terminated', 200, [], 'terminated'],
  ] as const)('in %s, %s gives %j and leads to %s', (from, input, actions, to) => {
    const transaction = new NonInviteClientTransaction(false, 0);
    reach[from]!(transaction);
    expect(transaction.state).toBe(from);
    expect(act(transaction, input)).toEqual(actions);
    expect(transaction.state).toBe(to);
  });

  it('repeats the request over UDP at intervals that double up to T2, until timer F', () => {
    expect(scheduleOf(new NonInviteClientTransaction(false, 0), 0)).toEqual([
      [500, 'send-request'],
      [1500, 'send-request'],
      [3500, 'send-request'],
      [7500, 'send-request'],
      [11_500, 'send-request'],
      [15_500, 'send-request'],
      [19_500, 'send-request'],
      [23_500, 'send-request'],
      [27_500, 'send-request'],
      [31_500, 'send-request'],
      [32_000, 'report-timeout'],
    ]);
  });

  it('repeats the request every T2 once a provisional response came', () => {
    const transaction = new NonInviteClientTransaction(false, 0);
    transaction.handleResponse(100, 200);
    expect(scheduleOf(transaction, 0).slice(0, 3)).toEqual([
      [500, 'send-request'],
      [4500, 'send-request'],
      [8500, 'send-request'],
    ]);
  });

  it('never repeats the request over TCP, and still gives up at timer F', () => {
    expect(scheduleOf(new NonInviteClientTransaction(true, 0), 0)).toEqual([[32_000, 'report-timeout']]);
  });

  it('absorbs repeated responses for T4 over UDP, and ends at once over TCP', () => {
    const udp = new NonInviteClientTransaction(false, 0);
    udp.handleResponse(200, 1000);
    expect(udp.deadline).toBe(6000);
    const tcp = new NonInviteClientTransaction(true, 0);
    tcp.handleResponse(200, 1000);
    expect(tcp.state).toBe('terminated');
  });
});

function act(transaction: NonInviteClientTransaction, input: number | string): readonly string[] {
  switch (input) {
    case 'timer E':
      return transaction.handleTimeout(500);
    case 'timer F':
    case 'timer K':
      return transaction.handleTimeout(32_000);
    case 'transport error':
      return transaction.handleTransportError();
    default:
      return transaction.handleResponse(Number(input), 0);
  }
}
