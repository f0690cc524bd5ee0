import { z } from 'zod';
import type { ApiConfig, PemConfig } from './config.ts';
import { address, expected, port, section, text } from './fields.ts';

/** The HTTP API of apps: where it is, and who may do what with which flow. */
export function apiSchema(
  secret: z.ZodType<string, unknown>,
  pem: z.ZodType<PemConfig, unknown>,
): z.ZodType<ApiConfig, unknown> {
  const token = z.strictObject({
    name: text().describe('What the log calls whoever has it.'),
    token: secret
      .refine((value) => value.length >= SHORTEST_TOKEN, expected(`${SHORTEST_TOKEN} characters or more`))
      .describe('Sent as `Authorization: Bearer ...`; 16 characters or more.'),
    flows: z
      .array(text())
      .optional()
      .describe('Names of the flows it is for. Absent: all; of others it learns nothing.'),
  });
  return section(
    z.strictObject({
      enabled: z
        .boolean()
        .optional()
        .describe('Calling out, and actions for calls, over HTTP. Absent: once there is a token.'),
      address: address().default('127.0.0.1').describe('Where it listens.'),
      port: port().default(8081).describe('Its port; 0 takes any.'),
      tls: z
        .strictObject({
          certificate: pem.describe('PEM: the certificate, and those between it and its authority.'),
          key: pem.describe('PEM: belongs to the certificate.'),
        })
        .optional()
        .describe('Serves HTTPS. Absent: HTTP, for one machine or behind a proxy.'),
      tokens: z
        .array(token)
        .default([])
        .refine(
          (tokens) => new Set(tokens.map(({ name }) => name)).size === tokens.length,
          expected('a name of its own for each token'),
        )
        .describe('Who may use it.'),
    }),
  );
}

/** Ours: 64 bits even where it is hexadecimal digits. */
const SHORTEST_TOKEN = 16;
