/** What may stand in a configuration: the one description behind checks, defaults, `schema.json` and the docs. */
import { z } from 'zod';
import { apiSchema } from './api-schema.ts';
import { asteriskAudioSocketSection } from './asterisk-schema.ts';
import type { Config } from './config.ts';
import { address, expected, port, section, text, whole } from './fields.ts';
import { flowSchema } from './flow-schema.ts';
import { recognition, turns } from './hearing-schema.ts';
import { listenSchema } from './listen-schema.ts';
import { outboundSchema } from './outbound-schema.ts';
import { providersSchema } from './provider-schema.ts';
import { pemSchema, type SecretSource, secretSchema } from './secret.ts';
import { type ParsedSounds, soundsSchema } from './sounds-schema.ts';
import { trunksSchema } from './trunk-schema.ts';

/** As `Config`, but where one key's default depends on others it is still open; `load.ts` fills it. */
export type ParsedConfig = Omit<Config, 'routes' | 'sounds'> & {
  readonly routes?: Config['routes'] | undefined;
  readonly sounds: ParsedSounds;
};

/** `secrets` gives the values of `{ env }` and `{ file }`. */
export function configSchema(secrets: SecretSource): z.ZodType<ParsedConfig> {
  const secret = secretSchema(secrets);
  const pem = pemSchema(secrets);
  return z
    .strictObject({
      sip: section(z.strictObject({ listen: listenSchema(pem), ...sip.shape })),
      trunks: trunksSchema(secret, pem).describe('Who may call. Empty: everyone is heard.'),
      asteriskAudioSocket: asteriskAudioSocketSection().describe('Asterisks that call us without SIP.'),
      media: section(media),
      flows: z
        .record(z.string(), flowSchema(secret))
        .prefault({ demo: { agent: { kind: 'demo' } } })
        .describe('What calls are connected to, by name: letters, digits, `.`, `_`, `-`.'),
      routes: z
        .array(route)
        .optional()
        .describe(
          'From dialled number to flow, first match wins; a flow is also reached by its own name. ' +
            'Absent: every number reaches the flow, when there is but one.',
        ),
      outbound: outboundSchema().describe(
        'Calls to others: by agents (transfers), callers and the HTTP API.',
      ),
      speech: section(speech.extend({ providers: providersSchema(secret) })),
      sounds: soundsSchema(),
      admin: section(
        z.strictObject({
          enabled: z.boolean().default(true).describe('Health, readiness and metrics over HTTP.'),
          address: address().default('127.0.0.1').describe('Where the HTTP server listens.'),
          port: port().default(8080).describe('Port of the HTTP server; 0 takes any.'),
        }),
      ),
      api: apiSchema(secret, pem),
      log: section(
        z.strictObject({
          level: z
            .enum(['debug', 'info', 'warn', 'error'])
            .default('info')
            .describe('Least severe line written.'),
          redactNumbers: z.boolean().default(false).describe('Writes `[redacted]` for telephone numbers.'),
          redactTranscripts: z
            .boolean()
            .default(true)
            .describe('Writes `[redacted]` for what is said in calls.'),
        }),
      ),
      limits: section(
        z.strictObject({
          maxCalls: whole(1, 100_000).default(1000).describe('Calls at a time; further ones get 503.'),
          maxSetupsPerSecond: whole(1, 100_000)
            .nullable()
            .default(null)
            .describe('New calls a second; further ones get 503. null: as many as can be followed.'),
          maxCallDurationS: whole(1, 7 * 86_400)
            .default(14_400)
            .describe('Calls are ended after so long.'),
          drainS: whole(0, 86_400).default(30).describe('How long calls may go on after SIGTERM.'),
        }),
      ),
    })
    .describe('Patchbay configuration');
}

const sip = z.strictObject({
  publicAddress: address().optional().describe('What peers are told to send to. Absent: the local address.'),
  userAgent: text().nullable().default(null).describe('User-Agent and Server header; null sends none.'),
  unknownSource: section(
    z.strictObject({
      answer: whole(400, 699)
        .nullable()
        .default(null)
        .describe('Status for requests from outside the trunks; null stays silent.'),
    }),
  ),
  rateLimit: section(
    z.strictObject({
      perSecond: whole(1, 100_000)
        .default(1000)
        .describe('New calls and other requests a second from one address.'),
      burst: whole(1, 100_000).default(1000).describe('How many of them may come at once.'),
    }),
  ),
  digest: section(
    z.strictObject({
      realm: text().default('sip').describe('What callers prove their passwords for.'),
      algorithms: z
        .array(z.enum(['SHA-512-256', 'SHA-256', 'MD5']))
        .min(1, expected('at least one algorithm'))
        .default(['SHA-512-256', 'SHA-256', 'MD5'])
        .describe('What a proof may be made with; the strongest is offered first.'),
    }),
  ),
});

const media = z
  .strictObject({
    address: address().default('0.0.0.0').describe('Where RTP is bound.'),
    publicAddress: address().optional().describe('What SDP says. Absent: the address of the interface.'),
    addressIpv6: address()
      .optional()
      .describe('Where RTP is bound for calls over IPv6. Absent: none are taken.'),
    publicAddressIpv6: address().optional().describe('What SDP says in calls over IPv6.'),
    portMin: whole(1024, 65_535).default(10_000).describe('First RTP port; a call takes two.'),
    portMax: whole(1024, 65_535).default(19_999).describe('Last RTP port.'),
    workers: z
      .union([z.literal('auto'), whole(1, 256)], expected('"auto" or a whole number from 1 to 256'))
      .default('auto')
      .describe('Threads that carry audio; `auto` leaves one core to the rest.'),
    codecs: z
      .array(z.enum(['G722', 'PCMA', 'PCMU']))
      .min(1, expected('at least one codec'))
      .default(['PCMA', 'PCMU'])
      .describe("What is spoken. The caller's order decides; ours where we offer. G722 is wideband, 16 kHz."),
    silenceTimeoutMs: whole(0, 3_600_000)
      .default(30_000)
      .describe('A call without RTP for so long is ended; 0: never.'),
  })
  .refine(({ portMin, portMax }) => portMin < portMax, {
    path: ['portMax'],
    error: 'a port above portMin',
  });

const route = z.strictObject({
  number: text()
    .refine(isNumberPattern, expected('a number, a prefix like 4921*, or a regular expression like /^49/'))
    .describe('A number, a prefix (`4921*`), a regular expression (`/^49/`), or `*`.'),
  flow: text().describe('Name of a flow.'),
});

const speech = z.strictObject({
  defaultLanguage: text().default('en').describe('BCP 47; spoken where nothing names a language.'),
  voices: z
    .record(
      z.string(),
      z.strictObject({
        engine: z.enum(['flite', 'espeak', 'azure', 'deepgram', 'elevenLabs', 'openai']),
        voice: text(),
      }),
    )
    .default({})
    .describe(
      'Voices that stand in for `provider/voice`, `provider/language` or `provider` as apps name them.',
    ),
  cacheOctets: whole(0, 2 ** 34)
    .default(64 * 1024 * 1024)
    .describe('Memory for sentences spoken before.'),
  threads: whole(1, 64).default(1).describe('Threads that speak; one does some 25 sentences a second.'),
  espeakCommand: text().default('espeak-ng').describe('The espeak-ng program.'),
  turns: turns.describe("How callers' turns are found."),
  recognition: recognition.describe('What callers say, as text.'),
});

function isNumberPattern(value: string): boolean {
  if (!value.startsWith('/')) return true;
  if (value.length < 3 || !value.endsWith('/')) return false;
  try {
    return new RegExp(value.slice(1, -1), 'u') !== undefined;
  } catch {
    return false;
  }
}
