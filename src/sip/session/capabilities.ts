import type { HeaderField } from '../message/message.ts';

/** What we take part in. */
export const allowHeader: HeaderField = {
  name: 'Allow',
  value: 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE',
};
export const acceptHeader: HeaderField = { name: 'Accept', value: 'application/sdp' };
/** No extension: said, so that nobody has to guess. */
export const supportedHeader: HeaderField = { name: 'Supported', value: '' };
export const sdpContentType: HeaderField = { name: 'Content-Type', value: 'application/sdp' };

/** What OPTIONS asks for (RFC 3261 section 11.2). */
export const capabilityHeaders: readonly HeaderField[] = [
  allowHeader,
  acceptHeader,
  { name: 'Accept-Encoding', value: 'identity' },
  { name: 'Accept-Language', value: 'en' },
  supportedHeader,
];

/** What a method we do not serve is answered: outside a dialog, and within one. */
export function refusalOfMethod(method: string, isWithinDialog: boolean): number {
  if (!knownMethods.has(method)) return 501;
  if (!isWithinDialog) return 405;
  switch (method) {
    // No reliable response of ours, no subscription it could belong to (RFC 3262 section 3, RFC 6665 section 4.1.3).
    case 'PRACK':
    case 'NOTIFY':
      return 481;
    case 'REFER':
      return 603;
    default:
      return 405;
  }
}

export function isServed(method: string): boolean {
  return servedMethods.has(method);
}

const servedMethods: ReadonlySet<string> = new Set(allowHeader.value.split(', '));
const knownMethods: ReadonlySet<string> = new Set([
  ...servedMethods,
  'MESSAGE',
  'NOTIFY',
  'PRACK',
  'PUBLISH',
  'REFER',
  'REGISTER',
  'SUBSCRIBE',
]);
