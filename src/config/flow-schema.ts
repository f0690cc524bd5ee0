import { z } from 'zod';
import type { FlowConfig } from './config.ts';
import { gain, section, text, urlOf, whole } from './fields.ts';

/** A flow: who talks to the caller, and how it sounds. `secret` reads tokens and headers. */
export function flowSchema(secret: z.ZodType<string, unknown>): z.ZodType<FlowConfig, unknown> {
  const headers = z
    .record(text(), secret)
    .default({})
    .describe('Further HTTP headers; secrets may stand there.');
  const aiFlow = z.strictObject({
    kind: z.literal('ai-flow'),
    url: urlOf(['http', 'https', 'ws', 'wss']).describe('The app: a webhook, or a WebSocket.'),
    token: secret.optional().describe('Sent as `X-API-TOKEN`.'),
    headers,
    timeoutMs: whole(1000, 30_000).default(5000).describe('How long the app may take to answer.'),
    numberFormat: z
      .enum(['digits', 'plus', 'raw'])
      .default('digits')
      .describe('E.164 numbers in events: `4921155`, `+4921155`, or as the trunk gave them.'),
  });
  const audioSocket = z.strictObject({
    kind: z.literal('audio-socket'),
    url: urlOf(['ws', 'wss']).describe('The WebSocket that takes and gives audio.'),
    headers,
    rateHz: z.literal([8000, 16_000, 24_000]).default(16_000).describe('Rate of its samples.'),
    frameMs: z
      .literal([20, 40, 60])
      .default(20)
      .describe("Milliseconds of the caller's audio in each message."),
  });
  return z.strictObject({
    agent: z
      .discriminatedUnion('kind', [
        aiFlow,
        audioSocket,
        z.strictObject({ kind: z.literal('echo') }),
        z.strictObject({ kind: z.literal('demo') }),
      ])
      .describe('Who holds the conversation.'),
    accountId: text().default('default').describe('Told to the agent.'),
    phoneNumber: text().optional().describe("The flow's own number. Absent: the dialled one."),
    voice: section(voice).describe('Where an utterance names no voice.'),
    ambience: z
      .strictObject({
        sound: text().describe('Name of a sound, or path of a sound file.'),
        gain: gain().default(0.3).describe('Linear, 0 to 1.'),
      })
      .optional()
      .describe('Heard behind everything else from answer to end.'),
    fallback: section(
      z.strictObject({
        announcement: z
          .string()
          .default('We are sorry, this service is not available right now. Please call again later.')
          .describe('Spoken before hanging up when the agent fails; empty: nothing is.'),
      }),
    ),
    answerAfterMs: whole(0, 60_000).default(0).describe('How long the caller hears ringing.'),
  });
}

const voice = z.strictObject({
  provider: text().optional().describe("The provider's name, as apps say it."),
  language: text().optional().describe('BCP 47, like `de-DE`.'),
  voice: text().optional().describe("The provider's name of the voice."),
});
