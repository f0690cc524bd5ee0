/** What `patchbay replay` prints for people. */
import type { FlowReport, PlayoutReport, StreamReport } from './replay-flow.ts';

export function reportText(reports: readonly FlowReport[]): string {
  if (reports.length === 0) return 'No RTP found.\n';
  return `${reports.map(flowText).join('\n\n')}\n`;
}

function flowText(report: FlowReport, index: number): string {
  const { source, destination, startMs, lengthMs, streams, digits, playout } = report;
  const lines = [
    `${index + 1}. ${source} -> ${destination}   at ${seconds(startMs)} for ${seconds(lengthMs)}`,
    row('SSRC', 'codec', 'packets', 'lost', 'reordered', 'duplicates', 'jitter mean', 'max'),
    ...streams.map(streamText),
  ];
  if (digits !== '') lines.push(`   digits   ${digits}`);
  lines.push(`   playout  ${playout === undefined ? 'none: no codec of ours' : playoutText(playout)}`);
  return lines.join('\n');
}

function streamText(stream: StreamReport): string {
  return row(
    `0x${stream.ssrc.toString(16).padStart(8, '0')}`,
    stream.codecs.join(', '),
    `${stream.packets}`,
    `${stream.lost} (${stream.lostPercent.toFixed(1)} %)`,
    `${stream.reordered}`,
    `${stream.duplicates}`,
    milliseconds(stream.jitterMeanMs),
    milliseconds(stream.jitterMaxMs),
  );
}

function playoutText(playout: PlayoutReport): string {
  const parts = [
    `delay ${milliseconds(playout.delayMeanMs)} mean, ${milliseconds(playout.delayMaxMs)} max`,
    `concealed ${milliseconds(playout.concealedMs)}`,
    `stretched +${milliseconds(playout.expandedMs)} -${milliseconds(playout.compressedMs)}`,
    `late ${playout.late}`,
    `resyncs ${playout.resyncs}`,
  ];
  if (playout.comfortNoiseMs > 0) parts.push(`comfort noise ${milliseconds(playout.comfortNoiseMs)}`);
  if (playout.overflow > 0) parts.push(`overflow ${playout.overflow}`);
  return parts.join('; ');
}

function row(ssrc: string, codec: string, ...figures: string[]): string {
  const widths = [7, 13, 9, 10, 11, 9];
  const columns = figures.map((figure, index) => figure.padStart(widths[index]!));
  return `   ${ssrc.padEnd(10)}  ${codec.padEnd(21)} ${columns.join('  ')}`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function seconds(valueMs: number): string {
  return `${(valueMs / 1000).toFixed(3)} s`;
}
