/** Bots behind Twilio's media streams: the call that they are told of, and the end of it. */
import type { AgentLineOptions } from '../../audio/agent-line.ts';
import type { AgentFactory, SessionInfo } from '../agent.ts';
import { type WantedSipHeaders, wantedSipHeaders } from '../sip-headers.ts';
import type { LineClosing } from '../voice-agent/line-failure.ts';
import { createStreamAgent } from '../voice-agent/stream-agent.ts';
import type { TwilioLineSettings } from './twilio-line.ts';
import { twilioSids } from './twilio-sids.ts';
import { twilioSignature } from './twilio-signature.ts';

export interface TwilioAgentOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly accountSid?: string | undefined;
  /** Signs the upgrade; absent: it is not signed. */
  readonly authToken?: string | undefined;
  /** Beside `from` and `to`. */
  readonly customParameters: Readonly<Record<string, string>>;
  /** Told among them: what a trusted trunk wrote about the call. */
  readonly sipHeaders: WantedSipHeaders;
  readonly whenClosed: LineClosing;
  readonly connectTimeoutMs: number;
}

export function createTwilioAgent(options: TwilioAgentOptions): AgentFactory {
  const { url, authToken, whenClosed, connectTimeoutMs } = options;
  const signature = authToken === undefined ? {} : { 'x-twilio-signature': twilioSignature(authToken, url) };
  const headers = { ...options.headers, ...signature };
  return createStreamAgent({
    whenClosed,
    lineFor: (session): AgentLineOptions => ({
      protocol: 'twilio',
      target: { kind: 'websocket', url, headers },
      connectTimeoutMs,
      hears: 'caller',
      speaks: true,
      settings: settingsFor(session, options),
    }),
  });
}

function settingsFor(
  session: SessionInfo,
  { accountSid, customParameters, sipHeaders }: TwilioAgentOptions,
): TwilioLineSettings {
  const { id, accountId, from, to } = session;
  return {
    ...twilioSids(id, accountId, accountSid),
    customParameters: { ...wantedSipHeaders(session, sipHeaders), from, to, ...customParameters },
  };
}
