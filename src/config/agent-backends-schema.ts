/** Agents that take and give audio in a vendor's own form: where they are, and what they are told. */
import { z } from 'zod';
import type { AsteriskAgentOptions } from '../agent/asterisk/asterisk-agent.ts';
import type { DeepgramAgentOptions } from '../agent/deepgram/deepgram-agent.ts';
import type { ElevenLabsAgentOptions } from '../agent/elevenlabs/elevenlabs-agent.ts';
import type { TwilioAgentOptions } from '../agent/twilio/twilio-agent.ts';
import { expected, sipHeaders, text, urlOf, whole } from './fields.ts';
import {
  connectTimeout,
  digitsRule,
  encoding,
  jsonObject,
  toolRules,
  type Variant,
} from './voice-agent-schema.ts';

export type TwilioStreamConfig = TwilioAgentOptions & { readonly kind: 'twilio-stream' };
export type AsteriskAudioSocketConfig = AsteriskAgentOptions & { readonly kind: 'asterisk-audio-socket' };
export type DeepgramAgentConfig = DeepgramAgentOptions & { readonly kind: 'deepgram-agent' };
export type ElevenLabsAgentConfig = ElevenLabsAgentOptions & { readonly kind: 'elevenlabs-agent' };

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
      .describe('Signs the upgrade as `X-Twilio-Signature`, and lets the bot end calls over the HTTP API.'),
    customParameters: z
      .record(text(), z.string())
      .default({})
      .describe('Told to the bot at the start, beside `from` and `to`.'),
    sipHeaders: sipHeaders().describe(
      'The same of headers of trusted trunks: all that are there, or those listed.',
    ),
    whenClosed: whenClosed(),
    connectTimeoutMs: connectTimeout(),
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
      .describe('Rate of its samples; servers that were made for older Asterisks know 8000 alone.'),
    whenClosed: whenClosed(),
    connectTimeoutMs: connectTimeout(),
  });
}

export function deepgramAgentSchema(secret: z.ZodType<string, unknown>): Variant<DeepgramAgentConfig> {
  return z.strictObject({
    kind: z.literal('deepgram-agent'),
    apiKey: secret.describe('Of Deepgram.'),
    url: urlOf(['ws', 'wss'])
      .default('wss://agent.deepgram.com/v1/agent/converse')
      .describe('Where its voice agents are.'),
    settings: z
      .looseObject({
        agent: z.union([text(), jsonObject()], expected("Deepgram's `agent`, or the id of one")),
      })
      .describe("Deepgram's `Settings` message: `agent`, `tags` and so on. `type` and `audio` are added."),
    audio: encoding().describe('Form of the audio both ways; `pcm` is at 16 kHz.'),
    connectTimeoutMs: connectTimeout(),
    digits: digitsRule(),
    tools: toolRules(),
  });
}

export function elevenLabsAgentSchema(secret: z.ZodType<string, unknown>): Variant<ElevenLabsAgentConfig> {
  return z.strictObject({
    kind: z.literal('elevenlabs-agent'),
    agentId: text().describe("The agent's id, as its dashboard has it."),
    apiKey: secret.optional().describe('For agents that ask for authorization. Absent: the agent is public.'),
    apiUrl: urlOf(['http', 'https']).default('https://api.elevenlabs.io').describe('Where the API is.'),
    overrides: jsonObject()
      .default({})
      .describe(
        '`conversation_config_override`: what the dashboard allows to be changed for a conversation.',
      ),
    dynamicVariables: z
      .record(text(), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .describe("For the agent's prompts, beside `from`, `to` and `session_id`."),
    connectTimeoutMs: connectTimeout(),
    digits: digitsRule(),
    tools: toolRules(),
  });
}

function whenClosed(): z.ZodDefault<z.ZodEnum<{ 'hang-up': 'hang-up'; fallback: 'fallback' }>> {
  return z
    .enum(['hang-up', 'fallback'])
    .default('hang-up')
    .describe('What happens to the call when the agent closes its connection.');
}
