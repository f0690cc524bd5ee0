import { z } from 'zod';

/** Where the values of secrets come from. */
export interface SecretSource {
  /** An environment variable; undefined when it is not set. */
  variable(name: string): string | undefined;
  /** A file's text; undefined when it cannot be read. */
  file(path: string): string | undefined;
}

/** A secret as text, or named by `{ env: VARIABLE }` or `{ file: path }` so that the configuration holds none. */
export function secretSchema(source: SecretSource): z.ZodType<string, unknown> {
  const literal = z.string().min(1);
  const fromVariable = z.strictObject({ env: z.string().min(1) });
  const fromFile = z.strictObject({ file: z.string().min(1) });
  return z
    .union([literal, fromVariable, fromFile], { error: 'text, { env: VARIABLE } or { file: path }' })
    .transform((secret, context) => {
      if (typeof secret === 'string') return secret;
      const value = 'env' in secret ? source.variable(secret.env) : source.file(secret.file)?.trim();
      if (value !== undefined && value !== '') return value;
      context.addIssue({
        code: 'custom',
        message:
          'env' in secret
            ? `the environment variable ${secret.env} to be set`
            : `the file ${secret.file} to hold the secret`,
      });
      return z.NEVER;
    });
}
