import type { EndCause } from '../agent/agent.ts';
import type { Logger } from '../logger.ts';
import type { HeaderField } from '../sip/message/message.ts';
import type { CallLine, HangUpParts } from './call-line.ts';
import type { DialRequest } from './dial-environment.ts';
import type { OutboundRules } from './outbound-routes.ts';
import type { PlacedCallUser } from './placed-call.ts';

/** The call of a session, as its session may use it. */
export interface SessionCall {
  readonly line: CallLine;
  /** By name. */
  readonly trunk: string | undefined;
  readonly outboundRules: OutboundRules;
  hangUp(cause: EndCause, parts?: HangUpParts): void;
  /** Of a call that is not answered yet. */
  answer(): void;
  answerEarly(): void;
  decline(statusCode: number, reason: string | undefined, headers: readonly HeaderField[]): void;
  /** Calls somebody else, beside the caller. */
  dial(request: Omit<DialRequest, 'maxForwards' | 'beside' | 'log'>, user: PlacedCallUser): CallLine;
  readonly log: Logger;
}
