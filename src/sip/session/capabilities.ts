import type { HeaderField } from '../message/message.ts';
import type { SipTrunk } from '../trunk.ts';

/** What we take part in. REFER and NOTIFY are for those who may and those we asked. */
export const allowHeader: HeaderField = {
  name: 'Allow',
  value: 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY',
};
export const acceptHeader: HeaderField = { name: 'Accept', value: 'application/sdp' };
export const sdpContentType: HeaderField = { name: 'Content-Type', value: 'application/sdp' };

/** The extensions a trunk may use with us. */
export function optionTags({ reliableProvisionals, sessionTimers }: SipTrunk): string[] {
  return [
    ...(reliableProvisionals ? ['100rel'] : []),
    'replaces',
    ...(sessionTimers.mode === 'off' ? [] : ['timer']),
  ];
}

export function supportedHeader(trunk: SipTrunk): HeaderField {
  return { name: 'Supported', value: optionTags(trunk).join(', ') };
}

/** The same for INVITEs within a dialog: nobody rings there. */
export function supportedWithinDialog(trunk: SipTrunk): HeaderField {
  const tags = optionTags(trunk).filter((tag) => tag !== '100rel');
  return { name: 'Supported', value: tags.join(', ') };
}

/** What OPTIONS asks for (RFC 3261 section 11.2). */
export function capabilityHeaders(trunk: SipTrunk): HeaderField[] {
  return [
    allowHeader,
    acceptHeader,
    { name: 'Accept-Encoding', value: 'identity' },
    { name: 'Accept-Language', value: 'en' },
    supportedHeader(trunk),
  ];
}

/** What a method we do not serve is answered: outside a dialog, and within one. */
export function refusalOfMethod(method: string, isWithinDialog: boolean): number {
  if (!knownMethods.has(method)) return 501;
  return isWithinDialog && method === 'PRACK' ? 481 : 405;
}

/** What a request outside a dialog may be of: those that begin something, and those whose dialog is gone. */
export function isServed(method: string): boolean {
  return servedMethods.has(method);
}

const servedMethods: ReadonlySet<string> = new Set([
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'INFO',
  'UPDATE',
]);
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
