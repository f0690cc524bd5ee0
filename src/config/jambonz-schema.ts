import { z } from 'zod';
import { agentTlsSchema } from './agent-tls-schema.ts';
import type { JambonzConfig } from './config.ts';
import { section, text, urlOf, whole } from './fields.ts';

/** A flow's agent that is an app written for jambonz. */
export function jambonzSchema(
  secret: z.ZodType<string, unknown>,
  headers: z.ZodType<Readonly<Record<string, string>>, unknown>,
): z.ZodType<JambonzConfig, unknown> & z.core.$ZodTypeDiscriminable {
  return z.strictObject({
    kind: z.literal('jambonz'),
    url: urlOf(['http', 'https', 'ws', 'wss']).describe(
      'The app: a webhook, or a WebSocket. `#rc=<times>&rp=ct,rt,4xx,5xx,all` behind it says when to try again.',
    ),
    method: z.enum(['POST', 'GET']).default('POST').describe('Of the first request to a webhook.'),
    statusUrl: urlOf(['http', 'https'])
      .optional()
      .describe("Where a webhook app is told of the call's status; a WebSocket app is told there."),
    auth: z.strictObject({ username: text(), password: secret }).optional().describe('HTTP Basic.'),
    webhookSecret: secret.optional().describe('Signs webhooks, as `Jambonz-Signature`.'),
    headers,
    accountSid: text().optional().describe("Told to the app. Absent: the flow's `accountId`."),
    applicationSid: text().default('patchbay').describe('Told to the app.'),
    serviceProviderSid: text().optional().describe('Told to the app.'),
    apiBaseUrl: urlOf(['http', 'https']).optional().describe('Told to the app, which may call it.'),
    envVars: z
      .record(text(), z.union([z.boolean(), z.number(), secret]))
      .default({})
      .describe('Told to the app as `env_vars`; secrets may stand there.'),
    vendors: z
      .record(text(), text())
      .default({})
      .describe(
        "The app's names of speech vendors, to the names of `speech.providers` and `speech.voices`; " +
          '`microsoft` is `azure` unless told.',
      ),
    synthesizer: section(
      z.strictObject({
        vendor: text().optional().describe("As the app names it. Absent: the flow's voice."),
        language: text().optional().describe('BCP 47.'),
        voice: text().optional().describe("The vendor's name of the voice."),
      }),
    ).describe('Speaks until the app changes it, and is told as `defaults`.'),
    recognizer: section(
      z.strictObject({
        vendor: text().optional().describe('As the app names it. Absent: as the flow listens.'),
        language: text().optional().describe('BCP 47.'),
      }),
    ).describe('Listens until the app changes it, and is told as `defaults`.'),
    dubTracks: whole(1, 32).default(2).describe('Tracks that `dub` may have at a time, on each leg.'),
    connectTimeoutMs: whole(100, 30_000).default(1500).describe('How long a connection may take.'),
    ackTimeoutMs: whole(100, 60_000)
      .default(5000)
      .describe('How long an app may take to answer over its WebSocket.'),
    hookTimeoutMs: whole(100, 60_000).default(10_000).describe('How long a webhook may take to answer.'),
    tls: agentTlsSchema(secret),
  });
}
