import { z } from 'zod';
import type { PemConfig, TrunkConfig } from './config.ts';
import { addressRange, expected, section, text, whole } from './fields.ts';
import { trunkOutboundSchema } from './outbound-schema.ts';

/**
 * A trunk: who may call over it, how each side proves who it is, and what is agreed. `secret` reads passwords, `pem`
 * certificates and keys.
 */
function trunkSchema(
  secret: z.ZodType<string, unknown>,
  pem: z.ZodType<PemConfig, unknown>,
): z.ZodType<TrunkConfig, unknown> {
  const account = z.strictObject({
    username: text().describe('As it is proven.'),
    password: secret.describe('Its password.'),
  });
  return z
    .strictObject({
      name: text().describe('For logs and metrics.'),
      addresses: z
        .array(addressRange())
        .default([])
        .describe(
          'Where the trunk sends from: addresses and CIDR ranges. Those of its registrars belong to it too.',
        ),
      symmetricRtp: z
        .boolean()
        .default(false)
        .describe('Its phones sit behind NAT: hear and answer the first source of audio, not what SDP says.'),
      inboundAuth: z
        .enum(['address', 'digest', 'both', 'certificate'])
        .default('address')
        .describe(
          'What a call must have: one of the addresses, a proven password from wherever, both, or TLS with a ' +
            'certificate of `tls.names` from wherever.',
        ),
      accounts: z.array(account).prefault([]).describe('Who may call with `digest` or `both`.'),
      auth: z
        .strictObject({
          username: text().describe('Our name at the trunk.'),
          password: secret.describe('Our password there.'),
          realm: text()
            .optional()
            .describe('Proven to this realm alone. Absent: to any that the trunk names.'),
        })
        .optional()
        .describe('How we prove who we are, to the own addresses of the trunk and in calls of ours alone.'),
      register: z
        .strictObject({
          registrars: z
            .array(text().refine(isSipUri, expected('a URI like sip:pbx.example.com')))
            .min(1, expected('at least one registrar'))
            .describe('SIP URIs, the preferred one first; names are looked up by NAPTR and SRV.'),
          user: text().optional().describe('Whose calls we take. Absent: `auth.username`.'),
          domain: text().optional().describe("Absent: the first registrar's host."),
          expiresS: whole(60, 86_400).default(600).describe('How long a registration is asked for.'),
          keepAliveS: whole(0, 3600)
            .default(25)
            .describe('How often a NAT on the way is kept open over UDP. 0: not at all.'),
        })
        .optional()
        .describe('Registers with the trunk.'),
      tls: z
        .strictObject({
          names: z
            .array(text())
            .default([])
            .describe(
              "Names of the trunk's certificates, as they stand there: of its calls with `certificate`, and of its " +
                'servers beside the one in the URI.',
            ),
          ca: pem.optional().describe("PEM: whom to trust instead of the system's authorities."),
          certificate: pem.optional().describe('PEM: shown to a server of the trunk that asks who we are.'),
          key: pem.optional().describe('PEM: belongs to the certificate.'),
          insecure: z.boolean().default(false).describe('Trusts any server: for tests alone.'),
        })
        .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
          path: ['certificate'],
          error: 'certificate and key together, or neither',
        })
        .optional()
        .describe('How connections over TLS are opened to the trunk, and known as its own.'),
      trusted: z
        .boolean()
        .default(false)
        .describe(
          'What it says of callers is believed: P-Asserted-Identity, Diversion, User-to-User, `X-` headers.',
        ),
      mayRefer: z
        .boolean()
        .default(false)
        .describe(
          'Its side may have somebody else take its place in a call (REFER), where `outbound.allow` lets calls go.',
        ),
      outbound: trunkOutboundSchema().optional().describe('Calls of ours can go over it. Absent: none do.'),
      srtp: z
        .enum(['never', 'offer', 'require'])
        .default('never')
        .describe(
          'Encrypted media (SRTP with keys in SDP): not at all, where the trunk does it too, or not without.',
        ),
      reliableProvisionals: z.boolean().default(true).describe('100rel (RFC 3262).'),
      sessionTimers: section(
        z.strictObject({
          mode: z
            .enum(['off', 'accept', 'request'])
            .default('accept')
            .describe('Session timers (RFC 4028): none, where the trunk asks for one, or in every call.'),
          intervalS: whole(90, 86_400).default(1800).describe('What is asked for.'),
          minS: whole(90, 86_400).default(90).describe('The least that is accepted.'),
        }),
      ),
    })
    .check(({ value, issues }) => {
      const { addresses, inboundAuth, register, outbound, accounts, tls } = value;
      const needsAddress = inboundAuth === 'address' || inboundAuth === 'both';
      const needsAccount = inboundAuth === 'digest' || inboundAuth === 'both';
      const mistake = (path: string, message: string): void => {
        issues.push({ code: 'custom', input: value, path: [path], message });
      };
      if (addresses.length === 0 && needsAddress && register === undefined && outbound === undefined)
        mistake('addresses', 'at least one address');
      if (accounts.length === 0 && needsAccount) mistake('accounts', 'at least one account');
      if (inboundAuth === 'certificate' && (tls?.names ?? []).length === 0)
        mistake('tls', 'at least one of `names`, as calls must have a certificate');
    });
}

/** Names that several trunks have, and user names that could be of either of two: what no single trunk can tell. */
export function trunksSchema(
  secret: z.ZodType<string, unknown>,
  pem: z.ZodType<PemConfig, unknown>,
): z.ZodType<TrunkConfig[], unknown> {
  return z
    .array(trunkSchema(secret, pem))
    .check(({ value, issues }) => {
      const names = new Set<string>();
      const strangers = new Set<string>();
      for (const [index, { name, inboundAuth, accounts }] of value.entries()) {
        if (names.has(name))
          issues.push({ code: 'custom', input: value, path: [index, 'name'], message: 'a name of its own' });
        names.add(name);
        for (const [at, { username }] of accounts.entries()) {
          if (inboundAuth !== 'digest') continue;
          const path = [index, 'accounts', at, 'username'];
          if (strangers.has(username))
            issues.push({
              code: 'custom',
              input: value,
              path,
              message: 'a name no other trunk with digest has',
            });
          strangers.add(username);
        }
      }
    })
    .prefault([]);
}

function isSipUri(value: string): boolean {
  return /^sips?:[^@\s<>"]+$/i.test(value);
}
