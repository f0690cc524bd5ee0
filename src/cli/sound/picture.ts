/** A loop as a picture (SVG): the whole of it, and its wrap before and after, as waveforms and spectrograms. */
import { aroundWrap } from './seam-quality.ts';
import { drawSpectrogram } from './spectrogram.ts';
import type { SoundSurvey } from './survey.ts';

export function drawPicture(name: string, { prepared }: SoundSurvey): string {
  const { rateHz, loop, unclosed, seamMs } = prepared;
  const seconds = (loop.length / rateHz).toFixed(2);
  const after =
    seamMs === 0 ? 'The wrap: it closes upon itself' : `The wrap, cross-faded over ${seamMs.toFixed(0)} ms`;
  const parts = [
    caption(0, 16, `${name}, one round of ${seconds} s`),
    waveform(loop, { x: 0, y: 24, width: WIDTH, height: 90 }),
    spectrogram(loop, { x: 0, y: 120, width: WIDTH, height: 110 }, { columns: 450, rows: 64 }),
    caption(WIDTH - 5, 134, `${rateHz / 2000} kHz`, { anchor: 'end', colour: '#fff' }),
    ...wrapPanels('The wrap as it was', unclosed, rateHz, 0),
    ...wrapPanels(after, loop, rateHz, HALF + GAP),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -6 ${WIDTH + 20} 472" font-family="sans-serif" font-size="13">`,
    `<title>${escaped(name)}: one round, and its wrap before and after</title>`,
    '<rect x="-10" y="-6" width="100%" height="100%" fill="#fff"/>',
    ...parts,
    '</svg>\n',
  ].join('\n');
}

interface Panel {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface CaptionStyle {
  readonly anchor?: 'start' | 'end';
  readonly colour?: string;
}

/** 10 ms each way as a waveform, half a second each way as a spectrogram. */
function wrapPanels(title: string, loop: Int16Array, rateHz: number, x: number): string[] {
  const around = aroundWrap(loop, rateHz);
  const near = Math.min(Math.round(rateHz / 100), around.length / 2);
  const close = around.subarray(around.length / 2 - near, around.length / 2 + near);
  const middle = x + HALF / 2;
  return [
    caption(x, 256, title),
    caption(x + HALF, 256, '20 ms, then 1 s', { anchor: 'end' }),
    waveform(close, { x, y: 264, width: HALF, height: 90 }),
    spectrogram(around, { x, y: 360, width: HALF, height: 100 }, { columns: 250, rows: 64 }),
    `<path d="M${middle} 264V354" stroke="#b33" stroke-dasharray="3 3"/>`,
  ];
}

/** A line where there is room for every sample, else the lowest and highest of those that share a column. */
function waveform(samples: Int16Array, { x, y, width, height }: Panel): string {
  const columns = Math.min(samples.length, Math.round(width / 2));
  const highest = Math.max(
    1,
    ...Array.from(chunks(samples, 1000), (chunk) => Math.max(...chunk.map(Math.abs))),
  );
  const place = (value: number) => (y + height / 2 - (value / highest) * (height / 2 - 2)).toFixed(1);
  const points: string[] = [];
  for (let column = 0; column < columns; column += 1) {
    const from = Math.floor((column * samples.length) / columns);
    const piece = samples.subarray(
      from,
      Math.max(from + 1, Math.floor(((column + 1) * samples.length) / columns)),
    );
    const at = (x + ((column + 0.5) * width) / columns).toFixed(1);
    const [low, high] = [Math.min(...piece), Math.max(...piece)];
    points.push(`${at} ${place(high)}`);
    if (low !== high) points.push(`${at} ${place(low)}`);
  }
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="#f3f5f7"/>`,
    `<path d="M${points.join('L')}" fill="none" stroke="#2a5d8f" stroke-linejoin="round"/>`,
  ].join('\n');
}

function spectrogram(
  samples: Int16Array,
  { x, y, width, height }: Panel,
  size: { readonly columns: number; readonly rows: number },
): string {
  const png = drawSpectrogram(samples, size).toString('base64');
  return `<image x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none" href="data:image/png;base64,${png}"/>`;
}

function caption(x: number, y: number, text: string, style: CaptionStyle = {}): string {
  const { anchor = 'start', colour = '#222' } = style;
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${colour}">${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function* chunks(samples: Int16Array, length: number): Generator<Int16Array> {
  for (let at = 0; at < samples.length; at += length) yield samples.subarray(at, at + length);
}

const WIDTH = 900;
const GAP = 20;
const HALF: number = (WIDTH - GAP) / 2;
