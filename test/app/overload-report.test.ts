import { describe, expect, it } from 'vitest';
import { OverloadReport } from '../../src/app/overload-report.ts';
import { RecordingLogger } from '../support/recording-host.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

describe('the report of calls refused for load', () => {
  it('tells the first at once, each second how many more, and that it is over', async () => {
    const clock = new VirtualClock();
    const log = new RecordingLogger();
    const report = new OverloadReport(log, clock);
    report.note('signalling-late');
    expect(log.lines).toHaveLength(1);
    for (let call = 0; call < 300; call++) {
      await clock.advance(10);
      report.note(call < 250 ? 'signalling-late' : 'media-late');
    }
    await clock.advance(10_000);
    const told = log.lines.flatMap(({ fields }) => {
      const { refused } = fields as { refused?: Record<string, number> };
      return refused === undefined ? [] : [refused];
    });
    const sum = (reason: string) => told.reduce((total, refused) => total + (refused[reason] ?? 0), 0);
    expect(sum('signalling-late')).toBe(250);
    expect(sum('media-late')).toBe(50);
    expect(log.lines.length).toBeLessThanOrEqual(6);
    expect(log.lines.at(-1)).toMatchObject({ level: 'info', message: 'overload is over: calls are taken' });
    expect([...report.counts]).toEqual([
      ['signalling-late', 251],
      ['media-late', 50],
    ]);
    expect(clock.nextDueMs).toBeUndefined();
  });

  it('leaves nothing unsaid and no timer behind when the switch stops', async () => {
    const clock = new VirtualClock();
    const log = new RecordingLogger();
    const report = new OverloadReport(log, clock);
    report.note('setup-rate');
    report.note('setup-rate');
    report.stop();
    expect(log.lines.at(-1)).toMatchObject({ fields: { refused: { 'setup-rate': 1 } } });
    expect(clock.nextDueMs).toBeUndefined();
  });
});
