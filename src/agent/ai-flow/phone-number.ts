/** How an app gets phone numbers: E.164 digits alone, with a `+`, or as the trunk gave them. */
export type NumberFormat = 'digits' | 'plus' | 'raw';

/** Formats E.164 numbers; extensions such as `200` stay as they are, and a withheld number is empty. */
export function formatPhoneNumber(number: string, format: NumberFormat): string {
  if (format === 'raw') return number;
  if (withheld.has(number.toLowerCase())) return '';
  if (!E164.test(number)) return number;
  const digits = number.replace('+', '');
  return format === 'plus' ? `+${digits}` : digits;
}

/** ITU-T E.164: a country code, which begins with no zero, and up to 15 digits in all; shorter ones are extensions. */
const E164 = /^\+?[1-9]\d{6,14}$/;

/** RFC 3323 section 4.1.1.3, and what trunks write for it. */
const withheld: ReadonlySet<string> = new Set([
  'anonymous',
  'restricted',
  'unavailable',
  'unknown',
  'private',
]);
