import { describe, expect, it } from 'vitest';
import { RefusalReport } from '../../src/app/refusal-report.ts';
import { recordingLogger } from '../support/recording-logger.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

function report() {
  const clock = new VirtualClock();
  const { log, lines } = recordingLogger();
  const report = new RefusalReport(log, clock);
  const refuse = (reason: string, address: string) =>
    report.note({ reason, address, transport: 'udp', statusCode: 401 });
  return { clock, lines, refuse };
}

describe('the report of refused sources', () => {
  it('tells of a source and a reason once a minute, and how often it did not', async () => {
    const { clock, lines, refuse } = report();
    for (let attempt = 0; attempt < 10; attempt++) refuse('wrong-password', '192.0.2.7');
    refuse('locked-out', '192.0.2.7');
    refuse('wrong-password', '192.0.2.8');
    await clock.advance(60_000);
    refuse('wrong-password', '192.0.2.7');
    refuse('wrong-password', '192.0.2.8');
    const [first, ...others] = lines.map(({ fields }) => fields);
    expect(first).toEqual({
      reason: 'wrong-password',
      address: '192.0.2.7',
      transport: 'udp',
      statusCode: 401,
    });
    expect(others).toMatchObject([
      { reason: 'locked-out', address: '192.0.2.7' },
      { reason: 'wrong-password', address: '192.0.2.8' },
      { reason: 'wrong-password', address: '192.0.2.7', unsaid: 9 },
      { reason: 'wrong-password', address: '192.0.2.8' },
    ]);
    expect(others[3]).not.toHaveProperty('unsaid');
  });

  it('neither writes nor remembers without end when addresses are made up', async () => {
    const { clock, lines, refuse } = report();
    for (let minute = 1; minute <= 2; minute++) {
      for (let source = 0; source < 100_000; source++) refuse('unknown-source', `2001:db8::${source}`);
      expect(lines.length).toBe(minute * 501);
      await clock.advance(60_000);
    }
    expect(lines.filter(({ message }) => message.includes('only counted')).length).toBe(2);
  });
});
