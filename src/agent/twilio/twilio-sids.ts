/** Names in Twilio's form: two letters and 32 hexadecimal digits, which some bots check. A session has one call and one stream. */
import { createHash } from 'node:crypto';

export interface TwilioSids {
  readonly accountSid: string;
  readonly callSid: string;
  readonly streamSid: string;
}

/** Of a session by its UUID; the account's own SID is made of its name where none is configured. */
export function twilioSids(sessionId: string, accountId: string, accountSid: string | undefined): TwilioSids {
  const hex = sessionId.replaceAll('-', '').toLowerCase();
  return { accountSid: accountSid ?? accountSidOf(accountId), callSid: `CA${hex}`, streamSid: `MZ${hex}` };
}

/** The session that a call SID stands for; undefined for what is none of ours. */
export function sessionIdOf(callSid: string): string | undefined {
  if (!CALL_SID.test(callSid)) return undefined;
  return callSid.slice(2).replace(UUID_DIGITS, '$1-$2-$3-$4-$5');
}

/** Of an account for which none is configured. */
export function accountSidOf(accountId: string): string {
  return `AC${createHash('sha256').update(accountId).digest('hex').slice(0, 32)}`;
}

const CALL_SID = /^CA[0-9a-f]{32}$/;
/** RFC 9562 section 4. */
const UUID_DIGITS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;
