import { describe, expect, it } from 'vitest';
import { ActionIntake } from '../../../src/agent/ai-flow/intake.ts';
import { createLogger } from '../../../src/log.ts';
import { RecordingHost } from '../../support/recording-host.ts';

describe('what an app got wrong', () => {
  it.each([
    ['words of the caller', { redactNumbers: false, redactTranscripts: true }],
    ['a number of the caller', { redactNumbers: true, redactTranscripts: false }],
  ])('does not bring %s into a log that hides them', (_what, redaction) => {
    const lines: string[] = [];
    const log = createLogger({ level: 'info', ...redaction }, { write: (line) => void lines.push(line) });
    const intake = new ActionIntake({
      host: new RecordingHost(),
      log,
      onWarnings: () => {},
      onUnsentSms: () => {},
    });
    intake.take(JSON.stringify({ type: 'speak', text: 'Hi', user_input_timeout_seconds: '+49 30 901820' }));
    intake.take(JSON.stringify('my password is +49 30 901820'));
    const warnings = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn');
    expect(warnings).toMatchObject([
      {
        field: 'speak.user_input_timeout_seconds',
        found: '[redacted]',
        expected: 'a number of seconds from 0 to 600',
        consequence: 'ignored',
      },
      { field: 'action', found: '[redacted]', consequence: 'ignored' },
    ]);
    expect(lines.join('')).not.toContain('901820');
  });

  it.each([
    ['dance', 'dance'],
    ['hang_up', 'hang_up'],
    ['say it', undefined],
    ['call-4930901820', undefined],
    ['x'.repeat(41), undefined],
    ['', undefined],
  ])('shows an unknown action by its type, when that is a name: %s', (type, actionType) => {
    const lines: string[] = [];
    const redaction = { redactNumbers: true, redactTranscripts: true };
    const log = createLogger({ level: 'info', ...redaction }, { write: (line) => void lines.push(line) });
    const host = new RecordingHost();
    new ActionIntake({ host, log, onWarnings: () => {}, onUnsentSms: () => {} }).take(
      JSON.stringify({ type }),
    );
    const [line, ...others] = lines.map((written) => JSON.parse(written) as Record<string, unknown>);
    expect([line?.['field'], line?.['found'], line?.['actionType']]).toEqual([
      'type',
      '[redacted]',
      actionType,
    ]);
    expect(others).toEqual([]);
  });
});

describe('what comes over the HTTP API', () => {
  it('is carried out, and answered with how much of it was understood', () => {
    const host = new RecordingHost();
    const unsent: string[] = [];
    const intake = new ActionIntake({
      host,
      log: host.log,
      onWarnings: () => {},
      onUnsentSms: (phoneNumber) => unsent.push(phoneNumber),
    });
    const answer = intake.takeFromApi([
      { type: 'speak', text: 'Hi', session_id: host.session.id },
      { type: 'hangup', session_id: 'somebody-else' },
      { type: 'send_sms', phone_number: '4915112345678', message: 'Hi' },
      { type: 'dance' },
    ]);
    expect(answer.accepted).toBe(2);
    expect(answer.mistakes).toEqual([
      expect.stringMatching(
        /^hangup\.session_id: found "somebody-else", expected .*; the action is refused$/,
      ),
      expect.stringMatching(/^type: found "dance", expected one of speak, .*; ignored$/),
    ]);
    expect(host.commands.map(({ kind }) => kind)).toEqual(['say']);
    expect(unsent).toEqual(['4915112345678']);
  });
});
