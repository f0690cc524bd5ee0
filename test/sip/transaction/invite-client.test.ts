import { describe, expect, it } from 'vitest';
import { InviteClientTransaction } from '../../../src/sip/transaction/invite-client.ts';
import { scheduleOf } from './schedule.ts';

type Reach = (transaction: InviteClientTransaction) => void;

const reach: Record<string, Reach> = {
  calling: () => {},
  proceeding: (transaction) => transaction.handleResponse(180, 0),
  accepted: (transaction) => transaction.handleResponse(200, 0),
  completed: (transaction) => transaction.handleResponse(486, 0),
  terminated: (transaction) => transaction.terminate(),
};

describe('the INVITE client transaction (RFC 3261 figure 5, RFC 6026)', () => {
  it.each([
    // from, input, actions, to
    ['calling', 'timer A', ['send-request'], 'calling'],
    ['calling', 'timer B', ['report-timeout'], 'terminated'],
    ['calling', 'transport error', ['report-transport-error'], 'terminated'],
    ['calling', 180, ['pass-response'], 'proceeding'],
    ['calling', 200, ['pass-response'], 'accepted'],
    ['calling', 486, ['send-ack', 'pass-response'], 'completed'],
    ['proceeding', 183, ['pass-response'], 'proceeding'],
    ['proceeding', 200, ['pass-response'], 'accepted'],
    ['proceeding', 302, ['send-ack', 'pass-response'], 'completed'],
    ['proceeding', 603, ['send-ack', 'pass-response'], 'completed'],
    ['proceeding', 'transport error', ['report-transport-error'], 'terminated'],
    ['accepted', 180, [], 'accepted'],
    ['accepted', 200, ['pass-response'], 'accepted'],
    ['accepted', 486, [], 'accepted'],
    ['accepted', 'timer M', [], 'terminated'],
    ['accepted', 'transport error', [], 'accepted'],
    ['completed', 180, [], 'completed'],
    ['completed', 200, [], 'completed'],
    ['completed', 486, ['send-ack'], 'completed'],
    ['completed', 'timer D', [], 'terminated'],
    ['completed', 'transport error', ['report-transport-error'], 'terminated'],
    ['terminated', 200, [], 'terminated'],
    ['terminated', 'transport error', [], 'terminated'],
  ] as const)('in %s, %s gives %j and leads to %s', (from, input, actions, to) => {
    const transaction = new InviteClientTransaction(false, 0);
    reach[from]!(transaction);
    expect(transaction.state).toBe(from);
    expect(act(transaction, input)).toEqual(actions);
    expect(transaction.state).toBe(to);
  });

  it('repeats the request at doubling intervals over UDP until timer B', () => {
    const transaction = new InviteClientTransaction(false, 1000);
    expect(scheduleOf(transaction, 1000)).toEqual([
      [500, 'send-request'],
      [1500, 'send-request'],
      [3500, 'send-request'],
      [7500, 'send-request'],
      [15_500, 'send-request'],
      [31_500, 'send-request'],
      [32_000, 'report-timeout'],
    ]);
  });

  it('never repeats the request over TCP, and still gives up at timer B', () => {
    expect(scheduleOf(new InviteClientTransaction(true, 0), 0)).toEqual([[32_000, 'report-timeout']]);
  });

  it('runs no timer while the callee rings', () => {
    const transaction = new InviteClientTransaction(false, 0);
    transaction.handleResponse(180, 100);
    expect(transaction.deadline).toBeUndefined();
  });

  it('keeps a failure 32 s for its repeats over UDP, and forgets it at once over TCP', () => {
    const udp = new InviteClientTransaction(false, 0);
    udp.handleResponse(486, 1000);
    expect(udp.deadline).toBe(33_000);
    const tcp = new InviteClientTransaction(true, 0);
    expect(tcp.handleResponse(486, 1000)).toEqual(['send-ack', 'pass-response']);
    expect(tcp.state).toBe('terminated');
  });

  it.each([false, true])('stays 64 * T1 for forked and repeated 2xx (reliable: %s)', (reliable) => {
    const transaction = new InviteClientTransaction(reliable, 0);
    transaction.handleResponse(200, 2000);
    expect(transaction.deadline).toBe(34_000);
  });
});

function act(transaction: InviteClientTransaction, input: number | string): readonly string[] {
  switch (input) {
    case 'timer A':
      return transaction.handleTimeout(500);
    case 'timer B':
    case 'timer D':
    case 'timer M':
      return transaction.handleTimeout(32_000);
    case 'transport error':
      return transaction.handleTransportError();
    default:
      return transaction.handleResponse(Number(input), 0);
  }
}
