import { dialogAsCallee } from './dialog/dialog.ts';
import type { Flow } from './flow.ts';
import type { HeaderField, SipRequest } from './message/message.ts';
import { tagOf } from './message/name-address.ts';
import { toOf } from './message/views.ts';
import { responseTo } from './response.ts';
import { refusalOf } from './session/admission.ts';
import { allowHeader, capabilityHeaders, isServed, refusalOfMethod } from './session/capabilities.ts';
import type { SessionHost } from './session/session-host.ts';
import type { SessionRegistry } from './session/session-registry.ts';
import type { StatelessResponder } from './stateless-responder.ts';
import { responseFlow } from './transaction/response-route.ts';
import type { ArrivedRequest, ServerTransactions } from './transaction/server-transactions.ts';

export interface UserAgentServerOptions {
  readonly servers: ServerTransactions;
  readonly sessions: SessionRegistry;
  readonly host: SessionHost;
  readonly responder: StatelessResponder;
  readonly transmit: (flow: Flow, message: Uint8Array) => void;
  /** An ACK belongs to nothing we know. */
  readonly onStrayAck: () => void;
}

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
    const { servers, sessions, onStrayAck } = this.#options;
    const arrival = servers.handleRequest(request, flow, nowMs);
    switch (arrival.kind) {
      case 'absorbed':
        return;
      case 'ack': {
        const session = sessions.find(request);
        if (session === undefined) onStrayAck();
        else session.handleAck(request, nowMs);
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
    if (!invite.isFinal) invite.user?.handleCancel(nowMs);
  }

  #handleWithinDialog(arrived: ArrivedRequest, nowMs: number): void {
    const { servers, sessions } = this.#options;
    const session = sessions.find(arrived.request);
    const refusal = refusalOf(arrived.request);
    if (session === undefined) this.#answer(arrived, 481);
    else if (refusal !== undefined) this.#answer(arrived, refusal.statusCode, refusal.headers);
    else session.handleRequest(servers.open(arrived), nowMs);
  }

  #handleInitial(arrived: ArrivedRequest, nowMs: number): void {
    const { request } = arrived;
    const { method } = request;
    if (!isServed(method)) this.#answer(arrived, refusalOfMethod(method, false), [allowHeader]);
    else if (method !== 'INVITE' && method !== 'OPTIONS') this.#answer(arrived, 481);
    else if (this.#options.servers.isMerged(arrived)) this.#answer(arrived, 482);
    else {
      const refusal = this.#drainingRefusal ?? refusalOf(request);
      if (refusal !== undefined) this.#answer(arrived, refusal.statusCode, refusal.headers);
      else if (method === 'OPTIONS') this.#answer(arrived, 200, capabilityHeaders);
      else this.#handleInvite(arrived, nowMs);
    }
  }

  #handleInvite(arrived: ArrivedRequest, nowMs: number): void {
    const { servers, sessions, host } = this.#options;
    const dialog = dialogAsCallee(arrived.request, host.newTag(), arrived.source);
    // "The Contact header field MUST be present … in any request that can result in … a dialog" (section 8.1.1.8).
    if (dialog === undefined) this.#answer(arrived, 400);
    else sessions.create(host).receive(servers.open(arrived), dialog, nowMs);
  }

  get #drainingRefusal(): { statusCode: number; headers: readonly HeaderField[] } | undefined {
    const seconds = this.#drainingRetryAfterS;
    if (seconds === undefined) return undefined;
    return { statusCode: 503, headers: [{ name: 'Retry-After', value: String(seconds) }] };
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
