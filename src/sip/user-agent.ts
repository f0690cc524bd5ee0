import { type Dialog, dialogAsCallee, dialogKey } from './dialog/dialog.ts';
import type { Flow } from './flow.ts';
import { withBrackets } from './message/host.ts';
import type { HeaderField, SipRequest } from './message/message.ts';
import { tagOf } from './message/name-address.ts';
import { parseMessage } from './message/parse.ts';
import type { MessageRefusal } from './message/refusal.ts';
import { parseUri } from './message/uri.ts';
import { callIdOf, fromOf, toOf } from './message/views.ts';
import { responseTo } from './response.ts';
import { refusalOf } from './session/admission.ts';
import { allowHeader, capabilityHeaders, isServed, refusalOfMethod } from './session/capabilities.ts';
import { inviteFor, type OutgoingCall } from './session/outgoing-call.ts';
import { Session } from './session/session.ts';
import type { SessionHost, Timed } from './session/session-host.ts';
import { StatelessResponder } from './stateless-responder.ts';
import { ClientTransactions } from './transaction/client-transactions.ts';
import { DeadlineQueue } from './transaction/deadline-queue.ts';
import { responseFlow } from './transaction/response-route.ts';
import { type ArrivedRequest, ServerTransactions } from './transaction/server-transactions.ts';
import type { SipOutput, SipSessionId } from './user-agent-events.ts';

export interface SipUserAgentOptions {
  /** Our Contact URI for what goes over the flow; its host and port are in our Via too. */
  readonly contact: (flow: Flow) => string;
  /** Random tokens: at least 32 bits for a tag (RFC 3261 section 19.3), 64 for a branch; a Call-ID is used whole. */
  readonly newTag: () => string;
  readonly newBranch: () => string;
  readonly newCallId: () => string;
  /** 0 to 1: spreads retries after a glare. */
  readonly random: () => number;
  /** User-Agent and Server; without it peers are not told what we are. */
  readonly userAgentName?: string | undefined;
  /** Requests larger than this leave UDP for TCP (RFC 3261 section 18.1.1 says 1300); undefined: none does. */
  readonly tcpAboveOctets?: number | undefined;
}

/** A session that can be taken up by another process: plain data, fit for JSON. */
export interface SessionSnapshot {
  readonly session: SipSessionId;
  readonly dialog: Dialog;
}

/** Why something that arrived was not taken. */
export type SipRefusal = MessageRefusal | 'stray-response' | 'stray-ack';

/**
 * A SIP user agent without I/O: octets and time go in; octets, events and one deadline come out. A command for a
 * session that is over does nothing: it crossed the end.
 *
 * @see RFC 3261
 */
export class SipUserAgent {
  readonly #options: SipUserAgentOptions;
  readonly #clients: ClientTransactions;
  readonly #servers: ServerTransactions;
  readonly #timed: DeadlineQueue<Timed> = new DeadlineQueue();
  readonly #sessions: Map<SipSessionId, Session> = new Map();
  readonly #byDialog: Map<string, Session> = new Map();
  readonly #refusals: Map<SipRefusal, number> = new Map();
  readonly #responder: StatelessResponder;
  readonly #host: SessionHost;
  #outputs: SipOutput[] = [];
  #nextId: SipSessionId = 1;
  #drainingRetryAfterS: number | undefined;

  constructor(options: SipUserAgentOptions) {
    this.#options = options;
    const environment = {
      transmit: (flow: Flow, message: Uint8Array) => this.#transmit(flow, message),
      newBranch: options.newBranch,
      sentBy: (flow: Flow) => this.#sentBy(flow),
      tcpAboveOctets: options.tcpAboveOctets,
    };
    this.#clients = new ClientTransactions(environment);
    this.#servers = new ServerTransactions(environment);
    this.#host = this.#hostOfSessions();
    this.#responder = new StatelessResponder(options.newTag(), this.#host.responseHeaders);
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** Transactions that have not run their course. */
  get transactions(): number {
    return this.#clients.size + this.#servers.size;
  }

  /** How often something that arrived was not taken, by reason. */
  get refusals(): ReadonlyMap<SipRefusal, number> {
    return this.#refusals;
  }

  /** When to call `handleTimeout` at the latest. */
  get deadline(): number | undefined {
    const earliest = Math.min(
      this.#clients.deadline ?? Infinity,
      this.#servers.deadline ?? Infinity,
      this.#timed.deadline ?? Infinity,
    );
    return earliest === Infinity ? undefined : earliest;
  }

  /** One message: a datagram, or what a framer cut out of a stream. Its octets must not be written to any more. */
  handleMessage(octets: Uint8Array, flow: Flow, nowMs: number): SipOutput[] {
    const outcome = parseMessage(octets);
    if (!outcome.ok) {
      this.#count(outcome.reason);
      if (outcome.answer !== undefined) {
        const { request, statusCode } = outcome.answer;
        // To the packet's source: nothing in the message can be relied on.
        this.#transmit(flow, this.#responder.respondFrom(flow, request, statusCode));
      }
    } else if (outcome.value.kind === 'request') this.#handleRequest(outcome.value, flow, nowMs);
    else if (!this.#clients.handleResponse(outcome.value, flow, nowMs)) this.#count('stray-response');
    return this.#takeOutputs();
  }

  /** What was sent over the flow did not arrive, or its connection is gone. */
  handleTransportError(flow: Flow, nowMs: number): SipOutput[] {
    const { connectionId } = flow;
    if (connectionId !== undefined) {
      for (const session of this.#sessions.values()) session.handleConnectionLost(connectionId);
    }
    this.#servers.handleTransportError(flow);
    this.#clients.handleTransportError(flow, nowMs);
    return this.#takeOutputs();
  }

  handleTimeout(nowMs: number): SipOutput[] {
    this.#clients.handleTimeout(nowMs);
    this.#servers.handleTimeout(nowMs);
    for (let timed = this.#timed.takeDue(nowMs); timed !== undefined; timed = this.#timed.takeDue(nowMs))
      timed.handleTimeout(nowMs);
    return this.#takeOutputs();
  }

  /** Refuses new calls with 503 and Retry-After from now on, and OPTIONS with them; calls in progress go on. */
  setDraining(retryAfterS: number): void {
    this.#drainingRetryAfterS = retryAfterS;
  }

  /** A provisional response, with SDP for early media. */
  ring(session: SipSessionId, statusCode: number, sdp: string | undefined, nowMs: number): SipOutput[] {
    return this.#command(session, (it) => it.ring(statusCode, sdp, nowMs));
  }

  /** 200 with our answer, or with our offer when the INVITE had none. */
  answer(session: SipSessionId, sdp: string, nowMs: number): SipOutput[] {
    return this.#command(session, (it) => it.answer(sdp, nowMs));
  }

  reject(
    session: SipSessionId,
    statusCode: number,
    parts: { reasonPhrase?: string; headers?: readonly HeaderField[] },
    nowMs: number,
  ): SipOutput[] {
    return this.#command(session, (it) => it.reject(statusCode, parts, nowMs));
  }

  acceptReoffer(session: SipSessionId, sdp: string, nowMs: number): SipOutput[] {
    return this.#command(session, (it) => it.acceptReoffer(sdp, nowMs));
  }

  rejectReoffer(
    session: SipSessionId,
    statusCode: number,
    headers: readonly HeaderField[],
    nowMs: number,
  ): SipOutput[] {
    return this.#command(session, (it) => it.rejectReoffer(statusCode, headers, nowMs));
  }

  /** Offers anew within the call. After a glare it is repeated by itself, unless the peer's offer came first. */
  reinvite(session: SipSessionId, sdp: string, nowMs: number): SipOutput[] {
    return this.#command(session, (it) => it.reinvite(sdp, nowMs));
  }

  /** Ends the call whatever its state: BYE, CANCEL or 480. `reason` is the value of a Reason header (RFC 3326). */
  hangUp(session: SipSessionId, parts: { reason?: string }, nowMs: number): SipOutput[] {
    return this.#command(session, (it) => it.hangUp(parts.reason, nowMs));
  }

  sendInfo(session: SipSessionId, contentType: string, body: Uint8Array, nowMs: number): SipOutput[] {
    return this.#command(session, (it) => it.sendInfo(contentType, body, nowMs));
  }

  invite(call: OutgoingCall, nowMs: number): { session: SipSessionId; outputs: SipOutput[] } {
    const session = this.#newSession(this.#nextId);
    session.call(inviteFor(call, this.#host, this.#options.newCallId()), call.flow, nowMs);
    return { session: session.id, outputs: this.#takeOutputs() };
  }

  /** Undefined unless the call is established. */
  snapshot(session: SipSessionId): SessionSnapshot | undefined {
    const dialog = this.#sessions.get(session)?.dialog;
    return dialog === undefined ? undefined : { session, dialog: structuredClone(dialog) };
  }

  /** Goes on with a call of another process; before any call of its own, for session ids are kept. */
  restore({ session, dialog }: SessionSnapshot): void {
    this.#newSession(session).resume(structuredClone(dialog));
  }

  #handleRequest(request: SipRequest, flow: Flow, nowMs: number): void {
    const arrival = this.#servers.handleRequest(request, flow, nowMs);
    switch (arrival.kind) {
      case 'absorbed':
        return;
      case 'ack': {
        const session = this.#sessionOf(request);
        if (session === undefined) this.#count('stray-ack');
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
    const invite = this.#servers.pendingInvite(arrived);
    if (invite === undefined) {
      this.#refuse(arrived, 481);
      return;
    }
    const response = responseTo(arrived.request, 200, {
      toTag: invite.user?.localTag,
      headers: this.#host.responseHeaders,
    });
    this.#servers.respond(this.#servers.open(arrived), response, nowMs);
    if (!invite.isFinal) invite.user?.handleCancel(nowMs);
  }

  #handleWithinDialog(arrived: ArrivedRequest, nowMs: number): void {
    const session = this.#sessionOf(arrived.request);
    const refusal = refusalOf(arrived.request);
    if (session === undefined) this.#refuse(arrived, 481);
    else if (refusal !== undefined) this.#refuse(arrived, refusal.statusCode, refusal.headers);
    else session.handleRequest(this.#servers.open(arrived), nowMs);
  }

  #handleInitial(arrived: ArrivedRequest, nowMs: number): void {
    const { request } = arrived;
    const { method } = request;
    if (!isServed(method)) {
      this.#refuse(arrived, refusalOfMethod(method, false), [allowHeader]);
      return;
    }
    if (method !== 'INVITE' && method !== 'OPTIONS') {
      this.#refuse(arrived, 481);
      return;
    }
    const refusal = refusalOf(request);
    if (this.#servers.isMerged(arrived)) this.#refuse(arrived, 482);
    else if (refusal !== undefined) this.#refuse(arrived, refusal.statusCode, refusal.headers);
    else if (this.#drainingRetryAfterS !== undefined)
      this.#refuse(arrived, 503, [{ name: 'Retry-After', value: String(this.#drainingRetryAfterS) }]);
    else if (method === 'OPTIONS') this.#refuse(arrived, 200, capabilityHeaders);
    else this.#handleInvite(arrived, nowMs);
  }

  #handleInvite(arrived: ArrivedRequest, nowMs: number): void {
    const dialog = dialogAsCallee(arrived.request, this.#options.newTag(), arrived.source);
    if (dialog === undefined) this.#refuse(arrived, 400);
    else this.#newSession(this.#nextId).receive(this.#servers.open(arrived), dialog, nowMs);
  }

  /** Responds without keeping anything. */
  #refuse(
    { request, via, source }: ArrivedRequest,
    statusCode: number,
    headers?: readonly HeaderField[],
  ): void {
    this.#transmit(responseFlow(via, source), this.#responder.respond(request, statusCode, headers));
  }

  #sessionOf(request: SipRequest): Session | undefined {
    const localTag = tagOf(toOf(request)) ?? '';
    const remoteTag = tagOf(fromOf(request)) ?? '';
    return this.#byDialog.get(dialogKey(callIdOf(request), localTag, remoteTag));
  }

  #newSession(id: SipSessionId): Session {
    this.#nextId = Math.max(this.#nextId, id + 1);
    const session = new Session(id, this.#host);
    this.#sessions.set(id, session);
    return session;
  }

  #command(id: SipSessionId, act: (session: Session) => void): SipOutput[] {
    const session = this.#sessions.get(id);
    if (session !== undefined) act(session);
    return this.#takeOutputs();
  }

  #hostOfSessions(): SessionHost {
    const { contact, newTag, random, userAgentName } = this.#options;
    const named = (name: string): HeaderField[] =>
      userAgentName === undefined ? [] : [{ name, value: userAgentName }];
    const keyOf = (dialog: Dialog): string => dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag);
    return {
      clients: this.#clients,
      servers: this.#servers,
      emit: (event) => this.#outputs.push({ kind: 'event', event }),
      contact: (flow) => ({ name: 'Contact', value: `<${contact(flow)}>` }),
      requestHeaders: named('User-Agent'),
      responseHeaders: named('Server'),
      newTag,
      random,
      bind: (dialog, session) => this.#byDialog.set(keyOf(dialog), session),
      unbind: (dialog) => this.#byDialog.delete(keyOf(dialog)),
      schedule: (timed, deadlineMs) => this.#timed.set(timed, deadlineMs),
      forget: (session) => this.#sessions.delete(session.id),
    };
  }

  #sentBy(flow: Flow): string {
    const uri = parseUri(this.#options.contact(flow));
    if (uri?.kind !== 'sip') return `${withBrackets(flow.localAddress)}:${flow.localPort}`;
    return uri.port === undefined ? uri.host : `${uri.host}:${uri.port}`;
  }

  #transmit(flow: Flow, message: Uint8Array): void {
    this.#outputs.push({ kind: 'transmit', flow, message });
  }

  #count(reason: SipRefusal): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
  }

  #takeOutputs(): SipOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }
}
