import type { EndCause } from '../../agent/agent.ts';
import type { CallLine } from '../../call/call-line.ts';
import type { SessionCall } from '../../call/session-call.ts';
import type { Timers } from '../../clock.ts';
import type { Logger } from '../../logger.ts';
import type { MediaCommand } from '../../media/command.ts';

/** The call of a rehearsal, from which nobody else can be reached: whoever is rung does not answer. */
export function loneCall(options: {
  readonly send: (command: MediaCommand) => void;
  readonly end: (cause: EndCause) => void;
  readonly timers: Timers;
  readonly log: Logger;
}): SessionCall {
  const { send, end, timers, log } = options;
  return {
    line: { ...noLine, send },
    trunk: undefined,
    outboundRules: { allow: [], routes: [], trunks: new Map() },
    hangUp: (cause) => end(cause),
    answer: () => {},
    answerEarly: () => {},
    decline: () => end('agent-hung-up'),
    dial: ({ to }, user) => {
      log.info({ to }, 'nobody is called in a rehearsal: no answer');
      timers.schedule(0, () => user.handleFailed({ statusCode: 480, reason: 'no-answer' }));
      return noLine;
    },
    log,
  };
}

const noLine: CallLine = {
  leg: undefined,
  agreed: undefined,
  rateHz: undefined,
  send: () => {},
  hangUp: () => {},
  refer: () => {},
  giveUp: () => {},
};
