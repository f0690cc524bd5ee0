import type { TwilioFlow } from '../api/twilio-calls.ts';
import type { Config } from '../config/config.ts';

/** The flows behind whose agents Twilio's bots may end their calls, by name. */
export function twilioFlowsOf({ flows }: Config): ReadonlyMap<string, TwilioFlow> {
  const byName = new Map<string, TwilioFlow>();
  for (const [name, { agent, accountId }] of Object.entries(flows)) {
    if (agent.kind !== 'twilio-stream' || agent.authToken === undefined) continue;
    byName.set(name, { accountId, accountSid: agent.accountSid, authToken: agent.authToken });
  }
  return byName;
}
