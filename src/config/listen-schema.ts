import { z } from 'zod';
import type { PemConfig, SipConfig } from './config.ts';
import { address, expected, port } from './fields.ts';

/** Where SIP is heard. `pem` reads certificates and keys. */
export function listenSchema(pem: z.ZodType<PemConfig, unknown>): z.ZodType<SipConfig['listen'], unknown> {
  const plain = z.strictObject({
    transport: z.enum(['udp', 'tcp']).describe('The transport.'),
    address: address().default('0.0.0.0').describe('The local address.'),
    port: port().default(5060).describe('The local port.'),
  });
  const tls = z.strictObject({
    transport: z.literal('tls'),
    address: address().default('0.0.0.0').describe('The local address.'),
    port: port().default(5061).describe('The local port.'),
    certificates: z
      .array(
        z.strictObject({
          certificate: pem.describe('PEM: the certificate, and those between it and its authority.'),
          key: pem.describe('PEM: belongs to the certificate.'),
        }),
      )
      .min(1, expected('at least one certificate'))
      .describe('The first is shown to peers that ask for no name, or for a name none of the others has.'),
    clientCertificate: z
      .enum(['none', 'request', 'require'])
      .default('none')
      .describe('Whether peers are asked for a certificate, and whether they may come without.'),
    clientCa: pem
      .optional()
      .describe("PEM: whom their certificates must come from. Absent: the system's authorities."),
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('Older versions are refused.'),
  });
  return z
    .array(z.discriminatedUnion('transport', [plain, tls]).describe('One place, by its transport.'))
    .min(1, expected('at least one transport'))
    .prefault([
      { transport: 'udp', address: '0.0.0.0', port: 5060 },
      { transport: 'tcp', address: '0.0.0.0', port: 5060 },
    ])
    .describe('Where SIP is heard.');
}
