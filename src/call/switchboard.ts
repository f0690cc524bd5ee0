/**
 * Every call of the process: takes what the SIP user agent tells, finds the flow for a new call, and sends each event
 * to the call it belongs to.
 */
import { SwitchError } from '../errors.ts';
import { invariant } from '../invariant.ts';
import type { Logger } from '../logger.ts';
import type { MediaPlane } from '../media/media-plane.ts';
import type { AudioPreferences, SrtpPreferences } from '../sdp/preferences.ts';
import type { Flow } from '../sip/flow.ts';
import type { HeaderField } from '../sip/message/message.ts';
import type { SipUserAgent } from '../sip/user-agent.ts';
import type { SipEvent, SipOutput, SipSessionId } from '../sip/user-agent-events.ts';
import { Call, type CallSignalling } from './call.ts';
import type { CallOutRequest } from './call-out.ts';
import { partiesOf } from './caller.ts';
import type { CallFlow } from './flow.ts';
import { type Route, routeCall } from './routing.ts';
import type { RunningSession } from './running-session.ts';
import { newSessionId, type SessionServices } from './session.ts';

export interface SwitchboardOptions {
  readonly media: MediaPlane;
  readonly preferences: AudioPreferences;
  readonly routes: readonly Route[];
  readonly flows: ReadonlyMap<string, CallFlow>;
  readonly maxCalls: number;
  /** How media are encrypted in calls of a trunk that come over a flow; absent, or undefined: they are not. */
  readonly srtpFor?: (trunk: string | undefined, flow: Flow) => SrtpPreferences | undefined;
  /** Whether the peer at the other end of a flow sits behind NAT, by its trunk. */
  readonly symmetricRtpFor: (flow: Flow) => boolean;
  /** The user part of our Contact at a trunk that we register with: its calls are for that, whatever was dialled. */
  readonly contactUserOf?: (trunk: string) => string | undefined;
  /** What SDP says to the peer of a flow, where the leg's own address does not reach it. */
  readonly mediaAddressFor: (flow: Flow) => string | undefined;
  readonly services: SessionServices;
  readonly log: Logger;
  /** How a command reaches the SIP user agent. */
  readonly command: (act: (userAgent: SipUserAgent, nowMs: number) => SipOutput[]) => void;
}

export class Switchboard {
  readonly #options: SwitchboardOptions;
  readonly #calls = new Map<SipSessionId, Call>();
  /** From calls that are to take another's place, until they stand. */
  readonly #replacements = new Map<SipSessionId, SipSessionId>();
  /** The agents of calls that are over, as long as they are still being told of it. */
  readonly #parting = new Set<Promise<void>>();
  #onEmpty: (() => void) | undefined;

  constructor(options: SwitchboardOptions) {
    this.#options = options;
  }

  get activeCalls(): number {
    return this.#calls.size;
  }

  /** Calls of ours to others. */
  get outboundCalls(): number {
    return 0;
  }

  handle(event: SipEvent): void {
    if (event.kind === 'incoming-call') {
      try {
        this.#takeCall(event);
      } catch (error) {
        this.#options.log.error({ error }, 'a bug kept a call from being taken');
        this.#options.services.metrics.callRefused(SERVER_INTERNAL_ERROR);
        this.#signallingFor(event.session).reject(SERVER_INTERNAL_ERROR, []);
      }
      return;
    }
    const call = this.#calls.get(event.session);
    if (event.kind === 'refer') {
      // Calls of ours to others are for the agent to ask for, not for the caller.
      this.#options.command((userAgent, nowMs) => userAgent.rejectRefer(event.session, DECLINE, nowMs));
      return;
    }
    try {
      if (call !== undefined) dispatch(call, event);
      if (event.kind === 'confirmed') this.#endReplaced(event.session);
    } catch (error) {
      call?.crash(error);
    }
  }

  /**
   * Calls somebody for a flow. Resolves when the INVITE is on its way; the session begins with the answer, and without
   * one there is none. Rejects with `SwitchError`: `no-flow`, `no-phone-number`, `draining`,
   * `destination-not-allowed`, `no-outbound-route`, `too-many-outbound-calls`, `destination-unreachable`.
   */
  async callOut({ flow: name, to }: CallOutRequest): Promise<{ readonly sessionId: string }> {
    const flow = this.#options.flows.get(name);
    if (flow === undefined) throw new SwitchError('no-flow', name);
    if (flow.phoneNumber === undefined) throw new SwitchError('no-phone-number', name);
    throw new SwitchError('no-outbound-route', to);
  }

  /** By `SessionInfo.id`; undefined when it is over, or never was. */
  sessionById(id: string): RunningSession | undefined {
    for (const call of this.#calls.values()) if (call.session?.info.id === id) return call.session;
    return undefined;
  }

  /**
   * Resolves when the last call is over, or has been ended because `deadlineMs` passed, and the agents have been told,
   * which may take a while of its own.
   */
  async drain(deadlineMs: number): Promise<void> {
    if (this.#calls.size > 0) await this.#emptied(deadlineMs);
    const { timers } = this.#options.services;
    await new Promise<void>((resolve) => {
      const cancel = timers.schedule(PARTING_MS, resolve);
      void Promise.all(this.#parting).then(() => {
        cancel();
        resolve();
      });
    });
  }

  async #emptied(deadlineMs: number): Promise<void> {
    const { services, log } = this.#options;
    await new Promise<void>((resolve) => {
      const cancel = services.timers.schedule(deadlineMs, () => {
        log.warn({ calls: this.#calls.size }, 'ending the calls that are left');
        for (const call of this.#calls.values()) call.hangUp('error', 'SIP;cause=503;text="shutting down"');
        resolve();
      });
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
    });
  }

  #takeCall(event: Extract<SipEvent, { kind: 'incoming-call' }>): void {
    const { services, routes, flows, maxCalls, log } = this.#options;
    const { request, session, flow: sipFlow } = event;
    services.metrics.callOffered();
    const contactUser = event.trunk === undefined ? undefined : this.#options.contactUserOf?.(event.trunk);
    const parties = partiesOf(request, contactUser);
    const callLog = log.child({ callId: parties.callId, trunk: event.trunk });
    const signalling = this.#signallingFor(session);
    const refuse = (statusCode: number, headers: readonly HeaderField[], message: string): void => {
      callLog.warn({ statusCode, to: parties.to, from: parties.from }, message);
      services.metrics.callRefused(statusCode);
      signalling.reject(statusCode, headers);
    };
    if (this.#calls.size >= maxCalls) {
      refuse(503, [{ name: 'Retry-After', value: '10' }], 'call refused: limits.maxCalls is reached');
      return;
    }
    const name = routeCall(parties.to, routes, new Set(flows.keys()));
    if (name === undefined) {
      refuse(404, [], 'call refused: no route matches the dialled number');
      return;
    }
    const flow = flows.get(name);
    invariant(flow !== undefined, 'the configuration refuses routes to flows that do not exist');
    const call = new Call({
      signalling,
      media: this.#options.media,
      preferences: { ...this.#options.preferences, srtp: this.#options.srtpFor?.(event.trunk, sipFlow) },
      mediaAddress: this.#options.mediaAddressFor(sipFlow),
      symmetricRtp: this.#options.symmetricRtpFor(sipFlow),
      family: sipFlow.localAddress.includes(':') ? 'ipv6' : 'ipv4',
      flow,
      info: {
        id: newSessionId(),
        accountId: flow.accountId,
        direction: 'inbound',
        from: parties.from,
        to: parties.to,
        phoneNumber: flow.phoneNumber ?? parties.to,
        flow: flow.name,
      },
      callId: parties.callId,
      services,
      log: callLog,
      onOver: (parted) => this.#forget(session, parted),
    });
    this.#calls.set(session, call);
    if (event.replaces !== undefined) this.#replacements.set(session, event.replaces);
    call.begin(event.offer).catch((error: unknown) => call.crash(error));
  }

  #signallingFor(session: SipSessionId): CallSignalling {
    const { command } = this.#options;
    return {
      ring: () => command((userAgent, nowMs) => userAgent.ring(session, 180, undefined, nowMs)),
      answer: (sdp) => command((userAgent, nowMs) => userAgent.answer(session, sdp, nowMs)),
      reject: (statusCode, headers) =>
        command((userAgent, nowMs) =>
          userAgent.reject(session, statusCode, { headers: [...headers] }, nowMs),
        ),
      acceptReoffer: (sdp) => command((userAgent, nowMs) => userAgent.acceptReoffer(session, sdp, nowMs)),
      rejectReoffer: (statusCode, headers) =>
        command((userAgent, nowMs) => userAgent.rejectReoffer(session, statusCode, [...headers], nowMs)),
      hangUp: (reason) =>
        command((userAgent, nowMs) =>
          userAgent.hangUp(session, reason === undefined ? {} : { reason }, nowMs),
        ),
    };
  }

  /** The call that took another's place stands: "the UA … MUST … shut down the replaced dialog" (RFC 3891 section 3). */
  #endReplaced(session: SipSessionId): void {
    const replaced = this.#replacements.get(session);
    if (replaced === undefined) return;
    this.#replacements.delete(session);
    this.#calls.get(replaced)?.hangUp('transferred', 'SIP;cause=200;text="Replaced"');
  }

  #forget(session: SipSessionId, parted: Promise<void>): void {
    this.#parting.add(parted);
    void parted.then(() => this.#parting.delete(parted));
    this.#replacements.delete(session);
    this.#calls.delete(session);
    if (this.#calls.size === 0) this.#onEmpty?.();
  }
}

function dispatch(call: Call, event: SipEvent): void {
  switch (event.kind) {
    case 'cancelled':
      call.handleEnded('remote', 487);
      return;
    case 'confirmed':
      call.handleConfirmed(event.answer);
      return;
    case 'reoffer':
      call.handleReoffer(event.offer);
      return;
    case 'reoffer-answered':
    case 'reinvite-answered':
      call.handleReofferAnswered(event.answer);
      return;
    case 'info':
      call.handleInfo(event.contentType, event.body);
      return;
    case 'ended':
      call.handleEnded(event.by, event.statusCode);
      return;
    // Of calls that we place, and of those that the switchboard itself takes.
    case 'incoming-call':
    case 'refer':
    case 'refer-progress':
    case 'reinvite-refused':
    case 'ringing':
    case 'answered':
      return;
  }
}

const DECLINE = 603;
const SERVER_INTERNAL_ERROR = 500;
/** For the last event of each agent: a webhook's usual time to answer. */
const PARTING_MS = 5_000;
