/** The composition root: makes every part from the configuration, joins them, starts and stops them. */
import { createAdminServer, listen } from './admin/admin-server.ts';
import { Metrics } from './admin/metrics.ts';
import { Readiness } from './admin/readiness.ts';
import { Api } from './app/api.ts';
import { AsteriskDoors } from './app/asterisk-doors.ts';
import { prepareFlowSounds } from './app/flow-sounds.ts';
import { createCallFlows } from './app/flows.ts';
import { createListener } from './app/listening.ts';
import { LoadGuard } from './app/load-guard.ts';
import { MediaEncryption } from './app/media-encryption.ts';
import { type MediaAddress, MediaPool } from './app/media-pool.ts';
import { OverloadReport } from './app/overload-report.ts';
import { SipStack } from './app/sip-stack.ts';
import { createSounds } from './app/sounds.ts';
import { Switchboard } from './call/switchboard.ts';
import { systemClock } from './clock.ts';
import type { Config, MediaConfig } from './config/config.ts';
import type { Logger } from './logger.ts';
import type { LocalAddresses } from './net/local-address.ts';
import type { SipListening } from './net/sip-transport.ts';
import type { NegotiatedAudio } from './sdp/negotiated.ts';
import type { Flow } from './sip/flow.ts';
import { createSynthesizer } from './speech/tts/create-synthesizer.ts';
import { createProviderSynthesizer } from './speech/tts/provider-synthesizer.ts';

export interface App {
  readonly listening: readonly SipListening[];
  /** Where Asterisks may call over AudioSocket. */
  readonly asteriskListening: readonly { readonly address: string; readonly port: number }[];
  /** Where the admin API answers; undefined when it is switched off. */
  readonly adminUrl: string | undefined;
  /** Where the HTTP API answers; undefined when it is off. */
  readonly apiUrl: string | undefined;
  /** Reads certificates and keys again; calls go on. */
  reloadCertificates(): void;
  /** Takes no new calls, lets those in progress end for up to `limits.drainS`, then ends them and stops. */
  stop(): Promise<void>;
}

/** Rejects with `SwitchError`: `port-in-use`, `config-invalid`. */
export async function startApp(config: Config, log: Logger): Promise<App> {
  const metrics = new Metrics();
  // Before any thread is started: a sound that cannot be read ends the start.
  const flows = createCallFlows(config, metrics);
  const builtIn = createSynthesizer({ ...config.speech, log, timers: systemClock });
  const synthesizer = createProviderSynthesizer({
    ...config.speech,
    builtIn,
    log,
    clock: systemClock,
    onFailure: (provider, reason) => metrics.speechProviderFailed(provider, reason),
  });
  const listener = createListener(config, log);
  const sounds = createSounds(config.sounds, systemClock, log);
  const media = new MediaPool({
    ...config.media,
    ipv4: mediaAddress(config.media.address, config.media.publicAddress),
    ipv6: mediaAddress(config.media.addressIpv6, config.media.publicAddressIpv6),
    log,
    onTotals: (worker, totals) => {
      metrics.mediaTotals(worker, totals);
      load.noteMediaLateness(worker, totals.tickLatenessMs.p50);
    },
    onPhone: (phone, index) => asterisks.take(phone, index),
  });
  const load = new LoadGuard({
    maxSetupsPerSecond: config.limits.maxSetupsPerSecond ?? undefined,
    longestOpeningMs: (nowMs) => media.longestOpeningMs(nowMs),
  });
  const overloads = new OverloadReport(log, systemClock);
  const overload = (nowMs: number): number | undefined => {
    const reason = load.judge(nowMs);
    if (reason === undefined) return undefined;
    overloads.note(reason);
    metrics.callShed();
    return OVERLOAD_RETRY_AFTER_S;
  };
  const sip: SipStack = new SipStack({
    sip: config.sip,
    trunks: config.trunks,
    clock: systemClock,
    log,
    onEvent: (event) => switchboard.handle(event),
    overload,
    onTurn: (listener, isUnread) => load.noteTurn(listener, isUnread, systemClock.nowMs()),
    onMessage: (direction, transport) => metrics.sipMessage(direction, transport),
  });
  const encryption = new MediaEncryption(config.trunks, log);
  const switchboard = new Switchboard({
    media,
    preferences: { codecs: config.media.codecs, order: 'offer' },
    routes: config.routes,
    flows: flows.byName,
    maxCalls: config.limits.maxCalls,
    srtpFor: (trunk, flow) => encryption.preferencesFor(trunk, flow),
    symmetricRtpFor: (trunk) => sip.isSymmetricRtp(trunk),
    contactUserOf: (trunk) => sip.contactUser(trunk),
    outbound: sip.outbound(config.outbound),
    mediaAddressFor: (flow) => mediaAddressTold(config.media, flow, sip.localAddresses),
    services: {
      synthesizer,
      listener,
      clips: sounds.clips,
      clock: systemClock,
      timers: systemClock,
      metrics,
      random: Math.random,
    },
    log,
    command: (act) => sip.signalling.command(act),
  });
  const asterisks: AsteriskDoors = new AsteriskDoors({
    ...config.asteriskAudioSocket,
    trunks: config.trunks,
    media,
    onCall: (phone, flow, trunk) => switchboard.takePhone(phone, flow, trunk),
  });
  metrics.observe({
    activeCalls: () => switchboard.activeCalls,
    outboundCalls: () => switchboard.outboundCalls,
    callsShed: () => overloads.counts,
    sipRefusals: () => sip.refusals,
    sipSessions: () => sip.userAgent.sessions,
    sipTransactions: () => sip.userAgent.transactions,
    registrations: () => sip.registrations,
    speechCache: () => builtIn.stats.cache,
    listening: () => listener.totals,
  });
  const readiness = new Readiness();
  const admin = createAdminServer({ metrics, readiness, log });
  const retryAfterS = RETRY_AFTER_S;
  const api = new Api({ config, calls: switchboard, clock: systemClock, metrics, log, retryAfterS });

  async function close(): Promise<void> {
    overloads.stop();
    await Promise.all([
      sip.stop(),
      media.close(),
      admin.close(),
      api.close(),
      flows.close(),
      synthesizer.close(),
      builtIn.close(),
      listener.close(),
      sounds.close(),
    ]);
  }

  try {
    await Promise.all([
      prepareFlowSounds(flows.byName, sounds.clips, codecsOf(config), log),
      builtIn.prepare(),
    ]);
    await sip.start();
    await asterisks.open();
    const adminPort = config.admin.enabled
      ? await listen(admin, config.admin.address, config.admin.port)
      : undefined;
    const apiUrl = await api.start();
    readiness.started();
    return {
      listening: sip.listening,
      asteriskListening: asterisks.listening,
      adminUrl: adminPort === undefined ? undefined : `http://${config.admin.address}:${adminPort}`,
      apiUrl,
      reloadCertificates() {
        sip.reloadCertificates();
        api.reloadCertificates();
      },
      async stop() {
        readiness.drain();
        sip.drain(RETRY_AFTER_S);
        await asterisks.close();
        await switchboard.drain(config.limits.drainS * 1000);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What legs may speak. */
function codecsOf({ media, asteriskAudioSocket }: Config): NegotiatedAudio['codec'][] {
  return asteriskAudioSocket.listen.length === 0 ? [...media.codecs] : [...media.codecs, 'SLIN', 'SLIN16'];
}

function mediaAddress(bind: string | undefined, told: string | undefined): MediaAddress | undefined {
  return bind === undefined ? undefined : { bind, advertised: told ?? bind };
}

/** A leg bound to every interface is told by the address that its peer can reach. */
function mediaAddressTold(media: MediaConfig, flow: Flow, addresses: LocalAddresses): string | undefined {
  const isIpv6 = flow.localAddress.includes(':');
  const bound = isIpv6 ? media.addressIpv6 : media.address;
  const told = isIpv6 ? media.publicAddressIpv6 : media.publicAddress;
  return bound && addresses.toldTo(flow.remoteAddress, bound, told);
}

/** Ours: longer than a rush lasts that could be followed by two. */
const OVERLOAD_RETRY_AFTER_S = 2;
/** Long enough for a restart. */
const RETRY_AFTER_S = 30;
