import { z } from 'zod';
import type { AgentTlsConfig } from './config.ts';
import { section } from './fields.ts';
import { isPem, PEM } from './secret.ts';

/** How an agent behind `https:` or `wss:` is trusted, and how it can trust us. */
export function agentTlsSchema(secret: z.ZodType<string, unknown>): z.ZodType<AgentTlsConfig, unknown> {
  const pem = secret.refine(isPem, PEM);
  return section(
    z
      .strictObject({
        ca: pem.optional().describe("PEM: whom to trust instead of the system's authorities."),
        certificate: pem.optional().describe('PEM: shown to an app that asks who we are.'),
        key: pem.optional().describe('PEM: belongs to the certificate.'),
        insecure: z.boolean().default(false).describe('Trusts any certificate: for tests alone.'),
      })
      .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
        path: ['certificate'],
        error: 'certificate and key together, or neither',
      }),
  );
}
