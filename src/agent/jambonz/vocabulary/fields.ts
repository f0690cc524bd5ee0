/** What fields of jambonz verbs hold, as zod reads them. Each names what it expects, as mistakes are told. */
import { z } from 'zod';
import { parseGain } from '../../dub/parse-gain.ts';
import type { Hook } from './verbs.ts';

export const expected = (phrase: string): { error: string } => ({ error: `expected ${phrase}` });

export const text = (): z.ZodString => z.string(expected('a text'));
export const flag = (): z.ZodType<boolean, unknown> =>
  z.union(
    [z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')],
    expected('true or false'),
  );

/** Numbers come as texts as well. */
export function number(least: number, most: number): z.ZodType<number, unknown> {
  const phrase = expected(`a number from ${least} to ${most}`);
  const digits = z
    .string()
    .trim()
    .regex(/^[+-]?\d+(\.\d+)?$/)
    .transform(Number);
  return z.union([z.number(), digits], phrase).refine((value) => value >= least && value <= most, phrase);
}

/** Seconds in jambonz, milliseconds with us. */
export function seconds(most: number): z.ZodType<number, unknown> {
  return number(0, most).transform((value) => Math.round(value * 1000));
}

/** A value, or a list of them. */
export function listOf<Value>(one: z.ZodType<Value, unknown>, phrase: string): z.ZodType<Value[], unknown> {
  return z.union([one.transform((value) => [value]), z.array(one).max(MOST_ENTRIES)], expected(phrase));
}

/** How often: 0 and "forever" mean until something else comes. */
export const loop = (): z.ZodType<number, unknown> =>
  z
    .union([number(0, 1_000_000), z.literal('forever')], expected('a number or "forever"'))
    .transform((times) => (times === 0 || times === 'forever' ? Number.POSITIVE_INFINITY : Math.ceil(times)))
    .default(1);

export const headers = (): z.ZodType<Record<string, string>, unknown> =>
  z
    .record(
      z.string().regex(TOKEN),
      z.union([z.string(), z.number()]).transform(String),
      expected('header fields'),
    )
    .refine(
      (fields) => Object.values(fields).every((value) => !/[\r\n\0]/.test(value)),
      expected('one line each'),
    )
    .default({});

export const auth: z.ZodType<{ username: string; password: string }, unknown> = z.object(
  { username: text(), password: text() },
  expected('username and password'),
);

export const hook: z.ZodType<Hook, unknown> = z.union(
  [
    z
      .string()
      .min(1)
      .transform((url): Hook => ({ url, method: 'POST' })),
    z
      .object({
        url: z.string().min(1),
        method: z
          .string()
          .transform((method) => method.toUpperCase())
          .pipe(z.enum(['GET', 'POST']))
          .default('POST'),
        username: z.string().optional(),
        password: z.string().optional(),
        basicAuth: auth.optional(),
      })
      .transform(
        ({
          url,
          method,
          basicAuth,
          username = basicAuth?.username,
          password = basicAuth?.password,
        }): Hook => ({
          url,
          method,
          username,
          password,
        }),
      ),
  ],
  expected('a URL, or an object with url and method'),
);

/** RFC 3261 section 25.1. */
const TOKEN = /^[\w\-.!%*+`'~]+$/;
const MOST_ENTRIES = 100;

/** `boostAudioSignal`: decibels, as a number or in words; linear. */
export const boost: z.ZodType<number, unknown> = z
  .union([z.number(), z.string()], { error: 'expected decibels' })
  .transform((value) => parseGain(value));
