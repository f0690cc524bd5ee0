import { describe, expect, it } from 'vitest';
import { InviteServerTransaction } from '../../../src/sip/transaction/invite-server.ts';
import { scheduleOf } from './schedule.ts';

const reach: Record<string, (transaction: InviteServerTransaction) => void> = {
  proceeding: (transaction) => transaction.respond(100, 0),
  accepted: (transaction) => transaction.respond(200, 0),
  completed: (transaction) => transaction.respond(486, 0),
  confirmed: (transaction) => {
    transaction.respond(486, 0);
    transaction.handleAck(0);
  },
  terminated: (transaction) => {
    transaction.respond(486, 0);
    transaction.handleTimeout(32_000);
  },
};

describe('the INVITE server transaction (RFC 3261 figure 7, RFC 6026)', () => {
  it.each([
    ['proceeding', 'INVITE', ['send-response'], 'proceeding'],
    ['proceeding', 'ACK', [], 'proceeding'],
    ['proceeding', 180, ['send-response'], 'proceeding'],
    ['proceeding', 200, ['send-response'], 'accepted'],
    ['proceeding', 486, ['send-response'], 'completed'],
    ['proceeding', 'transport error', ['report-transport-error'], 'proceeding'],
    ['accepted', 'INVITE', [], 'accepted'],
    ['accepted', 'ACK', ['pass-ack'], 'accepted'],
    ['accepted', 200, ['send-response'], 'accepted'],
    ['accepted', 486, [], 'accepted'],
    ['accepted', 'timer L', [], 'terminated'],
    ['accepted', 'transport error', ['report-transport-error'], 'accepted'],
    ['completed', 'INVITE', ['send-response'], 'completed'],
    ['completed', 'ACK', [], 'confirmed'],
    ['completed', 200, [], 'completed'],
    ['completed', 'timer G', ['send-response'], 'completed'],
    ['completed', 'timer H', ['report-timeout'], 'terminated'],
    ['completed', 'transport error', ['report-transport-error'], 'completed'],
    ['confirmed', 'INVITE', [], 'confirmed'],
    ['confirmed', 'ACK', [], 'confirmed'],
    ['confirmed', 'timer I', [], 'terminated'],
    ['terminated', 'INVITE', [], 'terminated'],
    ['terminated', 'ACK', [], 'terminated'],
  ] as const)('in %s, %s gives %j and leads to %s', (from, input, actions, to) => {
    const transaction = new InviteServerTransaction(false);
    reach[from]!(transaction);
    expect(transaction.state).toBe(from);
    expect(act(transaction, input)).toEqual(actions);
    expect(transaction.state).toBe(to);
  });

  it('says nothing to a repeated INVITE before anything was responded', () => {
    expect(new InviteServerTransaction(false).handleRetransmission()).toEqual([]);
  });

  it('repeats a failure over UDP at intervals that double up to T2, until timer H', () => {
    const transaction = new InviteServerTransaction(false);
    transaction.respond(486, 0);
    expect(scheduleOf(transaction, 0)).toEqual([
      [500, 'send-response'],
      [1500, 'send-response'],
      [3500, 'send-response'],
      [7500, 'send-response'],
      [11_500, 'send-response'],
      [15_500, 'send-response'],
      [19_500, 'send-response'],
      [23_500, 'send-response'],
      [27_500, 'send-response'],
      [31_500, 'send-response'],
      [32_000, 'report-timeout'],
    ]);
  });

  it('never repeats a failure over TCP, and still waits for its ACK until timer H', () => {
    const transaction = new InviteServerTransaction(true);
    transaction.respond(486, 0);
    expect(scheduleOf(transaction, 0)).toEqual([[32_000, 'report-timeout']]);
  });

  it('absorbs repeated ACKs for T4 over UDP, and ends at once over TCP', () => {
    const udp = new InviteServerTransaction(false);
    udp.respond(486, 0);
    udp.handleAck(1000);
    expect(udp.deadline).toBe(6000);
    const tcp = new InviteServerTransaction(true);
    tcp.respond(486, 0);
    tcp.handleAck(1000);
    expect(tcp.state).toBe('terminated');
  });

  it.each([false, true])('absorbs repeats of an accepted INVITE for 64 * T1 (reliable: %s)', (reliable) => {
    const transaction = new InviteServerTransaction(reliable);
    transaction.respond(200, 1000);
    expect(transaction.deadline).toBe(33_000);
  });
});

function act(transaction: InviteServerTransaction, input: number | string): readonly string[] {
  switch (input) {
    case 'INVITE':
      return transaction.handleRetransmission();
    case 'ACK':
      return transaction.handleAck(0);
    case 'timer G':
      return transaction.handleTimeout(500);
    case 'timer H':
    case 'timer I':
    case 'timer L':
      return transaction.handleTimeout(32_000);
    case 'transport error':
      return transaction.handleTransportError();
    default:
      return transaction.respond(Number(input), 0);
  }
}
