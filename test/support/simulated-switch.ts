import type { AgentFactory } from '../../src/agent/agent.ts';
import type { CallFlow } from '../../src/call/flow.ts';
import type { OutboundRules } from '../../src/call/outbound-routes.ts';
import type { Route } from '../../src/call/routing.ts';
import { Signalling } from '../../src/call/signalling.ts';
import { Switchboard } from '../../src/call/switchboard.ts';
import type { Logger } from '../../src/logger.ts';
import type { AudioCodecName } from '../../src/sdp/negotiated.ts';
import type { Flow } from '../../src/sip/flow.ts';
import { parseUri } from '../../src/sip/message/uri.ts';
import type { TrunkDirectory } from '../../src/sip/trunk.ts';
import type { ClipStore } from '../../src/sound/clip-store.ts';
import type { Listener } from '../../src/speech/listener.ts';
import type { SpeechChunk, SpeechRequest, Synthesizer } from '../../src/speech/tts/synthesizer.ts';
import { tone } from './audio.ts';
import { CountingMetrics } from './counting-metrics.ts';
import { RecordingLogger } from './recording-host.ts';
import { SimulatedMediaPlane } from './simulated-media.ts';
import { simulatedUserAgent } from './simulated-phone.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { VirtualEndpoint, VirtualNetwork } from './virtual-network.ts';
import { wavClips } from './wav-clips.ts';

/** The whole switch in virtual time, from SIP message to mixer: only sockets, threads and speech are simulated. */
export class SimulatedSwitch {
  readonly switchboard: Switchboard;
  readonly media: SimulatedMediaPlane;
  readonly log: RecordingLogger = new RecordingLogger();
  readonly metrics: CountingMetrics = new CountingMetrics();

  constructor(options: SimulatedSwitchOptions) {
    const { clock, network, address = '192.0.2.1' } = options;
    const sip: VirtualEndpoint = { address, port: 5060 };
    this.media = new SimulatedMediaPlane({ clock, network, address, ...options.media });
    const signalling: Signalling = new Signalling({
      userAgent: simulatedUserAgent(`sip:${address}:5060`, 11, options.trunks),
      sender: {
        send: (flow, message) =>
          network.send(message, sip, { address: flow.remoteAddress, port: flow.remotePort }),
      },
      clock,
      timers: clock,
      onEvent: (event) => this.switchboard.handle(event),
      onBug: (error) => {
        throw error;
      },
    });
    this.switchboard = new Switchboard({
      media: this.media,
      preferences: { codecs: options.codecs ?? ['PCMA', 'PCMU'], order: 'offer' },
      routes: options.routes ?? [],
      flows: new Map(options.flows.map((flow) => [flow.name, flow])),
      maxCalls: options.maxCalls ?? 100,
      symmetricRtpFor: () => false,
      mediaAddressFor: () => undefined,
      outbound: {
        rules: { allow: [], routes: [], trunks: new Map(), ...options.outbound?.rules },
        limits: { maxConcurrent: 50, perMinute: 1000, ...options.outbound?.limits },
        locate: (trunk, uri) => Promise.resolve(located(address, trunk, uri, options.outbound?.names ?? {})),
        isOurs: (flow) => flow.remoteAddress === address,
        hostFor: () => address,
        routesOf: (trunk) => options.outbound?.serviceRoutes?.[trunk] ?? [],
      },
      services: {
        synthesizer: options.synthesizer ?? toneSynthesizer,
        listener: options.listener,
        clips: options.clips ?? wavClips(),
        random: options.random ?? (() => 0),
        clock,
        timers: clock,
        metrics: this.metrics,
      },
      log: options.log ?? this.log,
      command: (act) => signalling.command(act),
    });
    network.bind(sip, (datagram, from) => {
      const flow = { transport: 'udp', localAddress: address, localPort: 5060 } as const;
      signalling.handleMessage(datagram, { ...flow, remoteAddress: from.address, remotePort: from.port });
    });
  }
}

export interface SimulatedSwitchOptions {
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  readonly flows: readonly CallFlow[];
  readonly routes?: readonly Route[];
  readonly codecs?: readonly AudioCodecName[];
  readonly maxCalls?: number;
  readonly address?: string;
  readonly synthesizer?: Synthesizer;
  readonly clips?: ClipStore;
  readonly random?: () => number;
  readonly listener?: Listener;
  /** Without rules nobody is called. */
  readonly outbound?: {
    readonly rules?: Partial<OutboundRules>;
    /** The servers of a name. */
    readonly names?: Readonly<Record<string, readonly string[]>>;
    /** What a trunk's registrar said calls go along. */
    readonly serviceRoutes?: Readonly<Record<string, readonly string[]>>;
    readonly limits?: { readonly maxConcurrent?: number; readonly perMinute?: number };
  };
  readonly trunks?: TrunkDirectory;
  /** In place of the one that is kept here. */
  readonly log?: Logger;
  readonly media?: { readonly maxLegs?: number; readonly silenceTimeoutMs?: number };
}

/** Hosts of URIs are numeric, or one of the names. */
function located(
  localAddress: string,
  trunk: string | undefined,
  uri: string,
  names: Readonly<Record<string, readonly string[]>>,
): { flow: Flow; trunk: string | undefined }[] {
  const parsed = parseUri(uri);
  const host = parsed?.kind === 'sip' ? parsed.host : '';
  return (names[host] ?? [host]).map((remoteAddress) => ({
    flow: { transport: 'udp', localAddress, localPort: 5060, remoteAddress, remotePort: 5060 },
    trunk,
  }));
}

export function simulatedFlow(agent: AgentFactory, parts: Partial<CallFlow> = {}): CallFlow {
  return {
    name: 'reception',
    accountId: 'acc-1',
    phoneNumber: undefined,
    agent,
    voice: { provider: undefined, language: undefined, voice: undefined },
    listening: { provider: undefined, languages: [], vocabulary: [], endOfTurnSilenceMs: 700 },
    ambience: undefined,
    fallbackAnnouncement: 'tone 600 500',
    answerAfterMs: 0,
    maxDurationMs: 3_600_000,
    ...parts,
  };
}

/** Speaks `tone 440 1000` as one second of 440 Hz at -12 dBFS, in chunks of 100 ms; `mute` fails. */
const toneSynthesizer: Synthesizer = {
  async *synthesize({ script }: SpeechRequest, signal: AbortSignal): AsyncGenerator<SpeechChunk> {
    const [kind, frequency = '', lengthMs = ''] = script.text.split(' ');
    if (kind !== 'tone') throw new Error(`no voice says ${script.text}`);
    const rateHz = 16_000;
    const lengthSamples = (Number(lengthMs) * rateHz) / 1000;
    const samples = tone(Number(frequency), { rateHz, lengthSamples, levelDb: -12 });
    for (let at = 0; at < samples.length && !signal.aborted; at += rateHz / 10) {
      yield { samples: samples.slice(at, at + rateHz / 10), rateHz };
    }
  },
};
