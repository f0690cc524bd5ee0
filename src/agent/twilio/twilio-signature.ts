import { createHmac } from 'node:crypto';

/**
 * What Twilio sends as `X-Twilio-Signature` when it opens a media stream: the URL as it is called, signed with the
 * account's token. @see https://www.twilio.com/docs/usage/security#validating-requests
 */
export function twilioSignature(authToken: string, url: string): string {
  return createHmac('sha1', authToken).update(url).digest('base64');
}
