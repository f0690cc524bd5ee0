import { z } from 'zod';
import { toneCountries } from '../audio/ringing-tone.ts';
import {
  asteriskAudioSocketSchema,
  deepgramAgentSchema,
  elevenLabsAgentSchema,
  twilioStreamSchema,
} from './agent-backends-schema.ts';
import { agentTlsSchema } from './agent-tls-schema.ts';
import { backgroundSchema } from './background-schema.ts';
import type { FlowConfig } from './config.ts';
import { expected, section, sipHeaders, text, urlOf, whole } from './fields.ts';
import { jambonzSchema } from './jambonz-schema.ts';
import { ambienceSchema } from './sounds-schema.ts';
import { assemblyAiSchema, openAiRealtimeSchema } from './voice-agent-schema.ts';

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
    signingSecret: secret.optional().describe('Signs webhooks, as `x-sipgate-signature`.'),
    headers,
    timeoutMs: whole(1000, 30_000).default(5000).describe('How long the app may take to answer.'),
    numberFormat: z
      .enum(['digits', 'plus', 'raw'])
      .default('digits')
      .describe('E.164 numbers in events: `4921155`, `+4921155`, or as the trunk gave them.'),
    events: section(aiFlowEvents),
    tls: agentTlsSchema(secret),
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
    dubTracks: whole(1, 32).default(2).describe('Tracks that its `dub` messages may have at a time.'),
  });
  const flow = z.strictObject({
    id: text().optional().describe('What the HTTP API knows it by, beside its name.'),
    agent: z
      .discriminatedUnion('kind', [
        aiFlow,
        audioSocket,
        twilioStreamSchema(secret, headers),
        asteriskAudioSocketSchema(),
        deepgramAgentSchema(secret),
        elevenLabsAgentSchema(secret),
        jambonzSchema(secret, headers),
        assemblyAiSchema(secret),
        openAiRealtimeSchema(secret, headers),
        z.strictObject({ kind: z.literal('echo') }),
        z.strictObject({ kind: z.literal('demo') }),
      ])
      .describe('Who holds the conversation.'),
    accountId: text().default('default').describe('Told to the agent.'),
    phoneNumber: text().optional().describe("The flow's own number. Absent: the dialled one."),
    voice: section(voice).describe('Where an utterance names no voice.'),
    listening: section(listening).describe('How callers are listened to until an app changes it.'),
    ambience: ambienceSchema().optional().describe('Heard behind everything else from answer to end.'),
    background: backgroundSchema()
      .optional()
      .describe('The same in full, and what is heard while the agent thinks.'),
    fallback: section(
      z.strictObject({
        announcement: z
          .string()
          .default('We are sorry, this service is not available right now. Please call again later.')
          .describe('Spoken before hanging up when the agent fails; empty: nothing is.'),
        transferTo: text().optional().describe('Who is called after it, instead of hanging up.'),
      }),
    ),
    transfer: section(
      z.strictObject({
        tone: z.enum(toneCountries).default('de').describe('Whose ringing tone callers hear meanwhile.'),
        ringing: text()
          .optional()
          .describe('Heard in its place, over and over: name of a sound, path of a sound file, or URL.'),
      }),
    ).describe('Callers who are passed on to somebody else.'),
    answerAfterMs: whole(0, 60_000).default(0).describe('How long the caller hears ringing.'),
  });
  return flow.refine(
    ({ ambience, background }) => ambience === undefined || background?.ambientSound === undefined,
    { path: ['ambience'], error: 'either this or background.ambientSound' },
  );
}

const aiFlowEvents = z.strictObject({
  endedOnBargeIn: z
    .boolean()
    .default(true)
    .describe('Tells `assistant_speech_ended` also of an utterance that was interrupted.'),
  legacyBargeIn: z.boolean().default(false).describe('Tells `user_barge_in` too, for apps of old.'),
  spokenText: z
    .boolean()
    .default(false)
    .describe('Adds `spoken_text` and `played_ms` to `assistant_speech_ended` of an interrupted utterance.'),
  endReason: z.boolean().default(false).describe('Adds `reason` to `session_end`.'),
  endAfterTransfer: z
    .boolean()
    .default(true)
    .describe('Tells `session_end` also of a call that ends after its caller was passed on.'),
  sipHeaders: sipHeaders().describe(
    'Adds `sip_headers` to the session of `session_start`, of trusted trunks alone: P-Asserted-Identity, ' +
      'Privacy, Diversion, User-to-User and `X-` headers, all that are there or those listed.',
  ),
});

const listening = z.strictObject({
  provider: text().optional().describe("The recogniser's name, as apps say it."),
  languages: z
    .array(text())
    .max(4, expected('at most four languages'))
    .default([])
    .describe("BCP 47, like `de-DE`. Empty: the recogniser's default."),
  vocabulary: z
    .array(text())
    .max(100, expected('at most a hundred words'))
    .default([])
    .describe('Names and words to listen for; what an app adds comes on top.'),
  endOfTurnSilenceMs: whole(150, 2000).default(700).describe('Silence after which a caller has finished.'),
});

const voice = z.strictObject({
  provider: text().optional().describe("The provider's name, as apps say it."),
  language: text().optional().describe('BCP 47, like `de-DE`.'),
  voice: text().optional().describe("The provider's name of the voice."),
});
