import { z } from 'zod';
import type { PemConfig } from './config.ts';
import { expected } from './fields.ts';

/** Where the values of secrets come from. */
export interface SecretSource {
  /** An environment variable; undefined when it is not set. */
  variable(name: string): string | undefined;
  /** A file's text; undefined when it cannot be read. */
  file(path: string): string | undefined;
}

/** A secret as text, or named by `{ env: VARIABLE }` or `{ file: path }` so that the configuration holds none. */
export function secretSchema(source: SecretSource): z.ZodType<string, unknown> {
  return named(source, 'secret').transform(({ value }) => value);
}

/** A certificate or key in PEM, named the same ways; its file is read again each time. */
export function pemSchema(source: SecretSource): z.ZodType<PemConfig, unknown> {
  return named(source, 'certificate or key')
    .refine(({ value }) => isPem(value), PEM)
    .transform(({ read }) => read);
}

/** Not a path, say, for want of `{ file: }`. */
export function isPem(value: string): boolean {
  return value.includes('-----BEGIN ');
}

export const PEM: { error: string } = expected('PEM, as text or by { env: VARIABLE } or { file: path }');

function named(
  source: SecretSource,
  what: string,
): z.ZodType<{ readonly value: string; readonly read: () => string | undefined }, unknown> {
  const literal = z.string().min(1, expected('text that is not empty'));
  const fromVariable = z.strictObject({ env: z.string().min(1) });
  const fromFile = z.strictObject({ file: z.string().min(1) });
  return z
    .union([literal, fromVariable, fromFile], { error: 'text, { env: VARIABLE } or { file: path }' })
    .transform((secret, context) => {
      if (typeof secret === 'string') return { value: secret, read: () => secret };
      const read = (): string | undefined =>
        ('env' in secret ? source.variable(secret.env) : source.file(secret.file)?.trim()) || undefined;
      const value = read();
      if (value !== undefined) return { value, read };
      context.addIssue({
        code: 'custom',
        message:
          'env' in secret
            ? `the environment variable ${secret.env} to be set`
            : `the file ${secret.file} to hold the ${what}`,
      });
      return z.NEVER;
    });
}
