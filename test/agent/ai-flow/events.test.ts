import { describe, expect, it } from 'vitest';
import type { AgentEvent, EndCause } from '../../../src/agent/agent.ts';
import {
  type EventFormat,
  type EventSwitches,
  standardEvents,
  toAiFlowEvent,
  toSmsFailedEvent,
} from '../../../src/agent/ai-flow/events.ts';
import { formatPhoneNumber } from '../../../src/agent/ai-flow/phone-number.ts';
import { inboundSession } from '../../support/recording-host.ts';

const webhook: EventFormat = { numberFormat: 'digits', transport: 'webhook', switches: standardEvents };
const webSocket: EventFormat = { ...webhook, transport: 'websocket' };
const session = {
  id: '7c0e6a52-5d0b-4a0e-9a55-5b6a3f1d2c11',
  account_id: 'acc-1',
  phone_number: '4921155660',
  direction: 'inbound',
  from_phone_number: '4915790000687',
  to_phone_number: '4921155660',
};
const speaking = (format: 'text' | 'ssml'): AgentEvent => ({
  kind: 'speaking',
  script: { text: 'Which day?', format },
  durationMs: 1480.4,
  startedAtMs: 1_795_170_612_345.6,
});

const table: readonly (readonly [AgentEvent, object | undefined])[] = [
  [{ kind: 'started' }, { type: 'session_start' }],
  [
    { kind: 'heard', text: 'Hi', bargedIn: false },
    { type: 'user_speak', text: 'Hi', barged_in: false },
  ],
  [
    { kind: 'heard', text: 'no, stop', bargedIn: true },
    { type: 'user_speak', text: 'no, stop', barged_in: true },
  ],
  [{ kind: 'heard', text: ' ', bargedIn: false }, undefined],
  [
    { kind: 'digit', digit: '#' },
    { type: 'dtmf_received', digit: '#' },
  ],
  [
    { kind: 'digit', digit: '0' },
    { type: 'dtmf_received', digit: '0' },
  ],
  [{ kind: 'digit', digit: 'A' }, undefined],
  [
    speaking('text'),
    { type: 'assistant_speak', text: 'Which day?', duration_ms: 1480, speech_started_at: 1_795_170_612_346 },
  ],
  [
    speaking('ssml'),
    { type: 'assistant_speak', ssml: 'Which day?', duration_ms: 1480, speech_started_at: 1_795_170_612_346 },
  ],
  [{ kind: 'spoken', cut: undefined }, { type: 'assistant_speech_ended' }],
  [{ kind: 'input-timed-out' }, { type: 'user_input_timeout' }],
  [{ kind: 'ended', cause: 'caller-hung-up' }, { type: 'session_end' }],
];

describe('the events told to an AI Flow app', () => {
  it.each(table)('%j is told with all six fields of the session', (event, expected) => {
    expect(toAiFlowEvent(event, inboundSession, webhook)).toEqual(expected && { ...expected, session });
  });

  it('tells the onset of speech to WebSockets alone', () => {
    const onset: AgentEvent = { kind: 'speech-onset' };
    expect(toAiFlowEvent(onset, inboundSession, webSocket)).toEqual({ type: 'user_speech_started', session });
    expect(toAiFlowEvent(onset, inboundSession, webhook)).toBeUndefined();
  });

  it('tells of interruptions and reasons as its switches say', () => {
    const cut: AgentEvent = { kind: 'spoken', cut: { playedMs: 1200, text: 'Which' } };
    const bargedIn: AgentEvent = { kind: 'barged-in', text: 'no' };
    const ended = (cause: EndCause): AgentEvent => ({ kind: 'ended', cause });
    const told = (event: AgentEvent, switches: Partial<EventSwitches>) =>
      toAiFlowEvent(event, inboundSession, { ...webhook, switches: { ...standardEvents, ...switches } });

    expect(told(cut, {})).toEqual({ type: 'assistant_speech_ended', session });
    expect(told(cut, { endedOnBargeIn: false })).toBeUndefined();
    expect(told(cut, { spokenText: true })).toMatchObject({ spoken_text: 'Which', played_ms: 1200 });
    expect(told({ kind: 'spoken', cut: undefined }, { endedOnBargeIn: false, spokenText: true })).toEqual({
      type: 'assistant_speech_ended',
      session,
    });
    expect(told(bargedIn, {})).toBeUndefined();
    expect(told(bargedIn, { legacyBargeIn: true })).toMatchObject({ type: 'user_barge_in', text: 'no' });
    expect(told(ended('agent-hung-up'), { endReason: true })).toMatchObject({ reason: 'hangup_action' });
    expect(told(ended('media-lost'), { endReason: true })).toMatchObject({ reason: 'error' });
  });

  it('tells that an SMS was not sent, and why', () => {
    expect(toSmsFailedEvent('4915112345678', inboundSession, webhook)).toEqual({
      type: 'sms_failed',
      reason: 'not_enabled',
      phone_number: '4915112345678',
      session,
    });
  });

  it('has no null in a session without a number', () => {
    const withheld = { ...inboundSession, from: '' };
    expect(toAiFlowEvent({ kind: 'started' }, withheld, webhook)?.session.from_phone_number).toBe('');
  });
});

describe('phone numbers', () => {
  it.each([
    ['+4921155660', '4921155660', '+4921155660', '+4921155660'],
    ['4921155660', '4921155660', '+4921155660', '4921155660'],
    ['200', '200', '200', '200'],
    ['021155660', '021155660', '021155660', '021155660'],
    ['anonymous', '', '', 'anonymous'],
    ['Anonymous', '', '', 'Anonymous'],
    ['', '', '', ''],
    ['reception', 'reception', 'reception', 'reception'],
    ['+1234567890123456', '+1234567890123456', '+1234567890123456', '+1234567890123456'],
  ])('"%s" is "%s" in digits, "%s" with a plus and "%s" raw', (given, digits, plus, raw) => {
    expect(formatPhoneNumber(given, 'digits')).toBe(digits);
    expect(formatPhoneNumber(given, 'plus')).toBe(plus);
    expect(formatPhoneNumber(given, 'raw')).toBe(raw);
  });
});
