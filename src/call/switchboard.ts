/**
 * Every call of the process: takes what the SIP user agent tells, finds the flow for a new call, and sends each event
 * to the call it belongs to.
 */
import { SwitchError } from '../errors.ts';
import { invariant } from '../invariant.ts';
import type { Logger } from '../logger.ts';
import type { MediaPlane, WaitingPhone } from '../media/media-plane.ts';
import type { AudioPreferences, SrtpPreferences } from '../sdp/preferences.ts';
import type { Flow } from '../sip/flow.ts';
import { withBrackets } from '../sip/message/host.ts';
import type { HeaderField } from '../sip/message/message.ts';
import { maxForwardsOf } from '../sip/message/views.ts';
import type { SipEvent, SipSessionId } from '../sip/user-agent-events.ts';
import { AudioSocketCall } from './audio-socket-call.ts';
import { Call } from './call.ts';
import type { SipSessionUser } from './call-line.ts';
import type { CallOutRequest } from './call-out.ts';
import { partiesOf } from './caller.ts';
import { DialEnvironment, type OutboundAccess } from './dial-environment.ts';
import type { CallFlow } from './flow.ts';
import { IncomingCall, type IncomingCallOptions } from './incoming-call.ts';
import { OutboundCallLog } from './outbound-call-log.ts';
import { ReferableLine } from './referable-line.ts';
import { type Route, routeCall } from './routing.ts';
import type { RunningSession } from './running-session.ts';
import { newSessionId } from './session.ts';
import type { SessionServices } from './session-options.ts';
import { type SendCommand, signallingOf } from './session-signalling.ts';
import { audioSocketFacts, signallingFacts } from './signalling-facts.ts';

export interface SwitchboardOptions {
  readonly media: MediaPlane;
  readonly preferences: AudioPreferences;
  readonly routes: readonly Route[];
  readonly flows: ReadonlyMap<string, CallFlow>;
  readonly maxCalls: number;
  /** How media are encrypted in calls of a trunk that come over a flow; absent, or undefined: they are not. */
  readonly srtpFor?: (trunk: string | undefined, flow: Flow) => SrtpPreferences | undefined;
  /** Whether the peer at the other end of a flow sits behind NAT, by its trunk. */
  readonly symmetricRtpFor: (trunk: string | undefined) => boolean;
  /** The user part of our Contact at a trunk that we register with: its calls are for that, whatever was dialled. */
  readonly contactUserOf?: (trunk: string) => string | undefined;
  /** What SDP says to the peer of a flow, where the leg's own address does not reach it. */
  readonly mediaAddressFor: (flow: Flow) => string | undefined;
  /** How calls of ours reach others. */
  readonly outbound: OutboundAccess;
  readonly services: SessionServices;
  readonly log: Logger;
  readonly command: SendCommand;
}

export class Switchboard {
  readonly #options: SwitchboardOptions;
  readonly #dialling: DialEnvironment;
  /** Every SIP session that is not over, calls of ours to others too. */
  readonly #sessions = new Map<SipSessionId, SipSessionUser>();
  readonly #calls = new Set<Call>();
  readonly #incoming = new Map<SipSessionId, Call>();
  /** From calls that are to take another's place, until they stand. */
  readonly #replacements = new Map<SipSessionId, SipSessionId>();
  /** The agents of calls that are over, as long as they are still being told of it. */
  readonly #parting = new Set<Promise<void>>();
  #onEmpty: (() => void) | undefined;

  constructor(options: SwitchboardOptions) {
    this.#options = options;
    const { outbound: access, preferences, srtpFor, services } = options;
    this.#dialling = new DialEnvironment({
      ...options,
      ...services,
      access,
      preferencesFor: (trunk, flow) => ({ ...preferences, srtp: srtpFor?.(trunk, flow) }),
      register: (session, user) => this.#sessions.set(session, user),
      forget: (session) => this.#sessions.delete(session),
    });
  }

  get activeCalls(): number {
    return this.#calls.size;
  }

  /** Calls of ours to others. */
  get outboundCalls(): number {
    return this.#dialling.running;
  }

  handle(event: SipEvent): void {
    if (event.kind === 'incoming-call') {
      try {
        this.#takeCall(event);
      } catch (error) {
        this.#options.log.error({ error }, 'a bug kept a call from being taken');
        this.#options.services.metrics.callRefused(SERVER_INTERNAL_ERROR);
        signallingOf(event.session, this.#options.command).reject(SERVER_INTERNAL_ERROR, []);
      }
      return;
    }
    this.#sessions.get(event.session)?.handle(event);
    if (event.kind === 'confirmed') this.#endReplaced(event.session);
    if (event.kind === 'ended' || event.kind === 'cancelled') this.#sessions.delete(event.session);
  }

  /**
   * Calls somebody for a flow. Resolves when the INVITE is on its way; the session begins with the answer, and without
   * one there is none. Rejects with `SwitchError`: `no-flow`, `no-phone-number`, `draining`,
   * `destination-not-allowed`, `no-outbound-route`, `too-many-outbound-calls`, `destination-unreachable`.
   */
  async callOut({ flow: name, to, ringTimeoutMs }: CallOutRequest): Promise<{ readonly sessionId: string }> {
    const { services, flows, maxCalls, log } = this.#options;
    const flow = flows.get(name);
    const refuse = (error: SwitchError): never => {
      log.warn({ reason: error.code, flow: name, to }, 'a call to somebody else is refused');
      services.metrics.outboundRefused(error.code);
      throw error;
    };
    if (flow === undefined) return refuse(new SwitchError('no-flow', name));
    const { phoneNumber } = flow;
    if (phoneNumber === undefined) return refuse(new SwitchError('no-phone-number', name));
    if (this.#calls.size >= maxCalls)
      return refuse(new SwitchError('too-many-outbound-calls', 'limits.maxCalls'));
    const sessionId = newSessionId();
    const direction = 'outbound';
    const own = { accountId: flow.accountId, phoneNumber, flow: name };
    const placed = Promise.withResolvers<void>();
    const callLog = new OutboundCallLog(log.child({ flow: name, session: sessionId }));
    const call: Call = new Call({
      flow,
      info: { id: sessionId, direction, from: phoneNumber, to, ...own },
      callId: sessionId,
      trunk: undefined,
      maxForwards: MAX_FORWARDS,
      dialling: this.#dialling,
      services,
      transport: undefined,
      log: callLog,
      onTrying: (callId, trunk) => callLog.name({ callId, trunk }),
      onPlaced: (failure) => {
        if (failure === undefined) placed.resolve();
        else placed.reject(failure.error ?? new SwitchError('destination-unreachable', failure.reason));
      },
      onOver: (parted) => this.#forget(call, parted),
    });
    this.#calls.add(call);
    call.place({ to, caller: { name: undefined, number: phoneNumber } }, ringTimeoutMs ?? LONGEST_RINGING_MS);
    await placed.promise;
    return { sessionId };
  }

  /** By `SessionInfo.id`; undefined when it is over, or never was. */
  sessionById(id: string): RunningSession | undefined {
    for (const { running } of this.#calls) if (running?.info.id === id) return running;
    return undefined;
  }

  /**
   * Resolves when the last call is over, or has been ended because `deadlineMs` passed, and the agents have been told,
   * which may take a while of its own.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#dialling.drain();
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
      let cancel = services.timers.schedule(deadlineMs, () => {
        log.warn({ calls: this.#calls.size }, 'ending the calls that are left');
        // Not every line tells its end at once.
        cancel = services.timers.schedule(PARTING_MS, resolve);
        for (const call of [...this.#calls])
          call.hangUp('error', { reason: 'SIP;cause=503;text="shutting down"' });
      });
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Takes a call that came over AudioSocket, for a flow; `trunk` is whose address it came from. */
  takePhone(phone: WaitingPhone, name: string, trunk: string | undefined): void {
    const { services, media, flows, maxCalls, log } = this.#options;
    const { uuid, remoteAddress, remotePort } = phone;
    const offeredLog = log.child({ callId: uuid, trunk });
    const flow = flows.get(name);
    invariant(flow !== undefined, 'the configuration refuses listeners for flows that do not exist');
    services.metrics.callOffered();
    if (this.#calls.size >= maxCalls) {
      offeredLog.warn({ statusCode: 503 }, 'call refused: limits.maxCalls is reached');
      services.metrics.callRefused(503);
      phone.refuse();
      return;
    }
    const number = flow.phoneNumber ?? uuid;
    const id = newSessionId();
    const callLog = offeredLog.child({ flow: flow.name, session: id });
    const call: Call = new Call({
      flow,
      info: {
        id,
        accountId: flow.accountId,
        direction: 'inbound',
        from: '',
        to: number,
        phoneNumber: number,
        flow: flow.name,
        signalling: audioSocketFacts(uuid, `${withBrackets(remoteAddress)}:${remotePort}`, trunk),
      },
      callId: uuid,
      // What SIP could do for callers of this trunk, AudioSocket cannot.
      trunk: undefined,
      maxForwards: MAX_FORWARDS,
      dialling: this.#dialling,
      services,
      transport: 'audio-socket',
      log: callLog,
      onOver: (parted) => this.#forget(call, parted),
    });
    const line = new AudioSocketCall({
      phone,
      plane: media,
      waits: flow.agent.answersItself === true,
      timers: services.timers,
      metrics: services.metrics,
      user: call,
      log: callLog,
    });
    this.#calls.add(call);
    call.take(line, undefined).catch((error: unknown) => call.handleBug(error));
  }

  #takeCall(event: Extract<SipEvent, { kind: 'incoming-call' }>): void {
    const { services, routes, flows, maxCalls, log } = this.#options;
    const { request, session, flow: sipFlow } = event;
    services.metrics.callOffered();
    const contactUser = event.trunk === undefined ? undefined : this.#options.contactUserOf?.(event.trunk);
    const parties = partiesOf(request, contactUser);
    const offeredLog = log.child({ callId: parties.callId, trunk: event.trunk });
    const signalling = signallingOf(session, this.#options.command);
    const refuse = (statusCode: number, headers: readonly HeaderField[], message: string): void => {
      offeredLog.warn({ statusCode, to: parties.to, from: parties.from }, message);
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
    const maxForwards = (maxForwardsOf(request) ?? MAX_FORWARDS) - 1;
    const id = newSessionId();
    const callLog = offeredLog.child({ flow: flow.name, session: id });
    const call: Call = new Call({
      flow,
      info: {
        id,
        accountId: flow.accountId,
        direction: 'inbound',
        from: parties.from,
        to: parties.to,
        phoneNumber: flow.phoneNumber ?? parties.to,
        flow: flow.name,
        signalling: signallingFacts(event, parties.callId),
      },
      callId: parties.callId,
      trunk: event.trunk,
      maxForwards,
      dialling: this.#dialling,
      services,
      transport: sipFlow.transport,
      log: callLog,
      onOver: (parted) => {
        this.#replacements.delete(session);
        this.#incoming.delete(session);
        this.#forget(call, parted);
      },
    });
    const options: Omit<IncomingCallOptions, 'user'> = {
      signalling,
      media: {
        plane: this.#options.media,
        callId: parties.callId,
        family: sipFlow.localAddress.includes(':') ? 'ipv6' : 'ipv4',
        symmetricRtp: this.#options.symmetricRtpFor(event.trunk),
        preferences: { ...this.#options.preferences, srtp: this.#options.srtpFor?.(event.trunk, sipFlow) },
        mediaAddress: this.#options.mediaAddressFor(sipFlow),
        clock: services.clock,
        metrics: services.metrics,
        log: callLog,
      },
      answerAfterMs: flow.agent.answersItself === true ? undefined : flow.answerAfterMs,
      trunk: event.trunk,
      timers: services.timers,
      opening: call,
      log: callLog,
    };
    const caller = { name: flow.name, number: parties.to };
    const { line, dialog: incoming } = ReferableLine.open(
      { user: call, access: this.#dialling, caller, maxForwards, log: callLog },
      (user) => new IncomingCall({ ...options, user }),
    );
    this.#calls.add(call);
    this.#incoming.set(session, call);
    this.#sessions.set(session, incoming);
    if (event.replaces !== undefined) this.#replacements.set(session, event.replaces);
    call.take(incoming, event.offer, line).catch((error: unknown) => call.handleBug(error));
  }

  /** The call that took another's place stands: "the UA … MUST … shut down the replaced dialog" (RFC 3891 section 3). */
  #endReplaced(session: SipSessionId): void {
    const replaced = this.#replacements.get(session);
    if (replaced === undefined) return;
    this.#replacements.delete(session);
    this.#incoming.get(replaced)?.hangUp('transferred', { reason: 'SIP;cause=200;text="Replaced"' });
  }

  #forget(call: Call, parted: Promise<void>): void {
    this.#parting.add(parted);
    void parted.then(() => this.#parting.delete(parted));
    this.#calls.delete(call);
    if (this.#calls.size === 0) this.#onEmpty?.();
  }
}

/** RFC 3261 section 8.1.1.6. */
const MAX_FORWARDS = 70;
const LONGEST_RINGING_MS = 60_000;
const SERVER_INTERNAL_ERROR = 500;
/** For the last event of each agent: a webhook's usual time to answer. */
const PARTING_MS = 5_000;
