/** Carries out what an app orders in the middle of a call, on whichever of its two legs it is meant for. */
import type { Logger } from '../../logger.ts';
import type { AgentCommand } from '../agent.ts';
import type { CommandDesk } from './commands.ts';
import { Dialling } from './perform/dialling.ts';
import { Listening } from './perform/listening.ts';
import type { Performer } from './performer.ts';
import type { SessionStage } from './session-stage.ts';
import type { TokenStream } from './token-stream.ts';
import type { VerbStack } from './verb-stack.ts';

export interface CallDeskOptions extends Pick<CommandDesk, 'replace' | 'askFor' | 'hangUp' | 'mistaken'> {
  readonly log: Logger;
  readonly stage: SessionStage;
  readonly stack: VerbStack;
  readonly performer: Performer;
  readonly tokens: TokenStream;
  /** `tts:tokens-result`. */
  readonly tellTokens: (data: Readonly<Record<string, unknown>>) => void;
}

export function createCallDesk(options: CallDeskOptions): CommandDesk {
  const { log, stage, stack, performer, tokens, tellTokens, replace, askFor, hangUp, mistaken } = options;

  /** Of the one who is dialled; undefined: the caller is meant. */
  function dialledBy(callSid: string | undefined): Dialling | undefined {
    const { performance } = stack;
    const isMeant = performance instanceof Dialling && callSid !== undefined && performance.isLeg(callSid);
    return isMeant ? performance : undefined;
  }

  function submitTo(callSid: string | undefined, commands: readonly AgentCommand[]): void {
    const leg = dialledBy(callSid);
    if (leg === undefined) stage.submit(...commands);
    else leg.toFar(commands);
  }

  return {
    log,
    replace,
    askFor,
    hangUp,
    mistaken,
    verb: (verb) => {
      if (verb.verb === 'config') performer.configure(verb);
      else stack.replace([verb]);
    },
    dub: (verb, callSid) => {
      const leg = dialledBy(callSid);
      if (leg === undefined) performer.dub(verb);
      else leg.dub(verb);
    },
    boost: (gain, callSid) => submitTo(callSid, [{ kind: 'amplify', gain }]),
    whisper: (sounds, callSid) =>
      submitTo(
        callSid,
        sounds.map((sound) => performer.whisper(sound)),
      ),
    digits: (digits, durationMs) => stage.submit({ kind: 'send-digits', digits, durationMs }),
    listenStatus: (status) => {
      const { performance } = stack;
      const fork = performance instanceof Listening ? performance.fork : performer.fork;
      fork?.setStatus(status);
    },
    tag: (data) => stage.facts.tag(data),
    tokens: (id, text) => tellTokens({ id, ...tokens.tokens(text) }),
    flush: () => tokens.flush(),
    clear: () => tokens.clear(),
  };
}
