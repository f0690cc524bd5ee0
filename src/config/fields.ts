/** What single keys of the configuration hold. Each names what it expects, as mistakes are told. */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

export const expected = (phrase: string): { error: string } => ({ error: phrase });
export const text = (): z.ZodString => z.string().min(1, expected('text that is not empty'));
export const whole = (least: number, most: number): z.ZodNumber => {
  const phrase = expected(`a whole number from ${least} to ${most}`);
  return z.number(phrase).int(phrase).min(least, phrase).max(most, phrase);
};
export const port = (): z.ZodNumber => whole(0, 65_535);
export const gain = (): z.ZodNumber => {
  const phrase = expected('a number from 0 to 1');
  return z.number(phrase).min(0, phrase).max(1, phrase);
};
export const address = (): z.ZodType<string, string> =>
  text().refine(isAddress, expected('an IPv4 or IPv6 address'));
/** Of trunks, and of where sounds may come from. */
export const addressRange = (): z.ZodType<string, string> =>
  text().refine(isAddressRange, expected('an address or a range like 192.0.2.0/24'));
export const urlOf = (schemes: readonly string[]): z.ZodType<string, string> =>
  text().refine(
    (value) => schemes.includes(URL.parse(value)?.protocol.slice(0, -1) ?? ''),
    expected(`a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(', ')}`),
  );

/** What an agent is told of the INVITE: of headers that a trusted trunk is believed, as everybody writes the others. */
export const sipHeaders = (): z.ZodType<boolean | readonly string[], unknown> =>
  z
    .union(
      [
        z.boolean(),
        z.array(
          text().regex(
            /^(P-Asserted-Identity|Privacy|Diversion|User-to-User|X-[\w.-]+)$/i,
            expected('P-Asserted-Identity, Privacy, Diversion, User-to-User or a name that begins with X-'),
          ),
        ),
      ],
      expected('true, false or a list of header names'),
    )
    .default(false);

/** A part of the configuration that may be left out whole. */
export function section<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
): z.ZodPrefault<z.ZodObject<Shape, z.core.$strict>> {
  return schema.prefault({} as never);
}

/** `192.168.1` stands for 192.168.0.1 to `inet_aton`, and for a slip of the pen to everybody else. */
function isAddress(value: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(value) || ipaddr.IPv6.isValid(value);
}

function isAddressRange(value: string): boolean {
  const [base = '', ...width] = value.split('/');
  return isAddress(base) && (width.length === 0 || ipaddr.isValidCIDR(value));
}
