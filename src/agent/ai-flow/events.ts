/** The house's events as AI Flow's JSON. Strict apps know these types and no others. */
import type { AgentEvent, EndCause, SessionInfo } from '../agent.ts';
import { type WantedSipHeaders, wantedSipHeaders } from '../sip-headers.ts';
import { formatPhoneNumber, type NumberFormat } from './phone-number.ts';

export interface EventFormat {
  readonly numberFormat: NumberFormat;
  readonly transport: 'webhook' | 'websocket';
  readonly switches: EventSwitches;
}

/** What an app may be told differently from the protocol of today. */
export interface EventSwitches {
  /** `assistant_speech_ended` also for an utterance that was interrupted. */
  readonly endedOnBargeIn: boolean;
  /** `user_barge_in`, as apps of old expect it, in addition to `user_speak`. */
  readonly legacyBargeIn: boolean;
  /** In `assistant_speech_ended` of an interrupted utterance: what of it was heard. */
  readonly spokenText: boolean;
  /** In `session_end`: why. */
  readonly endReason: boolean;
  /** `session_end` also of a call that ends after its caller was passed on. */
  readonly endAfterTransfer: boolean;
  /** In the session of `session_start`: what a trusted trunk wrote about the call. */
  readonly sipHeaders: WantedSipHeaders;
}

export const standardEvents: EventSwitches = {
  endedOnBargeIn: true,
  legacyBargeIn: false,
  spokenText: false,
  endReason: false,
  endAfterTransfer: true,
  sipHeaders: false,
};

export type AiFlowEvent = {
  readonly type: string;
  readonly session: AiFlowSession;
} & Readonly<Record<string, unknown>>;

/** Always all six, never null: apps' types demand them. More only where an app asks for it. */
interface AiFlowSession {
  readonly id: string;
  readonly account_id: string;
  readonly phone_number: string;
  readonly direction: 'inbound' | 'outbound';
  readonly from_phone_number: string;
  readonly to_phone_number: string;
  readonly sip_headers?: Readonly<Record<string, string>>;
}

/** Undefined for what this protocol, or this transport, does not tell. */
export function toAiFlowEvent(
  event: AgentEvent,
  info: SessionInfo,
  format: EventFormat,
): AiFlowEvent | undefined {
  const session = toAiFlowSession(info, format.numberFormat);
  const { endedOnBargeIn, legacyBargeIn, spokenText, endReason, endAfterTransfer } = format.switches;
  switch (event.kind) {
    case 'started': {
      const sip_headers = wantedSipHeaders(info, format.switches.sipHeaders);
      return { type: 'session_start', session: sip_headers ? { ...session, sip_headers } : session };
    }
    case 'speech-onset':
      return format.transport === 'websocket' ? { type: 'user_speech_started', session } : undefined;
    case 'barged-in':
      return legacyBargeIn ? { type: 'user_barge_in', text: event.text, session } : undefined;
    case 'heard':
      if (event.text.trim() === '') return undefined;
      return { type: 'user_speak', text: event.text, barged_in: event.bargedIn, session };
    case 'digit':
      return /^[0-9*#]$/.test(event.digit)
        ? { type: 'dtmf_received', digit: event.digit, session }
        : undefined;
    case 'speaking':
      return {
        type: 'assistant_speak',
        [event.script.format]: event.script.text,
        duration_ms: Math.round(event.durationMs),
        speech_started_at: Math.round(event.startedAtMs),
        session,
      };
    case 'spoken': {
      if (event.cut === undefined) return { type: 'assistant_speech_ended', session };
      if (!endedOnBargeIn) return undefined;
      const { text, playedMs } = event.cut;
      const heard = spokenText ? { spoken_text: text, played_ms: playedMs } : {};
      return { type: 'assistant_speech_ended', ...heard, session };
    }
    case 'input-timed-out':
      return { type: 'user_input_timeout', session };
    case 'ended':
      if (event.cause === 'transferred' && !endAfterTransfer) return undefined;
      return { type: 'session_end', ...(endReason && { reason: endReasons[event.cause] }), session };
    case 'understood':
    case 'utterance-started':
    case 'track-sound-started':
    case 'track-sound-ended':
    case 'state-changed':
    // Of vocabularies that answer, connect or bring their own audio.
    case 'ringing':
    case 'connection':
    case 'far-digit':
    case 'referred':
    case 'line-opened':
    case 'line':
    case 'line-closed':
      return undefined;
  }
}

export function toSmsFailedEvent(phoneNumber: string, info: SessionInfo, format: EventFormat): AiFlowEvent {
  return {
    type: 'sms_failed',
    reason: 'not_enabled',
    phone_number: formatPhoneNumber(phoneNumber, format.numberFormat),
    session: toAiFlowSession(info, format.numberFormat),
  };
}

function toAiFlowSession(info: SessionInfo, format: NumberFormat): AiFlowSession {
  return {
    id: info.id,
    account_id: info.accountId,
    phone_number: formatPhoneNumber(info.phoneNumber, format),
    direction: info.direction,
    from_phone_number: formatPhoneNumber(info.from, format),
    to_phone_number: formatPhoneNumber(info.to, format),
  };
}

const endReasons: Readonly<Record<EndCause, string>> = {
  'caller-hung-up': 'caller_hangup',
  'agent-hung-up': 'hangup_action',
  transferred: 'transfer',
  'agent-failed': 'error',
  'media-lost': 'error',
  error: 'error',
};
