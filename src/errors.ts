/** Every operational error of the product: one table, held against `docs/errors.md` by a test. */
export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = {
  'config-unreadable': { message: 'The configuration file cannot be read', sipStatus: 500, httpStatus: 500 },
  'config-invalid': { message: 'The configuration has mistakes', sipStatus: 500, httpStatus: 500 },
  'port-in-use': { message: 'A port that must be listened on is in use', sipStatus: 500, httpStatus: 500 },
  'media-ports-exhausted': {
    message: 'Every RTP port of the configured range is taken',
    sipStatus: 503,
    httpStatus: 503,
  },
  draining: {
    message: 'The service is shutting down and takes no new calls',
    sipStatus: 503,
    httpStatus: 503,
  },
  'no-common-codec': { message: 'The offer has no codec we speak', sipStatus: 488, httpStatus: 488 },
  'no-flow': { message: 'No flow is configured for this number or name', sipStatus: 404, httpStatus: 404 },
  'no-phone-number': {
    message: 'The flow has no phone number to call from',
    sipStatus: 500,
    httpStatus: 400,
  },
  'destination-not-allowed': {
    message: 'The configuration does not allow calls to this destination',
    sipStatus: 403,
    httpStatus: 403,
  },
  'no-outbound-route': {
    message: 'No outbound route leads to the destination',
    sipStatus: 404,
    httpStatus: 422,
  },
  'too-many-outbound-calls': {
    message: 'A limit of calls to others is reached',
    sipStatus: 503,
    httpStatus: 429,
  },
  'too-many-hops': { message: 'The call has been forwarded too often', sipStatus: 483, httpStatus: 422 },
  'loop-to-ourselves': { message: 'The call would come back to us', sipStatus: 482, httpStatus: 422 },
  'destination-unreachable': {
    message: 'No server for the destination can be found',
    sipStatus: 503,
    httpStatus: 502,
  },
  'token-invalid': { message: 'The request has no token that is known', sipStatus: 403, httpStatus: 401 },
  'too-many-attempts': {
    message: 'Too many requests from this address had a wrong token',
    sipStatus: 403,
    httpStatus: 429,
  },
  'request-invalid': { message: 'The request cannot be carried out', sipStatus: 400, httpStatus: 400 },
  'request-too-large': { message: 'The body of the request is too large', sipStatus: 413, httpStatus: 413 },
  'no-session': { message: 'There is no such call, or it is over', sipStatus: 481, httpStatus: 404 },
  'no-outside-actions': {
    message: 'The agent of this call takes no actions over the HTTP API',
    sipStatus: 405,
    httpStatus: 409,
  },
  'agent-unreachable': { message: 'The agent cannot be reached', sipStatus: 503, httpStatus: 502 },
  'speech-failed': { message: 'Speech could not be synthesised', sipStatus: 500, httpStatus: 502 },
  'speech-language-missing': {
    message: 'No installed voice speaks this language',
    sipStatus: 500,
    httpStatus: 501,
  },
  'clip-undecodable': { message: 'The sound cannot be decoded', sipStatus: 500, httpStatus: 422 },
  'script-unusable': { message: 'The script cannot be followed', sipStatus: 500, httpStatus: 422 },
  'capture-unreadable': { message: 'The capture cannot be read', sipStatus: 500, httpStatus: 422 },
};

export type ErrorCode =
  | 'config-unreadable'
  | 'config-invalid'
  | 'port-in-use'
  | 'media-ports-exhausted'
  | 'draining'
  | 'no-common-codec'
  | 'no-flow'
  | 'no-phone-number'
  | 'destination-not-allowed'
  | 'no-outbound-route'
  | 'too-many-outbound-calls'
  | 'too-many-hops'
  | 'loop-to-ourselves'
  | 'destination-unreachable'
  | 'token-invalid'
  | 'too-many-attempts'
  | 'request-invalid'
  | 'request-too-large'
  | 'no-session'
  | 'no-outside-actions'
  | 'agent-unreachable'
  | 'speech-failed'
  | 'speech-language-missing'
  | 'clip-undecodable'
  | 'script-unusable'
  | 'capture-unreadable';

interface ErrorRow {
  readonly message: string;
  /** The final response a caller gets when this ends the set-up of a call. */
  readonly sipStatus: number;
  readonly httpStatus: number;
}

/** An operational error: something outside went wrong, and `detail` says what and what to do about it. */
export class SwitchError extends Error {
  override readonly name: string = 'SwitchError';
  readonly code: ErrorCode;
  readonly sipStatus: number;
  readonly httpStatus: number;

  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    const row = errorTable[code];
    super(detail === undefined ? row.message : `${row.message}: ${detail}`, options);
    this.code = code;
    this.sipStatus = row.sipStatus;
    this.httpStatus = row.httpStatus;
  }
}
