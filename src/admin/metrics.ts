/** Everything the service counts, in the form Prometheus reads. Names are documented by their help texts. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { AgentFailure, EndCause } from '../agent/agent.ts';
import type { AgentLineEnd } from '../audio/agent-line.ts';
import type { CallMetrics, TransferOutcome } from '../call/metrics.ts';
import type { LegStats } from '../media/command.ts';
import type { MediaWorkerTotals } from '../media/worker-messages.ts';
import { BoundedLabels } from './bounded-labels.ts';
import { Instruments } from './instruments.ts';
import { type ListeningCounts, observeListening } from './listening-metrics.ts';
import { MediaMetrics } from './media-metrics.ts';
import { OutboundMetrics } from './outbound-metrics.ts';

/** Counts that others keep; they are asked when Prometheus asks. */
export interface MetricSources {
  readonly activeCalls: () => number;
  /** Calls of ours to others. */
  readonly outboundCalls: () => number;
  /** Calls refused for load since the start, by reason. */
  readonly callsShed: () => ReadonlyMap<string, number>;
  /** SIP messages refused since the start, by reason. */
  readonly sipRefusals: () => ReadonlyMap<string, number>;
  readonly sipSessions: () => number;
  readonly sipTransactions: () => number;
  /** Whether each trunk that we register with has us, by its configured name. */
  readonly registrations: () => ReadonlyMap<string, boolean>;
  readonly speechCache: () => { readonly hits: number; readonly misses: number; readonly octets: number };
  /** Undefined before anyone was listened to. */
  readonly listening: () => ListeningCounts | undefined;
}

export class Metrics implements CallMetrics {
  readonly register: Registry = new Registry();
  readonly #instruments: Instruments = new Instruments(this.register);
  readonly #media: MediaMetrics = new MediaMetrics(this.#instruments);
  readonly #outbound: OutboundMetrics = new OutboundMetrics(this.#instruments);
  readonly #reasons: BoundedLabels = new BoundedLabels();

  readonly #offered = this.#instruments.counter(
    'calls_offered_total',
    'Calls that came in: INVITEs, and Asterisks over AudioSocket.',
  );
  readonly #answered = this.#instruments.counter('calls_answered_total', 'Calls that were answered.');
  readonly #refused = this.#instruments.counter(
    'calls_refused_total',
    'Calls never answered, by our final status.',
    'status',
  );
  readonly #ended = this.#instruments.counter(
    'calls_ended_total',
    'Answered calls that ended, by cause.',
    'cause',
  );
  readonly #duration = this.#instruments.histogram(
    'call_duration_seconds',
    'From answer to end.',
    [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600],
  );
  readonly #agentFailures = this.#instruments.counter(
    'agent_failures_total',
    'Agents that could not serve a call.',
    'reason',
  );
  readonly #agentLines = this.#instruments.counter(
    'agent_lines_ended_total',
    'Lines to agents that take and give audio, ended, by protocol and reason.',
    'protocol',
    'reason',
  );
  readonly #exchanges = this.#instruments.counter(
    'agent_exchanges_total',
    'Events told to webhooks, by outcome.',
    'outcome',
  );
  readonly #exchangeTime = this.#instruments.histogram(
    'agent_exchange_seconds',
    'From telling a webhook an event to its answer.',
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  );
  readonly #agentWarnings = this.#instruments.counter(
    'agent_warnings_total',
    'What agents sent and was not understood.',
  );
  readonly #reconnects = this.#instruments.counter(
    'agent_reconnects_total',
    'Agent connections lost in a call and renewed.',
  );
  readonly #apiRequests = this.#instruments.counter(
    'api_requests_total',
    'Requests to the HTTP API, by route and status.',
    'route',
    'status',
  );
  readonly #speechFailures = this.#instruments.counter(
    'speech_failures_total',
    'Utterances that could not be spoken.',
  );
  readonly #providerFailures = this.#instruments.counter(
    'speech_provider_failures_total',
    'Utterances for which a provider of speech failed, by reason.',
    'provider',
    'reason',
  );
  readonly #speechTime = this.#instruments.histogram(
    'speech_synthesis_seconds',
    'From asking for an utterance to its first sound.',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  );
  readonly #turns = this.#instruments.counter(
    'caller_turns_total',
    'What callers said, by whether it was words or noise.',
    'outcome',
  );
  readonly #replyTime = this.#instruments.histogram(
    'reply_seconds',
    "From the end of a caller's turn to the first sound of the answer.",
    [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10],
  );
  readonly #bargeIns = this.#instruments.counter(
    'barge_ins_total',
    "Agents' utterances that callers interrupted.",
  );
  readonly #listeningFailures = this.#instruments.counter(
    'listening_failures_total',
    'Callers who were not understood, by reason.',
    'reason',
  );
  /** By direction and transport: a counter of the library's takes longer than to parse the message. */
  readonly #sipMessages: Record<'received' | 'sent', Record<'udp' | 'tcp' | 'tls', number>> = {
    received: { udp: 0, tcp: 0, tls: 0 },
    sent: { udp: 0, tcp: 0, tls: 0 },
  };
  readonly #legJitter = this.#instruments.histogram(
    'rtp_jitter_seconds',
    'Interarrival jitter of closed legs (RFC 3550).',
    [0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16],
  );
  readonly #lost = this.#instruments.counter('rtp_lost_total', 'RTP packets of closed legs that never came.');
  readonly #concealed = this.#instruments.counter(
    'concealed_seconds_total',
    'Sound of closed legs that was made up.',
  );

  constructor() {
    collectDefaultMetrics({ register: this.register });
  }

  /** To be called once, when the sources exist. */
  observe(sources: MetricSources): void {
    const { activeCalls, sipRefusals, sipSessions, sipTransactions, registrations, speechCache } = sources;
    this.#instruments.gauge('calls_active', 'Calls now, ringing ones included.', [], (gauge) =>
      gauge.set(activeCalls()),
    );
    this.#instruments.gauge(
      'outbound_calls_active',
      'Calls to others now, ringing ones included.',
      [],
      (gauge) => gauge.set(sources.outboundCalls()),
    );
    this.#instruments.total(
      'calls_shed_total',
      'Calls refused with 503 because the switch could not follow, by what was late.',
      ['reason'],
      (counter) => {
        for (const [reason, count] of sources.callsShed()) counter.inc({ reason }, count);
      },
    );
    this.#instruments.total(
      'sip_dropped_total',
      'SIP messages not taken, by reason.',
      ['reason'],
      (counter) => {
        for (const [reason, count] of this.#reasons.sum(sipRefusals())) counter.inc({ reason }, count);
      },
    );
    this.#instruments.total('sip_messages_total', 'SIP messages.', ['direction', 'transport'], (counter) => {
      for (const [direction, counts] of Object.entries(this.#sipMessages)) {
        for (const [transport, count] of Object.entries(counts)) {
          if (count > 0) counter.inc({ direction, transport }, count);
        }
      }
    });
    this.#instruments.gauge('sip_sessions', 'SIP sessions, those being ended included.', [], (gauge) =>
      gauge.set(sipSessions()),
    );
    this.#instruments.gauge(
      'sip_transactions',
      'SIP transactions that have not run their course.',
      [],
      (gauge) => gauge.set(sipTransactions()),
    );
    observeListening(this.#instruments, sources.listening);
    this.#instruments.gauge(
      'registered',
      'Whether a trunk has us registered: 1 or 0.',
      ['trunk'],
      (gauge) => {
        for (const [trunk, isRegistered] of registrations()) gauge.set({ trunk }, isRegistered ? 1 : 0);
      },
    );
    this.#instruments.total(
      'speech_cache_total',
      'Sentences looked for among those spoken before.',
      ['result'],
      (counter) => {
        const { hits, misses } = speechCache();
        counter.inc({ result: 'hit' }, hits);
        counter.inc({ result: 'miss' }, misses);
      },
    );
    this.#instruments.gauge('speech_cache_bytes', 'Memory of sentences spoken before.', [], (gauge) =>
      gauge.set(speechCache().octets),
    );
  }

  callOffered(): void {
    this.#offered.inc();
  }

  callRefused(statusCode: number): void {
    this.#refused.inc({ status: statusCode });
  }

  /** A new call was refused for load before anything was done for it. */
  callShed(): void {
    this.callOffered();
    this.callRefused(503);
  }

  callAnswered(): void {
    this.#answered.inc();
  }

  callEnded(cause: EndCause, durationMs: number): void {
    this.#ended.inc({ cause });
    this.#duration.observe(durationMs / 1000);
  }

  agentFailed(reason: AgentFailure): void {
    this.#agentFailures.inc({ reason });
  }

  agentLineEnded(protocol: string, reason: AgentLineEnd): void {
    this.#agentLines.inc({ protocol, reason });
  }

  /** An event was told to a webhook; `outcome` is a literal of ours. */
  exchanged(outcome: string, elapsedMs: number): void {
    this.#exchanges.inc({ outcome });
    this.#exchangeTime.observe(elapsedMs / 1000);
  }

  warned(count: number): void {
    this.#agentWarnings.inc(count);
  }

  reconnected(): void {
    this.#reconnects.inc();
  }

  apiRequest(route: string, status: number): void {
    this.#apiRequests.inc({ route, status });
  }

  speechStarted(elapsedMs: number): void {
    this.#speechTime.observe(elapsedMs / 1000);
  }

  speechFailed(): void {
    this.#speechFailures.inc();
  }

  /** Another voice may have spoken in its place. `provider` and `reason` are literals of ours. */
  speechProviderFailed(provider: string, reason: string): void {
    this.#providerFailures.inc({ provider, reason });
  }

  turnEnded(outcome: 'words' | 'noise'): void {
    this.#turns.inc({ outcome });
  }

  replied(elapsedMs: number): void {
    this.#replyTime.observe(elapsedMs / 1000);
  }

  bargedIn(): void {
    this.#bargeIns.inc();
  }

  listeningFailed(reason: string): void {
    this.#listeningFailures.inc({ reason });
  }

  outboundRefused(reason: string): void {
    this.#outbound.refused(reason);
  }

  outboundCall(outcome: string): void {
    this.#outbound.called(outcome);
  }

  transferred(outcome: TransferOutcome): void {
    this.#outbound.transferred(outcome);
  }

  sipMessage(direction: 'received' | 'sent', transport: 'udp' | 'tcp' | 'tls'): void {
    this.#sipMessages[direction][transport] += 1;
  }

  legClosed({ inbound }: LegStats): void {
    this.#lost.inc(Math.max(0, inbound.lost));
    this.#concealed.inc(inbound.concealedMs / 1000);
    if (inbound.packets > 0) this.#legJitter.observe(inbound.jitterMs / 1000);
  }

  /** A media worker's report of the last second. */
  mediaTotals(workerIndex: number, totals: MediaWorkerTotals): void {
    this.#media.take(workerIndex, totals);
  }
}
