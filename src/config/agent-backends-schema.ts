/** Agents that take and give audio in a vendor's own form: where they are, and what they are told. */
import { z } from 'zod';
import type { AsteriskAudioSocketConfig, TwilioStreamConfig } from './config.ts';
import { expected, text, urlOf, whole } from './fields.ts';

/** One of the kinds of a flow's agent. */
type Variant<Config> = z.ZodType<Config, unknown> & z.core.$ZodTypeDiscriminable;

export function twilioStreamSchema(
  secret: z.ZodType<string, unknown>,
  headers: z.ZodType<Readonly<Record<string, string>>, unknown>,
): Variant<TwilioStreamConfig> {
  return z.strictObject({
    kind: z.literal('twilio-stream'),
    url: urlOf(['ws', 'wss']).describe('The bot: a WebSocket that takes bidirectional Twilio media streams.'),
    headers,
    accountSid: text()
      .regex(/^AC[0-9a-f]{32}$/, expected('AC and 32 hexadecimal digits'))
      .optional()
      .describe("Told to the bot. Absent: made of the flow's `accountId`."),
    authToken: secret
      .optional()
      .describe('Signs the upgrade as `X-Twilio-Signature`, and is what hangs up over the HTTP API.'),
    customParameters: z
      .record(text(), z.string())
      .default({})
      .describe('Told to the bot at the start, beside `from` and `to`.'),
    whenClosed: whenClosed(),
  });
}

export function asteriskAudioSocketSchema(): Variant<AsteriskAudioSocketConfig> {
  return z.strictObject({
    kind: z.literal('asterisk-audio-socket'),
    host: text().describe('Of the AudioSocket server: a name or an address.'),
    port: whole(1, 65_535).describe('Of the AudioSocket server.'),
    rateHz: z
      .literal([8000, 16_000, 24_000, 48_000])
      .default(8000)
      .describe('Rate of its samples; servers that were made for Asterisk 22 and before know 8000 alone.'),
    whenClosed: whenClosed(),
  });
}

function whenClosed(): z.ZodDefault<z.ZodEnum<{ 'hang-up': 'hang-up'; fallback: 'fallback' }>> {
  return z
    .enum(['hang-up', 'fallback'])
    .default('hang-up')
    .describe('What happens to the call when the agent closes its connection.');
}
