import { parseDestination } from '../call/destination.ts';
import { failure, type Result, success } from '../result.ts';

/** What an app asks for as it calls somebody. */
export interface CallRequest {
  /** A number, without what people write to read it, or a SIP URI. */
  readonly to: string;
  /** Named for accounting; here it is but noted. */
  readonly billingDevice: string | undefined;
  /** Names of fields that mean nothing here. */
  readonly ignored: readonly string[];
}

/** Fails with a sentence that names the field at fault. */
export function parseCallRequest(body: unknown): Result<CallRequest, string> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return failure('expected a JSON object with toPhoneNumber');
  const { toPhoneNumber, billingDevice, ...others } = body as Readonly<Record<string, unknown>>;
  if (toPhoneNumber === undefined) return failure('toPhoneNumber: missing, expected a phone number');
  const destination = typeof toPhoneNumber === 'string' ? parseDestination(toPhoneNumber) : undefined;
  if (destination === undefined)
    return failure(
      `toPhoneNumber: found ${shown(toPhoneNumber)}, expected a phone number like "4915112345678"`,
    );
  return success({
    to: destination.kind === 'number' ? destination.number : String(toPhoneNumber).trim(),
    billingDevice: billingDevice === undefined ? undefined : noted(billingDevice),
    ignored: Object.keys(others).slice(0, MOST_NAMED).map(shortened),
  });
}

function noted(value: unknown): string {
  return typeof value === 'string' ? shortened(value) : shown(value);
}

function shown(value: unknown): string {
  return shortened(JSON.stringify(value) ?? String(value));
}

function shortened(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text;
}

const MOST_NAMED = 10;
const LONGEST_SHOWN = 40;
