/** Calls of ours to others: where they may go, over which trunk, and how many there may be. */
import { z } from 'zod';
import { URI_PATTERN } from '../call/destination.ts';
import type { OutboundConfig, TrunkOutboundConfig } from './config.ts';
import { expected, section, text, whole } from './fields.ts';

export function outboundSchema(): z.ZodType<OutboundConfig, unknown> {
  const route = z.strictObject({
    number: pattern().describe('Which destinations it is for, as in `outbound.allow`.'),
    trunk: text().describe('Name of a trunk that has `outbound`.'),
    strip: whole(0, 32).default(0).describe('Digits taken off the front of a number; a `+` goes with them.'),
    prefix: z
      .string()
      .regex(/^\+?[\d*#]*$/, expected('digits, perhaps with + before them'))
      .default('')
      .describe('Put before the rest of the number.'),
  });
  return section(
    z.strictObject({
      allow: z
        .array(pattern())
        .default([])
        .describe(
          'What may be called, by agents, by callers and over the HTTP API: numbers, prefixes (`4921*`), regular ' +
            'expressions (`/^49[1-9]\\d+$/`, tried without `+`), `*` for every number, and SIP URIs (`sip:*@pbx.example.com`).',
        ),
      routes: z.array(route).default([]).describe('Over which trunk, first match wins.'),
      maxConcurrent: whole(1, 100_000)
        .default(50)
        .describe('Calls to others at a time; further ones are refused.'),
      perMinute: whole(1, 100_000).default(120).describe('How many may be begun in a minute.'),
    }),
  );
}

/** How calls of ours go over one trunk. */
export function trunkOutboundSchema(): z.ZodType<TrunkOutboundConfig, unknown> {
  return z.strictObject({
    uri: text()
      .refine((uri) => /^sips?:[^@\s<>"]+$/i.test(uri), expected('a URI like sip:pbx.example.com'))
      .describe(
        'The server calls go to, like `sip:pbx.example.com;transport=tcp`: looked up by NAPTR and SRV.',
      ),
    transfer: z
      .enum(['invite', 'refer'])
      .default('invite')
      .describe(
        'How its callers are passed on: by a second call of ours, which can come back, or by asking the trunk to (REFER).',
      ),
    callerId: z
      .enum(['from', 'pai', 'both'])
      .default('from')
      .describe('Where the caller id goes: From, P-Asserted-Identity with our own name in From, or both.'),
    user: text().optional().describe('Our own name in From. Absent: `register.user`, or `auth.username`.'),
    domain: text().optional().describe('The host of From. Absent: `register.domain`, or the host of `uri`.'),
  });
}

function pattern(): z.ZodType<string, string> {
  return text().refine(isPattern, expected('a number, 4921*, /^49/, * or sip:*@pbx.example.com'));
}

function isPattern(value: string): boolean {
  if (/^[a-z]+:/i.test(value)) return URI_PATTERN.test(value);
  if (!value.startsWith('/')) return value === '*' || /^\+?[\d\s().\-*#]*\d[\d\s().\-*#]*$/.test(value);
  if (value.length < 3 || !value.endsWith('/')) return false;
  try {
    return new RegExp(value.slice(1, -1), 'u') !== undefined;
  } catch {
    return false;
  }
}
