import type { Gatekeeper } from './auth/gatekeeper.ts';
import { dialogAsCallee } from './dialog/dialog.ts';
import type { Flow } from './flow.ts';
import type { HeaderField, SipRequest } from './message/message.ts';
import { tagOf } from './message/name-address.ts';
import { isSips } from './message/uri.ts';
import { replacesOf, toOf } from './message/views.ts';
import { responseTo } from './response.ts';
import { type Refusal, refusalOf } from './session/admission.ts';
import { readCallerHeaders } from './session/caller-headers.ts';
import { allowHeader, capabilityHeaders, isServed, refusalOfMethod } from './session/capabilities.ts';
import type { Session } from './session/session.ts';
import type { DialogUser, SessionHost } from './session/session-host.ts';
import type { SessionRegistry } from './session/session-registry.ts';
import type { StatelessResponder } from './stateless-responder.ts';
import { responseFlow } from './transaction/response-route.ts';
import type { ArrivedRequest, ServerTransactions } from './transaction/server-transactions.ts';
import type { SipTrunk } from './trunk.ts';

export interface UserAgentServerOptions {
  readonly servers: ServerTransactions;
  readonly sessions: SessionRegistry;
  readonly host: SessionHost;
  readonly responder: StatelessResponder;
  readonly gatekeeper: Gatekeeper;
  readonly transmit: (flow: Flow, message: Uint8Array) => void;
  readonly overload: ((nowMs: number) => number | undefined) | undefined;
  /** `answered` where there was an answer. */
  readonly onRefusal: (reason: RequestRefusal, answered?: AnsweredRefusal) => void;
}

export interface AnsweredRefusal {
  readonly source: Flow;
  readonly statusCode: number;
}

/** Why a request that makes sense was not taken. */
export type RequestRefusal =
  | 'stray-ack'
  | 'foreign-dialog'
  | 'unproven'
  | 'wrong-password'
  | 'locked-out'
  | 'uncertified'
  | 'insecure-sips';

/**
 * Where requests come in: those of a dialog go to its session, a new INVITE begins one, and everything else is
 * answered without keeping anything.
 *
 * @see RFC 3261 sections 8.2, 9.2, 11.2 and 12.2.2
 */
export class UserAgentServer {
  readonly #options: UserAgentServerOptions;
  #drainingRetryAfterS: number | undefined;

  constructor(options: UserAgentServerOptions) {
    this.#options = options;
  }

  setDraining(retryAfterS: number): void {
    this.#drainingRetryAfterS = retryAfterS;
  }

  handleRequest(request: SipRequest, flow: Flow, nowMs: number): void {
    const { servers, sessions, onRefusal } = this.#options;
    const arrival = servers.handleRequest(request, flow, nowMs);
    switch (arrival.kind) {
      case 'absorbed':
        return;
      case 'ack': {
        const user = sessions.find(request);
        if (user === undefined) onRefusal('stray-ack');
        else user.handleAck(request, nowMs);
        return;
      }
      case 'new':
        if (request.method === 'CANCEL') this.#handleCancel(arrival.arrived, nowMs);
        else if (tagOf(toOf(request)) === undefined) this.#handleInitial(arrival.arrived, nowMs);
        else this.#handleWithinDialog(arrival.arrived, nowMs);
        return;
    }
  }

  #handleCancel(arrived: ArrivedRequest, nowMs: number): void {
    const { servers, host } = this.#options;
    const invite = servers.pendingInvite(arrived);
    if (invite === undefined) {
      this.#answer(arrived, 481);
      return;
    }
    const response = responseTo(arrived.request, 200, {
      toTag: invite.user?.localTag,
      headers: host.responseHeaders,
    });
    servers.respond(servers.open(arrived), response, nowMs);
    if (!invite.isFinal) invite.user?.handleCancel(arrived.request, nowMs);
  }

  #handleWithinDialog(arrived: ArrivedRequest, nowMs: number): void {
    const { servers, sessions } = this.#options;
    const user = sessions.find(arrived.request);
    if (user === undefined) this.#answer(arrived, 481);
    else if (!user.isHome(arrived.source) && !this.#isProven(arrived, user, nowMs)) return;
    else {
      const refusal = refusalOf(arrived.request, user.trunk);
      if (refusal !== undefined) this.#answer(arrived, refusal.statusCode, refusal.headers);
      else user.handleRequest(servers.open(arrived), nowMs);
    }
  }

  /** Whether a request from another address than the dialog's comes from the same peer; if not, it is answered. */
  #isProven(arrived: ArrivedRequest, { trunk }: DialogUser, nowMs: number): boolean {
    if (trunk.inboundAuth === 'digest' || trunk.inboundAuth === 'certificate')
      return this.#admit(arrived, nowMs)?.name === trunk.name;
    this.#options.onRefusal('foreign-dialog', { source: arrived.source, statusCode: 481 });
    this.#answer(arrived, 481);
    return false;
  }

  #handleInitial(arrived: ArrivedRequest, nowMs: number): void {
    const trunk = this.#admit(arrived, nowMs);
    if (trunk === undefined) return;
    const { request } = arrived;
    const { method } = request;
    if (isInsecureSips(request, arrived.source)) {
      this.#options.onRefusal('insecure-sips', { source: arrived.source, statusCode: 416 });
      this.#answer(arrived, 416);
    } else if (!isServed(method)) this.#answer(arrived, refusalOfMethod(method, false), [allowHeader]);
    else if (method !== 'INVITE' && method !== 'OPTIONS') this.#answer(arrived, 481);
    else if (this.#options.servers.isMerged(arrived)) this.#answer(arrived, 482);
    else {
      const refusal =
        this.#drainingRefusal ?? refusalOf(request, trunk) ?? this.#overloadRefusal(method, nowMs);
      if (refusal !== undefined) this.#answer(arrived, refusal.statusCode, refusal.headers);
      else if (method === 'OPTIONS') this.#answer(arrived, 200, capabilityHeaders(trunk));
      else this.#handleInvite(arrived, trunk, nowMs);
    }
  }

  /** The trunk a request comes over; undefined when it is refused, which is the same for whatever it asked. */
  #admit(arrived: ArrivedRequest, nowMs: number): SipTrunk | undefined {
    const { gatekeeper, onRefusal } = this.#options;
    const admission = gatekeeper.judge(arrived.request, arrived.source, nowMs);
    if (admission.kind === 'admitted') return admission.trunk;
    const { reason, statusCode, headers } = admission;
    onRefusal(reason, { source: arrived.source, statusCode });
    this.#answer(arrived, statusCode, headers);
    return undefined;
  }

  #handleInvite(arrived: ArrivedRequest, trunk: SipTrunk, nowMs: number): void {
    const { servers, sessions, host } = this.#options;
    const { request, source } = arrived;
    const dialog = dialogAsCallee(request, host.newTag(), source);
    const caller = trunk.isTrusted ? readCallerHeaders(request) : undefined;
    const replaced = this.#findReplaced(request, trunk, source);
    // "The Contact header field MUST be present … in any request that can result in … a dialog" (section 8.1.1.8).
    if (dialog === undefined || (trunk.isTrusted && caller === undefined)) this.#answer(arrived, 400);
    else if (typeof replaced === 'number') this.#answer(arrived, replaced);
    else {
      const parts = { caller, replaces: replaced?.id };
      sessions.create(host, trunk).receive(servers.open(arrived), dialog, parts, nowMs);
    }
  }

  /**
   * The session a call is to take the place of, or the status that refuses it. Calls of other trunks are as good as
   * none: whether one is there is told to nobody.
   *
   * @see RFC 3891 section 3
   */
  #findReplaced(request: SipRequest, trunk: SipTrunk, source: Flow): Session | number | undefined {
    const replaces = replacesOf(request);
    if (replaces === undefined) return undefined;
    const session = this.#options.sessions.findReplaced(replaces);
    const isOwn = trunk.name === undefined ? session?.peerAddress === source.remoteAddress : true;
    if (session === undefined || session.trunk.name !== trunk.name || !isOwn) return 481;
    if (session.dialog === undefined) return 603;
    return replaces.earlyOnly ? 486 : session;
  }

  get #drainingRefusal(): Refusal | undefined {
    const seconds = this.#drainingRetryAfterS;
    return seconds === undefined ? undefined : unavailable(seconds);
  }

  /** OPTIONS are answered all the same: who asks whether we are there is not to give us up for a second's rush. */
  #overloadRefusal(method: string, nowMs: number): Refusal | undefined {
    const seconds = method === 'INVITE' ? this.#options.overload?.(nowMs) : undefined;
    return seconds === undefined ? undefined : unavailable(seconds);
  }

  #answer(
    { request, via, source }: ArrivedRequest,
    statusCode: number,
    headers?: readonly HeaderField[],
  ): void {
    const { transmit, responder } = this.#options;
    transmit(responseFlow(via, source), responder.respond(request, statusCode, headers));
  }
}

function unavailable(retryAfterS: number): Refusal {
  return { statusCode: 503, headers: [{ name: 'Retry-After', value: String(retryAfterS) }] };
}

/**
 * "The SIPS scheme signifies that each hop … must be secured with TLS" (RFC 3261 section 26.2.2): over this one it is a
 * scheme we do not serve.
 */
function isInsecureSips({ requestUri }: SipRequest, source: Flow): boolean {
  return source.transport !== 'tls' && isSips(requestUri);
}
