import { invariant } from '../invariant.ts';
import type { AuthenticationRefusal } from './auth/authenticated-request.ts';
import type { DigestAlgorithm } from './auth/digest.ts';
import { DigestClient } from './auth/digest-client.ts';
import { DigestServer } from './auth/digest-server.ts';
import { Gatekeeper } from './auth/gatekeeper.ts';
import type { Dialog } from './dialog/dialog.ts';
import type { Flow } from './flow.ts';
import { withBrackets } from './message/host.ts';
import type { HeaderField } from './message/message.ts';
import { parseMessage } from './message/parse.ts';
import type { MessageRefusal, ParseFailure } from './message/refusal.ts';
import { escapeUser, isSips, parseUri, serializeUri } from './message/uri.ts';
import type { RegistrationOptions } from './registration/registration-options.ts';
import { Registrations } from './registration/registrations.ts';
import { InviteDraft, type OutgoingCall } from './session/outgoing-call.ts';
import type { ReferParts } from './session/refer-usage.ts';
import type { Session } from './session/session.ts';
import type { SessionHost, Timed } from './session/session-host.ts';
import { SessionRegistry } from './session/session-registry.ts';
import type { AgreedTimer } from './session/session-timer.ts';
import { StatelessResponder } from './stateless-responder.ts';
import { ClientTransactions } from './transaction/client-transactions.ts';
import { DeadlineQueue } from './transaction/deadline-queue.ts';
import { ServerTransactions } from './transaction/server-transactions.ts';
import { anyTrunk, openDirectory, type SipTrunk, type TrunkDirectory } from './trunk.ts';
import type { SipOutput, SipSessionId } from './user-agent-events.ts';
import { type AnsweredRefusal, type RequestRefusal, UserAgentServer } from './user-agent-server.ts';

export interface SipUserAgentOptions {
  /** Our Contact URI for what goes over the flow, `sips:` where the dialog needs one; host and port are in our Via too. */
  readonly contact: (flow: Flow, usesSips: boolean) => string;
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
  /** Asked about each new call: after how many seconds it may be tried again, as we cannot follow; undefined: it is taken. */
  readonly overload?: ((nowMs: number) => number | undefined) | undefined;
  /** Who peers are; without it everybody is heard and nobody believed. */
  readonly trunks?: TrunkDirectory | undefined;
  /** What those are asked who have to prove who they are. */
  readonly digest?: { readonly realm: string; readonly algorithms: readonly DigestAlgorithm[] } | undefined;
}

/** A session that can be taken up by another process: plain data, fit for JSON. */
export interface SessionSnapshot {
  readonly session: SipSessionId;
  readonly dialog: Dialog;
  /** By name. */
  readonly trunk: string | undefined;
  readonly timer: AgreedTimer | undefined;
}

/** Why something that arrived was not taken. */
export type SipRefusal = MessageRefusal | RequestRefusal | AuthenticationRefusal | 'stray-response';

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
  readonly #sessions: SessionRegistry = new SessionRegistry();
  readonly #refusals: Map<SipRefusal, number> = new Map();
  readonly #trunks: TrunkDirectory;
  readonly #responder: StatelessResponder;
  readonly #host: SessionHost;
  readonly #server: UserAgentServer;
  readonly #registrations: Registrations;
  #outputs: SipOutput[] = [];

  constructor(options: SipUserAgentOptions) {
    this.#options = options;
    this.#trunks = options.trunks ?? openDirectory;
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
    this.#server = new UserAgentServer({
      servers: this.#servers,
      sessions: this.#sessions,
      host: this.#host,
      responder: this.#responder,
      gatekeeper: new Gatekeeper(this.#trunks, this.#digestServer()),
      transmit: environment.transmit,
      overload: options.overload,
      onRefusal: (reason, answered) => this.#noteRefusal(reason, answered),
    });
    this.#registrations = new Registrations({
      ...this.#host,
      newCallId: options.newCallId,
      transmit: environment.transmit,
      digestOf: (trunk) => this.#trunks.ofName(trunk)?.digest,
      contactUri: (flow, user, usesSips) => withUser(options.contact(flow, usesSips), user),
      tell: (event) => this.#outputs.push({ kind: 'registration', event }),
      locate: (trunk, uri) => this.#outputs.push({ kind: 'locate', trunk, uri }),
    });
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
    if (!outcome.ok) this.#refuse(outcome, flow);
    else if (outcome.value.kind === 'request') this.#server.handleRequest(outcome.value, flow, nowMs);
    else if (!this.#clients.handleResponse(outcome.value, flow, nowMs)) this.#count('stray-response');
    return this.#takeOutputs();
  }

  /** A stream that can be cut into messages no further: what is said to the peer before its connection closes. */
  handleBrokenStream(failure: ParseFailure, flow: Flow): SipOutput[] {
    this.#refuse(failure, flow);
    return this.#takeOutputs();
  }

  /** The one answer to a source that is not let in; nothing when there is nothing to answer. */
  refuseSource(
    octets: Uint8Array,
    flow: Flow,
    statusCode: number,
    headers: readonly HeaderField[] = [],
  ): SipOutput[] {
    const outcome = parseMessage(octets);
    const request = outcome.ok ? outcome.value : outcome.answer?.request;
    if (request?.kind === 'request' && request.method !== 'ACK')
      this.#transmit(flow, this.#responder.respondFrom(flow, request, statusCode, headers));
    return this.#takeOutputs();
  }

  /** What was sent over the flow did not arrive, or its connection is gone. */
  handleTransportError(flow: Flow, nowMs: number): SipOutput[] {
    const { connectionId } = flow;
    if (connectionId !== undefined) {
      for (const session of this.#sessions.all()) session.handleConnectionLost(connectionId);
    }
    this.#servers.handleTransportError(flow);
    this.#clients.handleTransportError(flow, nowMs);
    this.#registrations.handleTransportError(flow, nowMs);
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
    this.#server.setDraining(retryAfterS);
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
    return this.#command(session, (it) => it.offer('INVITE', sdp, nowMs));
  }

  /** The same by UPDATE, for peers that allow it (RFC 3311): quicker, but nobody can be asked before it is answered. */
  update(session: SipSessionId, sdp: string, nowMs: number): SipOutput[] {
    return this.#command(session, (it) => it.offer('UPDATE', sdp, nowMs));
  }

  /** Has the peer call `target`, a URI: a blind transfer, or with `?Replaces=` an attended one. Told by `refer-progress`. */
  refer(session: SipSessionId, target: string, nowMs: number, parts: ReferParts = {}): SipOutput[] {
    return this.#command(session, (it) => it.refer?.refer(target, nowMs, parts));
  }

  /** Takes what a `refer` event asks; from then on the peer is told how the call fares. */
  acceptRefer(session: SipSessionId, nowMs: number): SipOutput[] {
    return this.#command(session, (it) => it.refer?.accept(nowMs));
  }

  rejectRefer(session: SipSessionId, statusCode: number, nowMs: number): SipOutput[] {
    return this.#command(session, (it) => it.refer?.reject(statusCode, nowMs));
  }

  /** The status of the call the peer asked for; a final one is the last word. */
  notifyRefer(session: SipSessionId, statusCode: number, nowMs: number): SipOutput[] {
    return this.#command(session, (it) => it.refer?.notify(statusCode, nowMs));
  }

  /** Ends the call whatever its state: BYE, CANCEL or 480. `reason` is the value of a Reason header (RFC 3326). */
  hangUp(
    session: SipSessionId,
    { reason, headers = [] }: { reason?: string; headers?: readonly HeaderField[] },
    nowMs: number,
  ): SipOutput[] {
    const reasons = reason === undefined ? [] : [{ name: 'Reason', value: reason }];
    return this.#command(session, (it) => it.hangUp([...reasons, ...headers], nowMs));
  }

  sendInfo(session: SipSessionId, contentType: string, body: Uint8Array, nowMs: number): SipOutput[] {
    return this.#command(session, (it) => it.sendInfo(contentType, body, nowMs));
  }

  invite(call: OutgoingCall, nowMs: number): { session: SipSessionId; callId: string; outputs: SipOutput[] } {
    const trunk = call.trunk === undefined ? anyTrunk : this.#trunks.ofName(call.trunk);
    invariant(
      call.flow.transport === 'tls' || !isSips(call.target),
      'what is located for a sips: URI is reached over TLS',
    );
    invariant(trunk !== undefined, 'calls go over trunks that are configured');
    const session = this.#sessions.create(this.#host, this.#withCredentials(trunk, call));
    const draft = new InviteDraft(call, this.#host, this.#options.newCallId());
    session.call(draft, call.flow, call.sdp, nowMs);
    return { session: session.id, callId: draft.callId, outputs: this.#takeOutputs() };
  }

  /** Whether anybody has answered an INVITE of ours in any way: a server that is there says 100 at once. */
  isHeard(session: SipSessionId): boolean {
    return this.#sessions.get(session)?.isHeard ?? false;
  }

  /** Registers with a trunk, and stays so until `unregister`. */
  register(options: RegistrationOptions): SipOutput[] {
    this.#registrations.start(options);
    return this.#takeOutputs();
  }

  /** Where the server is that a `locate` asked about: ways to it, best first; none when it cannot be found. */
  handleLocated(trunk: string, targets: readonly Flow[], nowMs: number): SipOutput[] {
    this.#registrations.handleLocated(trunk, targets, nowMs);
    return this.#takeOutputs();
  }

  /** Takes every registration back. */
  unregister(nowMs: number): SipOutput[] {
    this.#registrations.stop(nowMs);
    return this.#takeOutputs();
  }

  /** Whether each trunk that we register with has us, by name; those taken back are gone. */
  registrations(nowMs: number): ReadonlyMap<string, boolean> {
    return this.#registrations.states(nowMs);
  }

  /** A call as another process can take it up when this one is gone; undefined unless it is established. */
  snapshot(id: SipSessionId): SessionSnapshot | undefined {
    const session = this.#sessions.get(id);
    if (session?.dialog === undefined) return undefined;
    const { dialog, timer, trunk } = session;
    return { session: id, dialog: structuredClone(dialog), trunk: trunk.name, timer };
  }

  /** Goes on with a call of another process; its connection, if it had one, is gone, and its session timer starts anew. */
  restore({ session, dialog, trunk: name, timer }: SessionSnapshot, nowMs: number): SipOutput[] {
    const { connectionId: _gone, ...flow } = dialog.flow;
    const trunk = (name === undefined ? undefined : this.#trunks.ofName(name)) ?? anyTrunk;
    const resumed = this.#sessions.create(this.#host, trunk, session);
    resumed.resume({ ...structuredClone(dialog), flow }, timer, nowMs);
    return this.#takeOutputs();
  }

  #refuse({ reason, answer }: ParseFailure, flow: Flow): void {
    this.#count(reason);
    // To the packet's source: nothing in the message can be relied on.
    if (answer !== undefined)
      this.#transmit(flow, this.#responder.respondFrom(flow, answer.request, answer.statusCode));
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
    return {
      clients: this.#clients,
      servers: this.#servers,
      noteRefusal: (reason) => this.#count(reason),
      emit: (event) => this.#outputs.push({ kind: 'event', event }),
      contact: (flow, usesSips) => ({ name: 'Contact', value: `<${contact(flow, usesSips)}>` }),
      requestHeaders: named('User-Agent'),
      responseHeaders: named('Server'),
      newTag,
      random,
      bind: (dialog, user) => this.#sessions.bind(dialog, user),
      unbind: (dialog) => this.#sessions.unbind(dialog),
      schedule: (timed, deadlineMs) => this.#timed.set(timed, deadlineMs),
      forget: (session) => this.#sessions.forget(session),
    };
  }

  /** A password for one call is proven where that call was sent, and nowhere else. */
  #withCredentials(trunk: SipTrunk, { credentials, flow }: OutgoingCall): SipTrunk {
    if (credentials === undefined) return trunk;
    const owns = (address: string): boolean => address === flow.remoteAddress;
    return {
      ...trunk,
      digest: new DigestClient({ credentials, owns, newCnonce: () => this.#options.newTag() }),
    };
  }

  #digestServer(): DigestServer {
    const { newBranch, digest } = this.#options;
    const { realm = 'sip', algorithms } = digest ?? {};
    return new DigestServer({ realm, algorithms, secret: newBranch() + newBranch() });
  }

  #sentBy(flow: Flow): string {
    const uri = parseUri(this.#options.contact(flow, false));
    if (uri?.kind !== 'sip') return `${withBrackets(flow.localAddress)}:${flow.localPort}`;
    return uri.port === undefined ? uri.host : `${uri.host}:${uri.port}`;
  }

  #transmit(flow: Flow, message: Uint8Array): void {
    this.#outputs.push({ kind: 'transmit', flow, message });
  }

  #noteRefusal(reason: RequestRefusal, answered: AnsweredRefusal | undefined): void {
    this.#count(reason);
    // Whoever is to prove a password sends a first request without it.
    if (answered !== undefined && reason !== 'unproven')
      this.#outputs.push({ kind: 'refused', reason, ...answered });
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

function withUser(contact: string, user: string): string {
  const uri = parseUri(contact);
  return uri?.kind === 'sip' ? serializeUri({ ...uri, user: escapeUser(user) }) : contact;
}
