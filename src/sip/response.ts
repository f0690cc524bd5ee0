import { headerFields, headerValue } from './message/headers.ts';
import type { HeaderField, SipRequest, SipResponse } from './message/message.ts';
import { parseNameAddress, tagOf } from './message/name-address.ts';

export interface ResponseParts {
  /** Ours, put into To unless the request brought one; 100 Trying has none. */
  readonly toTag?: string | undefined;
  readonly reasonPhrase?: string | undefined;
  readonly headers?: readonly HeaderField[];
  readonly body?: Uint8Array | undefined;
}

/** A response with what it copies of its request. @see RFC 3261 section 8.2.6.2 */
export function responseTo(request: SipRequest, statusCode: number, parts: ResponseParts = {}): SipResponse {
  const { toTag, reasonPhrase, headers = [], body } = parts;
  const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
    name === 'Via' ? headerFields(request, name) : headerFields(request, name).slice(0, 1),
  );
  const establishes = request.method === 'INVITE' && statusCode > 100 && statusCode < 300;
  return {
    kind: 'response',
    statusCode,
    reasonPhrase: reasonPhrase ?? reasonPhraseOf(statusCode),
    headers: [
      ...copied.map((field) => (toTag === undefined ? field : withToTag(field, request, toTag))),
      ...(establishes ? headerFields(request, 'Record-Route') : []),
      ...(statusCode === 100 ? headerFields(request, 'Timestamp') : []),
      ...headers,
    ],
    body: body ?? NO_BODY,
  };
}

export function reasonPhraseOf(statusCode: number): string {
  return reasonPhrases[statusCode] ?? reasonPhrases[Math.floor(statusCode / 100) * 100] ?? 'Unknown';
}

function withToTag(field: HeaderField, request: SipRequest, toTag: string): HeaderField {
  if (field.value !== headerValue(request, 'To') || !/^t(o)?$/i.test(field.name)) return field;
  const address = parseNameAddress(field.value);
  if (address === undefined || tagOf(address) !== undefined) return field;
  return { name: field.name, value: `${field.value};tag=${toTag}` };
}

const NO_BODY: Uint8Array = new Uint8Array(0);

/** RFC 3261 section 21, and the RFCs that added the codes we send. */
const reasonPhrases: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  181: 'Call Is Being Forwarded',
  182: 'Queued',
  183: 'Session Progress',
  200: 'OK',
  202: 'Accepted',
  300: 'Multiple Choices',
  302: 'Moved Temporarily',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  410: 'Gone',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  421: 'Extension Required',
  469: 'Bad Info Package',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  484: 'Address Incomplete',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  491: 'Request Pending',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  505: 'Version Not Supported',
  513: 'Message Too Large',
  600: 'Busy Everywhere',
  603: 'Decline',
  604: 'Does Not Exist Anywhere',
  606: 'Not Acceptable',
};
