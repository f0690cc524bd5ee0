/** What an app is told of the call with everything else: who, where from, and how it stands. */
import type { SessionInfo } from '../agent.ts';
import type { AppData } from './link/app-link.ts';
import { reasonPhraseOf } from './reason-phrase.ts';
import type { RecognizerChoice, SynthesizerChoice } from './vocabulary/verbs.ts';

export type CallStatus =
  | 'trying'
  | 'ringing'
  | 'early-media'
  | 'in-progress'
  | 'completed'
  | 'failed'
  | 'busy'
  | 'no-answer';

/** Told as they are configured. */
export interface AppIdentity {
  readonly accountSid: string;
  readonly applicationSid: string;
  readonly serviceProviderSid: string | undefined;
  readonly apiBaseUrl: string | undefined;
  readonly envVars: Readonly<Record<string, unknown>>;
  readonly defaults: { readonly synthesizer: SynthesizerChoice; readonly recognizer: RecognizerChoice };
}

export class CallFacts {
  readonly callSid: string;
  readonly #info: SessionInfo;
  readonly #identity: AppIdentity;
  #status: CallStatus = 'trying';
  #sipStatus = 100;
  #customerData: AppData | undefined;

  constructor(info: SessionInfo, identity: AppIdentity) {
    this.callSid = info.id;
    this.#info = info;
    this.#identity = identity;
  }

  get status(): CallStatus {
    return this.#status;
  }

  set(status: CallStatus, sipStatus: number): void {
    this.#status = status;
    this.#sipStatus = sipStatus;
  }

  /** `tag`: comes along from now on. */
  tag(data: AppData): void {
    this.#customerData = { ...this.#customerData, ...data };
  }

  /** In every message that tells of the call. */
  get base(): AppData {
    const { id, direction, from, to, signalling } = this.#info;
    const { accountSid, applicationSid, apiBaseUrl } = this.#identity;
    const callId = signalling?.callId ?? id;
    return {
      call_sid: id,
      account_sid: accountSid,
      application_sid: applicationSid,
      direction,
      from,
      to,
      caller_id: from,
      caller_name: signalling?.callerName ?? '',
      call_id: callId,
      sbc_callid: callId,
      call_status: this.#status,
      sip_status: this.#sipStatus,
      sip_reason: reasonPhraseOf(this.#sipStatus),
      trace_id: id.replaceAll('-', ''),
      ...(signalling !== undefined && { originating_sip_ip: signalling.remoteAddress }),
      ...(signalling?.trunk !== undefined && { originating_sip_trunk_name: signalling.trunk }),
      ...(apiBaseUrl !== undefined && { api_base_url: apiBaseUrl }),
      ...(this.#customerData !== undefined && { customerData: this.#customerData }),
    };
  }

  /** Of `session:new` alone. */
  get introduction(): AppData {
    const { serviceProviderSid, envVars, defaults } = this.#identity;
    const { synthesizer, recognizer } = defaults;
    return {
      ...this.base,
      ...(serviceProviderSid !== undefined && { service_provider_sid: serviceProviderSid }),
      ...(this.#info.signalling !== undefined && { sip: inviteOf(this.#info) }),
      defaults: {
        synthesizer: { vendor: synthesizer.vendor, language: synthesizer.language, voice: synthesizer.voice },
        recognizer: { vendor: recognizer.vendor, language: recognizer.languages[0] },
      },
      env_vars: envVars,
    };
  }

  /** A call that `dial` made. */
  legOf(
    callSid: string,
    to: string,
    from: string,
    callId: string,
    status: CallStatus,
    sipStatus: number,
  ): AppData {
    const { customerData: _ofCaller, ...base } = this.base;
    return {
      ...base,
      call_sid: callSid,
      parent_call_sid: this.callSid,
      direction: 'outbound',
      from,
      to,
      caller_id: from,
      caller_name: '',
      call_id: callId,
      sbc_callid: callId,
      call_status: status,
      sip_status: sipStatus,
      sip_reason: reasonPhraseOf(sipStatus),
    };
  }
}

/** The keys in it are the protocol's own and are left as they are. */
function inviteOf({ signalling, from, to }: SessionInfo): AppData {
  const headers: Record<string, string> = {};
  for (const { name, value } of signalling?.headers ?? []) {
    const key = /^x-/i.test(name) ? name : name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return {
    type: 'request',
    method: 'INVITE',
    uri: signalling?.requestUri,
    headers,
    body: signalling?.sdp,
    callingNumber: from,
    calledNumber: to,
  };
}
