import type { HeaderField } from '../sip/message/message.ts';
import type { ReferParts } from '../sip/session/refer-usage.ts';
import type { SipUserAgent } from '../sip/user-agent.ts';
import type { SipOutput, SipSessionId } from '../sip/user-agent-events.ts';

/** How a command reaches the SIP user agent. */
export type SendCommand = (act: (userAgent: SipUserAgent, nowMs: number) => SipOutput[]) => void;

/** The user agent's commands, bound to one session. */
export interface SessionSignalling {
  ring(statusCode: number, sdp: string | undefined): void;
  answer(sdp: string): void;
  reject(statusCode: number, headers: readonly HeaderField[], reasonPhrase?: string): void;
  acceptReoffer(sdp: string): void;
  rejectReoffer(statusCode: number, headers: readonly HeaderField[]): void;
  hangUp(reason: string | undefined, headers?: readonly HeaderField[]): void;
  refer(target: string, parts: ReferParts): void;
  acceptRefer(): void;
  rejectRefer(statusCode: number): void;
  notifyRefer(statusCode: number): void;
}

export function signallingOf(session: SipSessionId, command: SendCommand): SessionSignalling {
  return {
    ring: (statusCode, sdp) => command((userAgent, nowMs) => userAgent.ring(session, statusCode, sdp, nowMs)),
    answer: (sdp) => command((userAgent, nowMs) => userAgent.answer(session, sdp, nowMs)),
    reject: (statusCode, headers, reasonPhrase) =>
      command((userAgent, nowMs) => {
        const parts = { headers, ...(reasonPhrase !== undefined && { reasonPhrase }) };
        return userAgent.reject(session, statusCode, parts, nowMs);
      }),
    acceptReoffer: (sdp) => command((userAgent, nowMs) => userAgent.acceptReoffer(session, sdp, nowMs)),
    rejectReoffer: (statusCode, headers) =>
      command((userAgent, nowMs) => userAgent.rejectReoffer(session, statusCode, [...headers], nowMs)),
    hangUp: (reason, headers = []) =>
      command((userAgent, nowMs) => {
        const parts = { headers, ...(reason !== undefined && { reason }) };
        return userAgent.hangUp(session, parts, nowMs);
      }),
    refer: (target, parts) => command((userAgent, nowMs) => userAgent.refer(session, target, nowMs, parts)),
    acceptRefer: () => command((userAgent, nowMs) => userAgent.acceptRefer(session, nowMs)),
    rejectRefer: (statusCode) =>
      command((userAgent, nowMs) => userAgent.rejectRefer(session, statusCode, nowMs)),
    notifyRefer: (statusCode) =>
      command((userAgent, nowMs) => userAgent.notifyRefer(session, statusCode, nowMs)),
  };
}
