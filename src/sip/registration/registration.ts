import { AuthenticatedRequest } from '../auth/authenticated-request.ts';
import type { Flow } from '../flow.ts';
import { withBrackets } from '../message/host.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { isSips } from '../message/uri.ts';
import type { Timed } from '../session/session-host.ts';
import type { ClientTransactionUser } from '../transaction/client-transaction.ts';
import { KeepAlive } from './keep-alive.ts';
import type { RegistrationHost, RegistrationOptions } from './registration-options.ts';
import { grantOf, minExpiresOf, retryAfterMsOf } from './registration-response.ts';

type State =
  | { readonly name: 'idle' | 'locating' | 'over' }
  /** One target has the REGISTER; others come after it. */
  | { readonly name: 'registering'; readonly sent: AuthenticatedRequest }
  | { readonly name: 'registered' }
  /** Every registrar has failed. */
  | { readonly name: 'waiting' }
  | { readonly name: 'leaving' };

/**
 * Keeps us registered with one trunk: at the first of its registrars that can be reached, refreshed in time, tried again
 * at growing intervals when none can be, and taken back in the end.
 *
 * @see RFC 3261 section 10.2, RFC 5626 section 4.5
 */
export class Registration implements ClientTransactionUser, Timed {
  readonly #host: RegistrationHost;
  readonly #options: RegistrationOptions;
  readonly #callId: string;
  readonly #fromTag: string;
  readonly #keepAlive: KeepAlive;
  #state: State = { name: 'idle' };
  #sequence = 0;
  #expiresS: number;
  /** Which registrar, and where it is. */
  #registrar = 0;
  #targets: readonly Flow[] = [];
  #failures = 0;
  #lastStatus: number | undefined;
  #retryAfterMs = 0;
  /** Where the binding is, and until when. */
  #binding:
    | {
        readonly flow: Flow;
        /** That it came over, and when that was first of use. */
        readonly connectionId: number | undefined;
        readonly connectedAtMs: number;
        readonly refreshAtMs: number;
        readonly untilMs: number;
        readonly told: string;
      }
    | undefined;
  /** Connections in a row that were lost soon. */
  #shortLives = 0;

  constructor(host: RegistrationHost, options: RegistrationOptions) {
    this.#host = host;
    this.#options = options;
    this.#callId = host.newCallId();
    this.#fromTag = host.newTag();
    this.#expiresS = options.expiresS;
    this.#keepAlive = new KeepAlive(host, options.keepAliveS * 1000);
  }

  isRegistered(nowMs: number): boolean {
    return this.#binding !== undefined && nowMs < this.#binding.untilMs;
  }

  /** From the first registrar on: also for a refresh, so that we return to it once it is back. */
  start(): void {
    this.#registrar = 0;
    this.#lastStatus = undefined;
    this.#retryAfterMs = 0;
    this.#locate();
  }

  /** Where the registrar is that was asked about; nowhere is an answer too. */
  handleLocated(targets: readonly Flow[], nowMs: number): void {
    if (this.#state.name !== 'locating') return;
    this.#targets = targets;
    this.#tryNext(nowMs);
  }

  /** Takes the registration back. */
  stop(nowMs: number): void {
    const binding = this.#binding;
    if (this.#state.name === 'over' || this.#state.name === 'leaving') return;
    this.#keepAlive.end();
    if (this.#state.name === 'registering') this.#state.sent.giveUp();
    this.#host.schedule(this, undefined);
    if (binding === undefined || nowMs >= binding.untilMs) {
      this.#leave();
      return;
    }
    this.#state = { name: 'leaving' };
    const leaver = { handleResponse: () => this.#leave(), handleFailure: () => this.#leave() };
    this.#send(binding.flow, 0, leaver, nowMs);
  }

  handleResponse(response: SipResponse, source: Flow, nowMs: number): void {
    if (this.#state.name !== 'registering' || response.statusCode < 200) return;
    if (response.statusCode < 300) {
      this.#handleGranted(this.#state.sent, response, source.connectionId, nowMs);
      return;
    }
    const minExpiresS = response.statusCode === 423 ? minExpiresOf(response) : undefined;
    if (minExpiresS !== undefined && minExpiresS > this.#expiresS && minExpiresS <= LONGEST_S) {
      this.#expiresS = minExpiresS;
      this.#register(this.#state.sent.transaction.prepared.flow, nowMs);
      return;
    }
    this.#lastStatus = response.statusCode;
    this.#retryAfterMs = Math.max(this.#retryAfterMs, retryAfterMsOf(response));
    this.#tryNext(nowMs);
  }

  handleFailure(cause: 'timeout' | 'transport', nowMs: number): void {
    if (this.#state.name !== 'registering') return;
    this.#lastStatus = cause === 'timeout' ? 408 : 503;
    this.#tryNext(nowMs);
  }

  /** The connection of the binding is gone, and with it perhaps the only way that calls can come. */
  handleTransportError({ connectionId }: Flow, nowMs: number): void {
    if (this.#state.name !== 'registered' || connectionId === undefined) return;
    if (this.#binding?.connectionId !== connectionId) return;
    const { connectedAtMs, refreshAtMs } = this.#binding;
    if (nowMs - connectedAtMs >= STEADY_MS) this.#shortLives = 0;
    const ceilingMs = RETURN_MS * 2 ** this.#shortLives;
    this.#shortLives = Math.min(this.#shortLives + 1, MOST_SHORT_LIVES);
    const returnAtMs = nowMs + ceilingMs * (0.5 + 0.5 * this.#host.random());
    this.#host.schedule(this, Math.min(returnAtMs, refreshAtMs));
  }

  handleTimeout(nowMs: number): void {
    switch (this.#state.name) {
      case 'registering':
        this.#lastStatus = 408;
        this.#state.sent.giveUp();
        this.#tryNext(nowMs);
        return;
      case 'registered':
      case 'waiting':
        this.start();
        return;
      default:
        return;
    }
  }

  #locate(): void {
    this.#state = { name: 'locating' };
    this.#host.locate(this.#options.trunk, this.#options.registrars[this.#registrar] ?? '');
  }

  #tryNext(nowMs: number): void {
    const [target, ...others] = this.#targets;
    this.#targets = others;
    if (target !== undefined) {
      this.#register(target, nowMs);
    } else if (this.#registrar + 1 < this.#options.registrars.length) {
      this.#registrar += 1;
      this.#locate();
    } else this.#wait(nowMs);
  }

  #register(flow: Flow, nowMs: number): void {
    this.#state = { name: 'registering', sent: this.#send(flow, this.#expiresS, this, nowMs) };
    const hasOthers = this.#targets.length > 0 || this.#registrar + 1 < this.#options.registrars.length;
    this.#host.schedule(this, hasOthers ? nowMs + ATTEMPT_MS : undefined);
  }

  /** Only who sent the latest request is told: what an earlier target says after all comes too late. */
  #send(flow: Flow, expiresS: number, user: ClientTransactionUser, nowMs: number): AuthenticatedRequest {
    const draft = {
      build: () => this.#request(flow, expiresS),
      flow,
      digest: this.#host.digestOf(this.#options.trunk),
      onRefusal: this.#host.noteRefusal,
    };
    const listener: ClientTransactionUser = {
      handleResponse: (response, source, atMs) => {
        if (this.#isCurrent(sent)) user.handleResponse(response, source, atMs);
      },
      handleFailure: (cause, atMs) => {
        if (this.#isCurrent(sent)) user.handleFailure(cause, atMs);
      },
    };
    const sent = new AuthenticatedRequest(this.#host.clients, draft, listener, nowMs);
    return sent;
  }

  #isCurrent(sent: AuthenticatedRequest): boolean {
    return (
      this.#state.name === 'leaving' || (this.#state.name === 'registering' && this.#state.sent === sent)
    );
  }

  #request(flow: Flow, expiresS: number): SipRequest {
    this.#sequence += 1;
    const { addressOfRecord, registrars } = this.#options;
    return {
      kind: 'request',
      method: 'REGISTER',
      requestUri: registrars[this.#registrar] ?? '',
      headers: [
        { name: 'Max-Forwards', value: '70' },
        { name: 'From', value: `<${addressOfRecord}>;tag=${this.#fromTag}` },
        { name: 'To', value: `<${addressOfRecord}>` },
        { name: 'Call-ID', value: this.#callId },
        { name: 'CSeq', value: `${this.#sequence} REGISTER` },
        { name: 'Contact', value: `<${this.#contact(flow)}>` },
        { name: 'Expires', value: String(expiresS) },
        // RFC 3327 section 5.1: edge proxies may stand between us and the registrar.
        { name: 'Supported', value: 'path' },
        ...this.#host.requestHeaders,
      ],
      body: new Uint8Array(0),
    };
  }

  #contact(flow: Flow): string {
    const isSecure = isSips(this.#options.registrars[this.#registrar] ?? '');
    return this.#host.contactUri(flow, this.#options.contactUser, isSecure);
  }

  #handleGranted(
    sent: AuthenticatedRequest,
    response: SipResponse,
    connectionId: number | undefined,
    nowMs: number,
  ): void {
    const { flow } = sent.transaction.prepared;
    const { expiresS, serviceRoute } = grantOf(response, this.#contact(flow), this.#expiresS);
    const { trunk, registrars } = this.#options;
    const address = `${withBrackets(flow.remoteAddress)}:${flow.remotePort}`;
    const registrar = registrars[this.#registrar] ?? '';
    const event = { kind: 'registered', trunk, registrar, address, expiresS, serviceRoute } as const;
    const told = JSON.stringify(event);
    if (told !== this.#binding?.told || !this.isRegistered(nowMs)) this.#host.tell(event);
    // Time enough for a registrar that is gone and the next one after it.
    const leadMs = Math.min(Math.max(LEAST_LEAD_MS, expiresS * 100), expiresS * 500);
    const untilMs = nowMs + expiresS * 1000;
    const refreshAtMs = untilMs - leadMs;
    const isSame = connectionId !== undefined && connectionId === this.#binding?.connectionId;
    const connectedAtMs = isSame ? this.#binding!.connectedAtMs : nowMs;
    this.#binding = { flow, connectionId, connectedAtMs, untilMs, refreshAtMs, told };
    this.#failures = 0;
    this.#state = { name: 'registered' };
    this.#keepAlive.begin(flow, nowMs);
    this.#host.schedule(this, refreshAtMs);
  }

  /** RFC 5626 section 4.5: doubled each time, and spread, so that a thousand clients do not come back at once. */
  #wait(nowMs: number): void {
    const ceilingMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    const spreadMs = ceilingMs * (0.5 + 0.5 * this.#host.random());
    const retryInMs = Math.round(Math.max(spreadMs, Math.min(this.#retryAfterMs, LONGEST_WAIT_MS)));
    this.#state = { name: 'waiting' };
    if (!this.isRegistered(nowMs)) this.#keepAlive.end();
    this.#host.schedule(this, nowMs + retryInMs);
    const { trunk } = this.#options;
    this.#host.tell({ kind: 'registration-failed', trunk, statusCode: this.#lastStatus, retryInMs });
  }

  #leave(): void {
    if (this.#state.name === 'over') return;
    this.#state = { name: 'over' };
    const wasRegistered = this.#binding !== undefined;
    this.#binding = undefined;
    if (wasRegistered) this.#host.tell({ kind: 'unregistered', trunk: this.#options.trunk });
    this.#host.forget(this.#options.trunk);
  }
}

/** How long one target may take where there are others: five sends over UDP. */
const ATTEMPT_MS = 10_000;
/** Ours: a registrar that restarts is not met by all its clients at once. */
const RETURN_MS = 4000;
/** A registrar that closes what it has just answered on is not asked every few seconds: it may do that always. */
const STEADY_MS = 60_000;
const MOST_SHORT_LIVES = 10;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 1_800_000;
const LEAST_LEAD_MS = 40_000;
/** Ours: what a registrar may ask for at least. A day. */
const LONGEST_S = 86_400;
