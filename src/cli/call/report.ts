/** What `patchbay call` says at the end, as data and as text. */
import type { LegStats } from '../../media/command.ts';
import type { NegotiatedAudio } from '../../sdp/negotiated.ts';
import type { DigitsBy } from './call-script.ts';
import type { Destination } from './destination.ts';
import type { HeardLevels } from './heard.ts';
import type { Observation } from './observation.ts';
import { type CallOutcome, exitCodes, outcomeOf } from './outcome.ts';
import type { PhoneEnd } from './phone-call.ts';

/** What does not apply to the call is absent. */
export interface CallReport {
  readonly target: string;
  readonly transport: Destination['transport'];
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly outcome: CallOutcome;
  readonly exitCode: number;
  /** From the INVITE. */
  readonly ringingAfterMs?: number | undefined;
  readonly setUpMs?: number | undefined;
  readonly talkMs?: number | undefined;
  readonly codec?: NegotiatedAudio['codec'] | undefined;
  readonly keys?: { readonly pressed: string; readonly by: DigitsBy } | undefined;
  readonly media?: LegStats | undefined;
  readonly heard?: HeardLevels | undefined;
  readonly recording?: string | undefined;
}

export function reportOf(
  observation: Observation,
  end: PhoneEnd,
  destination: Destination,
  recording: string | undefined,
): CallReport {
  const { calledMs, ringingMs, answeredMs, endedMs, responded, mediaMissing } = observation;
  const outcome = outcomeOf({ end, answered: answeredMs !== undefined, responded, mediaMissing });
  const { pressed, pressedBy, stats, heard, audio } = observation;
  return {
    target: destination.uri,
    transport: destination.transport,
    remoteAddress: destination.address,
    remotePort: destination.port,
    outcome,
    exitCode: exitCodes[outcome.kind],
    ringingAfterMs: between(calledMs, ringingMs),
    setUpMs: between(calledMs, answeredMs),
    talkMs: between(answeredMs, endedMs),
    codec: audio?.codec,
    keys: pressedBy === undefined ? undefined : { pressed, by: pressedBy },
    media: answeredMs === undefined ? undefined : stats,
    heard: heard.levels(observation.rateHz),
    recording: answeredMs === undefined ? undefined : recording,
  };
}

export function reportText(report: CallReport): string {
  const { target, transport, remoteAddress, remotePort, media, heard, keys, recording } = report;
  const remote = `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
  const rows: [string, string | undefined][] = [
    ['call', `${target} (${transport} to ${remote})`],
    ['set-up', setUpText(report)],
    ['talked', report.talkMs === undefined ? undefined : seconds(report.talkMs)],
    ['codec', report.codec],
    ['keys', keys === undefined ? undefined : `${keys.pressed} by ${keys.by === 'rtp' ? 'RTP' : 'SIP INFO'}`],
    ...(media === undefined ? [] : mediaRows(media)),
    ['heard', heard === undefined ? undefined : heardText(heard)],
    ['recording', recording === undefined ? undefined : `${recording}, ${seconds(heard?.lengthMs ?? 0)}`],
  ];
  const lines = rows.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(11)}${text}`]));
  return [outcomeText(report.outcome), ...lines, ''].join('\n');
}

function outcomeText(outcome: CallOutcome): string {
  switch (outcome.kind) {
    case 'completed':
      return `Answered, and ended by ${outcome.by === 'remote' ? 'the far end' : 'us'}.`;
    case 'refused':
      return `Not answered: ${outcome.statusCode} ${outcome.reasonPhrase}.`;
    case 'unanswered':
      return unansweredTexts[outcome.cause];
    case 'no-media':
      return 'Answered, but no audio ever came.';
    case 'failed':
      return `Failed: ${outcome.cause}.`;
  }
}

function setUpText({ setUpMs, ringingAfterMs }: CallReport): string | undefined {
  const ringing = ringingAfterMs === undefined ? undefined : `ringing after ${milliseconds(ringingAfterMs)}`;
  if (setUpMs === undefined) return ringing;
  const answered = `${milliseconds(setUpMs)} from INVITE to 200`;
  return ringing === undefined ? answered : `${answered}, ${ringing}`;
}

function mediaRows({ inbound, outbound, roundTripMs }: LegStats): [string, string | undefined][] {
  const { packets, lost, late, reordered, duplicates, jitterMs, concealedMs, pacingMs } = inbound;
  const dropped = Object.entries(inbound.dropped).filter(([, count]) => count > 0);
  const received = [`${packets} packets`, `${lost} lost`];
  if (late > 0) received.push(`${late} late`);
  if (reordered > 0) received.push(`${reordered} reordered`);
  if (duplicates > 0) received.push(`${duplicates} duplicates`);
  received.push(`jitter ${milliseconds(jitterMs)}`, `${milliseconds(concealedMs)} concealed`);
  const { p50, p99, max } = pacingMs;
  return [
    ['sent', `${outbound.packets} packets`],
    ['received', received.join(', ')],
    [
      'pacing',
      packets > 1
        ? `${p50.toFixed(1)} / ${p99.toFixed(1)} / ${max.toFixed(1)} ms (p50 / p99 / max)`
        : undefined,
    ],
    ['dropped', dropped.map(([reason, count]) => `${count} ${reason}`).join(', ') || undefined],
    ['round trip', roundTripMs === undefined ? undefined : milliseconds(roundTripMs)],
  ];
}

function heardText({ rmsDbfs, peakDbfs, longestQuietMs, longestQuietAtMs }: HeardLevels): string {
  const quiet =
    longestQuietMs === 0
      ? 'never below -60 dBFS'
      : `below -60 dBFS for ${longestQuietMs} ms at most, at ${seconds(longestQuietAtMs)}`;
  return `${rmsDbfs.toFixed(1)} dBFS, peak ${peakDbfs.toFixed(1)}; ${quiet}`;
}

function between(fromMs: number | undefined, toMs: number | undefined): number | undefined {
  return fromMs === undefined || toMs === undefined ? undefined : Math.round((toMs - fromMs) * 10) / 10;
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function seconds(valueMs: number): string {
  return `${(valueMs / 1000).toFixed(2)} s`;
}

const unansweredTexts = {
  'no response': 'No response: nothing at that address speaks SIP, or it does not hear us.',
  'not picked up': 'Nobody picked up.',
  'given up': 'Given up before anybody picked up.',
} as const;
