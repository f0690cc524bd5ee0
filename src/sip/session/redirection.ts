import type { SipResponse } from '../message/message.ts';
import { parameterValue } from '../message/parameters.ts';
import { serializeUri } from '../message/uri.ts';
import { contactsOf } from '../message/views.ts';

/**
 * Where a 3xx sends us: the URIs of its Contacts, the one with the highest `q` first; undefined for other responses.
 * Following one is up to who made the call: any peer could send us anywhere.
 *
 * @see RFC 3261 sections 8.1.3.4 and 20.10
 */
export function redirectionOf(response: SipResponse | undefined): readonly string[] | undefined {
  if (response === undefined || response.statusCode < 300 || response.statusCode > 399) return undefined;
  const contacts = contactsOf(response);
  if (contacts === undefined || contacts === '*') return [];
  const weigh = (value: string | undefined): number =>
    /^[01](\.\d{0,3})?$/.test(value ?? '') ? Number(value) : 1;
  return contacts
    .map(({ uri, parameters }) => ({
      uri: serializeUri(uri),
      weight: weigh(parameterValue(parameters, 'q')),
    }))
    .sort((a, b) => b.weight - a.weight)
    .map(({ uri }) => uri);
}
