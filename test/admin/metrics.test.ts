import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type MetricSources, Metrics } from '../../src/admin/metrics.ts';
import type { LegStats } from '../../src/media/command.ts';
import type { MediaWorkerTotals } from '../../src/media/worker-messages.ts';

const sources: MetricSources = {
  activeCalls: () => 3,
  callsShed: () => new Map([['setup-rate', 3]]),
  outboundCalls: () => 0,
  sipRefusals: () => new Map([['bad-via', 4]]),
  registrations: () =>
    new Map([
      ['carrier', true],
      ['backup', false],
    ]),
  sipSessions: () => 4,
  sipTransactions: () => 9,
  speechCache: () => ({ hits: 5, misses: 2, octets: 1000 }),
  listening: () => ({
    callers: 6,
    windows: 3000,
    modelWindows: 700,
    batchMs: { p50: 2, p99: 5, max: 8 },
    recognizer: {
      waiting: 3,
      running: 2,
      transcribed: 40,
      refused: 1,
      skippedInterims: 5,
      latencyMs: { p50: 200, p99: 900, max: 1500 },
    },
  }),
};

const totals: MediaWorkerTotals = {
  legs: 7,
  freePorts: 90,
  inboundPackets: 1000,
  outboundPackets: 900,
  dropped: { 'foreign-source': 11 },
  phonesCut: { stranger: 2 },
  linesDropped: 1,
  tickLatenessMs: { p50: 0.1, p99: 1.5, max: 4 },
  busyShare: 0.25,
};

/** The samples by name and labels. */
async function samples(metrics: Metrics): Promise<Map<string, number>> {
  const text = await metrics.register.metrics();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

function legStats(inbound: Partial<LegStats['inbound']>): LegStats {
  return {
    inbound: {
      packets: 100,
      octets: 16_000,
      lost: 0,
      reordered: 0,
      duplicates: 0,
      late: 0,
      jitterMs: 0,
      concealedMs: 0,
      playoutDelayMs: 0,
      pacingMs: { p50: 20, p99: 20, max: 20 },
      dropped: {},
      ...inbound,
    },
    outbound: { packets: 100, octets: 16_000 },
    roundTripMs: undefined,
  };
}

interface Named {
  readonly name: string | undefined;
}

describe('the metrics', () => {
  it('count calls by their outcome', async () => {
    const metrics = new Metrics();
    metrics.observe(sources);
    for (let call = 0; call < 3; call++) metrics.callOffered();
    metrics.callRefused(488);
    metrics.callAnswered();
    metrics.callEnded('caller-hung-up', 90_000);
    const found = await samples(metrics);
    expect(found.get('patchbay_calls_active')).toBe(3);
    expect(found.get('patchbay_calls_offered_total')).toBe(3);
    expect(found.get('patchbay_calls_answered_total')).toBe(1);
    expect(found.get('patchbay_calls_refused_total{status="488"}')).toBe(1);
    expect(found.get('patchbay_calls_ended_total{cause="caller-hung-up"}')).toBe(1);
    expect(found.get('patchbay_call_duration_seconds_sum')).toBe(90);
  });

  it('count what agents and speech did', async () => {
    const metrics = new Metrics();
    metrics.agentFailed('timed-out');
    metrics.exchanged('actions', 250);
    metrics.warned(2);
    metrics.reconnected();
    metrics.speechStarted(40);
    metrics.speechFailed();
    const found = await samples(metrics);
    expect(found.get('patchbay_agent_failures_total{reason="timed-out"}')).toBe(1);
    expect(found.get('patchbay_agent_exchanges_total{outcome="actions"}')).toBe(1);
    expect(found.get('patchbay_agent_exchange_seconds_bucket{le="0.25"}')).toBe(1);
    expect(found.get('patchbay_agent_exchange_seconds_bucket{le="0.1"}')).toBe(0);
    expect(found.get('patchbay_agent_warnings_total')).toBe(2);
    expect(found.get('patchbay_agent_reconnects_total')).toBe(1);
    expect(found.get('patchbay_speech_synthesis_seconds_sum')).toBe(0.04);
    expect(found.get('patchbay_speech_failures_total')).toBe(1);
  });

  it('add up what each media worker last told, not what it told before', async () => {
    const metrics = new Metrics();
    metrics.mediaTotals(0, { ...totals, inboundPackets: 1, dropped: {} });
    metrics.mediaTotals(0, totals);
    metrics.mediaTotals(1, totals);
    for (let scrape = 0; scrape < 2; scrape++) {
      const found = await samples(metrics);
      expect(found.get('patchbay_rtp_packets_total{direction="inbound"}')).toBe(2000);
      expect(found.get('patchbay_rtp_packets_total{direction="outbound"}')).toBe(1800);
      expect(found.get('patchbay_media_dropped_total{reason="foreign-source"}')).toBe(22);
      expect(found.get('patchbay_audio_socket_dropped_total')).toBe(2);
      expect(found.get('patchbay_media_legs{worker="1"}')).toBe(7);
      expect(found.get('patchbay_media_free_ports{worker="0"}')).toBe(90);
      expect(found.get('patchbay_media_busy_ratio{worker="0"}')).toBe(0.25);
      expect(found.get('patchbay_tick_lateness_seconds{worker="0",quantile="0.99"}')).toBe(0.0015);
    }
  });

  it('count SIP messages and why some were not taken', async () => {
    const metrics = new Metrics();
    metrics.observe(sources);
    metrics.sipMessage('received', 'udp');
    const found = await samples(metrics);
    expect(found.get('patchbay_sip_messages_total{direction="received",transport="udp"}')).toBe(1);
    expect(found.get('patchbay_sip_dropped_total{reason="bad-via"}')).toBe(4);
    expect(found.get('patchbay_registered{trunk="carrier"}')).toBe(1);
    expect(found.get('patchbay_registered{trunk="backup"}')).toBe(0);
    expect(found.get('patchbay_speech_cache_total{result="hit"}')).toBe(5);
    expect(found.get('patchbay_speech_cache_bytes')).toBe(1000);
  });

  it('tell what the SIP user agent holds', async () => {
    const metrics = new Metrics();
    metrics.observe(sources);
    const found = await samples(metrics);
    expect(found.get('patchbay_sip_sessions')).toBe(4);
    expect(found.get('patchbay_sip_transactions')).toBe(9);
  });

  it('tell how the listening worker fares, and nothing before anyone was listened to', async () => {
    const metrics = new Metrics();
    metrics.observe(sources);
    const found = await samples(metrics);
    expect(found.get('patchbay_listening_callers')).toBe(6);
    expect(found.get('patchbay_listening_model_windows_total')).toBe(700);
    expect(found.get('patchbay_listening_batch_seconds{quantile="0.99"}')).toBe(0.005);
    expect(found.get('patchbay_recognizer_waiting')).toBe(3);
    expect(found.get('patchbay_recognizer_utterances_total{outcome="refused"}')).toBe(1);
    expect(found.get('patchbay_recognizer_latency_seconds{quantile="1"}')).toBe(1.5);
    const before = new Metrics();
    before.observe({ ...sources, listening: () => undefined });
    expect((await samples(before)).get('patchbay_recognizer_latency_seconds{quantile="1"}')).toBeUndefined();
  });

  it('tell which provider of speech failed, and how', async () => {
    const metrics = new Metrics();
    metrics.speechProviderFailed('azure', 'unauthorized');
    const found = await samples(metrics);
    expect(found.get('patchbay_speech_provider_failures_total{provider="azure",reason="unauthorized"}')).toBe(
      1,
    );
  });

  it('sum up a leg when it closes, and do not count backwards', async () => {
    const metrics = new Metrics();
    metrics.legClosed(legStats({ lost: 4, concealedMs: 80, jitterMs: 6 }));
    metrics.legClosed(legStats({ lost: -3, jitterMs: 1 }));
    metrics.legClosed(legStats({ packets: 0 }));
    const found = await samples(metrics);
    expect(found.get('patchbay_rtp_lost_total')).toBe(4);
    expect(found.get('patchbay_concealed_seconds_total')).toBe(0.08);
    expect(found.get('patchbay_rtp_jitter_seconds_count')).toBe(2);
    expect(found.get('patchbay_rtp_jitter_seconds_bucket{le="0.005"}')).toBe(1);
  });

  it('stay few whatever reasons there are', async () => {
    const metrics = new Metrics();
    const reasons = Array.from({ length: 5000 }, (_, index) => `reason-${index}`);
    metrics.observe({ ...sources, sipRefusals: () => new Map(reasons.map((reason) => [reason, 1])) });
    metrics.mediaTotals(0, { ...totals, dropped: Object.fromEntries(reasons.map((reason) => [reason, 1])) });
    const found = await samples(metrics);
    expect(found.get('patchbay_sip_dropped_total{reason="other"}')).toBe(4900);
    expect(found.get('patchbay_media_dropped_total{reason="other"}')).toBe(4900);
    expect(found.size).toBeLessThan(500);
  });

  it('are documented, every one and no other, as they are', async () => {
    const metrics = new Metrics();
    metrics.observe(sources);
    const text = readFileSync(resolve(import.meta.dirname, '../../docs/metrics.md'), 'utf8');
    const documented = [...text.matchAll(/^\| `(patchbay_\w+)` \| (\w+) \| (.*?) \| (.+?) \|$/gm)].map(
      ([, name, type, labels, help]) => ({ name, type, labels, help }),
    );
    const actual = metrics.register
      .getMetricsAsArray()
      .filter(({ name }) => name.startsWith('patchbay_'))
      .map((metric) => ({
        name: metric.name,
        type: String(metric.type),
        labels:
          'labelNames' in metric
            ? (metric.labelNames as string[]).map((label) => `\`${label}\``).join(', ')
            : '',
        help: metric.help,
      }));
    const byName = (a: Named, b: Named): number => ((a.name ?? '') < (b.name ?? '') ? -1 : 1);
    expect(documented.toSorted(byName)).toEqual(actual.toSorted(byName));
  });
});
