import type { SeamQuality } from './seam-quality.ts';
import type { Levels, SoundSurvey } from './survey.ts';

/** The survey for people. */
export function reportText(name: string, { source, prepared }: SoundSurvey): string {
  const { format, rateHz, channels } = source;
  const lines = [
    `${name}: ${format}, ${rateHz} Hz, ${channelsText(channels)}, ${seconds(source.lengthMs)}`,
    `  ${levelsText(source)}`,
    '',
    `Patchbay ${workText(source, prepared).join(', ')}:`,
    `  ${levelsText(prepared)}`,
    `  wrap as it was     ${wrapText(prepared.wrapBefore)}`,
    `  wrap as prepared   ${wrapText(prepared.wrapAfter)}`,
    `  a round takes ${seconds(prepared.lengthMs)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function workText(source: SoundSurvey['source'], prepared: SoundSurvey['prepared']): string[] {
  return [
    ...(source.channels === 1 ? [] : ['mixes its channels into one']),
    source.rateHz === prepared.rateHz
      ? `keeps its ${prepared.rateHz} Hz`
      : `brings it from ${source.rateHz} to ${prepared.rateHz} Hz`,
    prepared.gainDb === undefined
      ? 'leaves its level alone'
      : `${prepared.gainDb < 0 ? 'lowers' : 'raises'} it by ${Math.abs(prepared.gainDb).toFixed(1)} dB`,
    prepared.seamMs === 0
      ? 'lets it wrap as it is'
      : `cross-fades its end into its beginning over ${prepared.seamMs.toFixed(0)} ms`,
  ];
}

function levelsText({ loudnessLufs, peakDb, truePeakDb }: Levels): string {
  return [
    `loudness ${decibels(loudnessLufs)} LUFS`,
    `peak ${decibels(peakDb)} dBFS`,
    `true peak ${decibels(truePeakDb)} dBTP`,
  ].join(', ');
}

function wrapText({ step, surprise, splashDb }: SeamQuality): string {
  const verdict = surprise > MOST_SURPRISE || splashDb > 1 ? 'stands out' : 'does not stand out';
  return `step ${step}, foretold ${surprise.toFixed(1)} x worse, splash ${splashDb.toFixed(1)} dB: ${verdict}`;
}

function channelsText(channels: number | undefined): string {
  if (channels === undefined) return 'channels mixed by ffmpeg';
  return channels === 1 ? 'one channel' : `${channels} channels`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function decibels(value: number): string {
  return Number.isFinite(value) ? value.toFixed(1) : '-inf';
}

/** Places within sounds are at 4 and less, cuts in music at 8 and more. */
const MOST_SURPRISE = 4;
