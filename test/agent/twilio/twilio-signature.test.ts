import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { twilioSignature } from '../../../src/agent/twilio/twilio-signature.ts';

/** What an app computes, by Twilio's description: the URL, then each parameter's name and value in the order of names. */
function appsSignature(token: string, url: string, parameters: Record<string, string>): string {
  const signed = Object.keys(parameters)
    .sort()
    .reduce((text, name) => `${text}${name}${parameters[name]}`, url);
  return createHmac('sha1', token).update(Buffer.from(signed, 'utf8')).digest().toString('base64');
}

describe("Twilio's signature", () => {
  it('is what an app computes that was checked against the example of the documentation', () => {
    const example = {
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675310',
      Digits: '1234',
      From: '+14158675310',
      To: '+18005551212',
    };
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
    expect(appsSignature('12345', url, example)).toBe('GvWf1cFY/Q7PnoempGyD5oXAezc=');

    const stream = 'wss://bot.example/media?room=7';
    expect(twilioSignature('12345', stream)).toBe(appsSignature('12345', stream, {}));
    expect(twilioSignature('12345', stream)).not.toBe(twilioSignature('12346', stream));
  });
});
