/** What calls of ours have in common: where they may go, how many there may be, and how they reach the wire. */
import type { Clock, Timers } from '../clock.ts';
import { SwitchError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { MediaLeg, MediaPlane } from '../media/media-plane.ts';
import type { AudioPreferences } from '../sdp/preferences.ts';
import type { Flow } from '../sip/flow.ts';
import type { HeaderField } from '../sip/message/message.ts';
import type { SipSessionId } from '../sip/user-agent-events.ts';
import type { DialogUser, SipSessionUser } from './call-line.ts';
import type { CallMedia, CallMediaOptions } from './call-media.ts';
import type { CallerId } from './caller-identity.ts';
import type { CallMetrics } from './metrics.ts';
import { OutboundLimits } from './outbound-limits.ts';
import { type OutboundRules, type OutboundWay, routeOutbound } from './outbound-routes.ts';
import { PlacedCall, type PlacedCallOpening, type PlacedCallUser } from './placed-call.ts';
import { ReferableLine, type ReferralAccess } from './referable-line.ts';
import type { SendCommand } from './session-signalling.ts';

/** One call that is to be made. */
export interface DialRequest {
  /** A number or a SIP URI. */
  readonly to: string;
  /** In place of the one the routes choose. */
  readonly trunk?: string | undefined;
  readonly caller: CallerId;
  readonly headers?: readonly HeaderField[];
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  /** Below 0: it has been forwarded too often. */
  readonly maxForwards: number;
  /** The media of a call whose place it takes: it goes on with their leg. */
  readonly inPlaceOf?: CallMedia | undefined;
  /** The leg that its own is to be joined with. */
  readonly beside?: MediaLeg | undefined;
  readonly log: Logger;
}

/** A server of a way, and the trunk whose rules hold there. */
export interface LocatedWay {
  readonly way: OutboundWay;
  readonly flow: Flow;
  /** By name; undefined where no trunks are configured. */
  readonly trunk: string | undefined;
}

/** How calls of ours reach others: the app's part of it. */
export interface OutboundAccess {
  readonly rules: OutboundRules;
  readonly limits: { readonly maxConcurrent: number; readonly perMinute: number };
  /** The servers of a URI, best first, and whose they are; those of nobody are left out. */
  locate(
    trunk: string | undefined,
    uri: string,
  ): Promise<readonly { readonly flow: Flow; readonly trunk: string | undefined }[]>;
  /** Whether a flow ends where it begins. */
  isOurs(flow: Flow): boolean;
  /** How we are known to whom a flow leads to. */
  hostFor(flow: Flow): string;
  /** What requests over a trunk go along: its registrar's Service-Route. */
  routesOf(trunk: string): readonly string[];
}

export interface DialEnvironmentOptions {
  readonly access: OutboundAccess;
  readonly media: MediaPlane;
  readonly preferencesFor: (trunk: string | undefined, flow: Flow) => AudioPreferences;
  readonly mediaAddressFor: (flow: Flow) => string | undefined;
  readonly symmetricRtpFor: (trunk: string | undefined) => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics: CallMetrics;
  readonly command: SendCommand;
  readonly register: (session: SipSessionId, user: SipSessionUser) => void;
  readonly forget: (session: SipSessionId) => void;
}

export class DialEnvironment implements ReferralAccess {
  readonly command: SendCommand;
  readonly timers: Timers;
  readonly metrics: CallMetrics;
  readonly register: DialEnvironmentOptions['register'];
  readonly forget: DialEnvironmentOptions['forget'];
  readonly hostFor: (flow: Flow) => string;
  readonly #options: DialEnvironmentOptions;
  readonly #limits: OutboundLimits;
  #isDraining = false;

  constructor(options: DialEnvironmentOptions) {
    this.#options = options;
    this.#limits = new OutboundLimits(options.clock, options.access.limits);
    this.command = options.command;
    this.timers = options.timers;
    this.metrics = options.metrics;
    this.register = options.register;
    this.forget = options.forget;
    this.hostFor = (flow) => options.access.hostFor(flow);
  }

  /** Calls of ours now. */
  get running(): number {
    return this.#limits.running;
  }

  get rules(): OutboundRules {
    return this.#options.access.rules;
  }

  /** Begins no more. */
  drain(): void {
    this.#isDraining = true;
  }

  dial(request: DialRequest, user: PlacedCallUser): ReferableLine {
    const { caller, maxForwards, log } = request;
    const options = { user, access: this, caller, maxForwards, log };
    const opened = ReferableLine.open(options, (dialogUser) => this.place(request, dialogUser, user));
    opened.dialog.begin();
    return opened.line;
  }

  /** A call that is not begun yet. */
  place(request: DialRequest, user: DialogUser, opening: PlacedCallOpening): PlacedCall {
    return new PlacedCall(this, request, user, opening);
  }

  /** The way a call may go; it counts from now on until `release`. Throws `SwitchError`. */
  admit({ to, trunk, maxForwards }: DialRequest): OutboundWay {
    if (this.#isDraining) throw new SwitchError('draining');
    if (maxForwards < 0) throw new SwitchError('too-many-hops');
    const routed = routeOutbound(this.rules, to, trunk);
    if (!routed.ok) throw new SwitchError(routed.reason);
    if (!this.#limits.take()) throw new SwitchError('too-many-outbound-calls');
    return routed.value;
  }

  release(): void {
    this.#limits.release();
  }

  /** The first of a redirection's contacts that may be called and has not been. */
  redirection(
    contacts: readonly string[],
    tried: ReadonlySet<string>,
    { log }: DialRequest,
  ): OutboundWay | undefined {
    for (const contact of contacts) {
      const routed = routeOutbound(this.rules, contact);
      if (!routed.ok) {
        log.warn({ reason: routed.reason, to: contact }, 'a redirection is not followed');
        this.metrics.outboundRefused(routed.reason);
      } else if (!tried.has(routed.value.requestUri)) return routed.value;
    }
    return undefined;
  }

  async locate(way: OutboundWay): Promise<{ located: LocatedWay[]; isLoop: boolean }> {
    const { access } = this.#options;
    const servers = await access.locate(way.trunk?.name, way.server);
    const others = servers.filter(({ flow }) => !access.isOurs(flow));
    return {
      located: others.map((server) => ({ ...server, way })),
      isLoop: servers.length > 0 && others.length === 0,
    };
  }

  routesOf(trunk: string | undefined): readonly string[] {
    return trunk === undefined ? [] : this.#options.access.routesOf(trunk);
  }

  /** What its media need to know of a call. */
  media(
    { flow, trunk }: LocatedWay,
    { beside, log }: DialRequest,
  ): Omit<CallMediaOptions, 'acceptReoffer' | 'rejectReoffer' | 'onAgreed' | 'onLost' | 'onEvent'> {
    const { media, preferencesFor, mediaAddressFor, symmetricRtpFor, clock, metrics } = this.#options;
    return {
      plane: media,
      callId: 'outbound',
      family: flow.localAddress.includes(':') ? 'ipv6' : 'ipv4',
      symmetricRtp: symmetricRtpFor(trunk),
      beside,
      preferences: preferencesFor(trunk, flow),
      mediaAddress: mediaAddressFor(flow),
      clock,
      metrics,
      log,
    };
  }
}
