/** `patchbay replay`: what a capture's RTP sounds like through the inbound half of a leg, and how it fared. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serializeWav } from '../audio/wav.ts';
import { SwitchError } from '../errors.ts';
import { replayOctets } from './replay/replay-capture.ts';
import type { FlowReport } from './replay/replay-flow.ts';
import { reportText } from './replay/report.ts';

export interface ReplayOptions {
  /** A pcap or pcapng file. */
  readonly file: string;
  /** A folder to write what was heard to: one WAV file for each flow that could be decoded. Made when absent. */
  readonly out?: string;
  /** JSON instead of text. */
  readonly json?: boolean;
}

/** Returns what is to be printed. Throws `SwitchError` `capture-unreadable`. */
export async function replayCapture(options: ReplayOptions): Promise<string> {
  const flows = replayOctets(await read(options.file));
  if (!flows.ok) throw new SwitchError('capture-unreadable', `${options.file}: ${flows.reason}`);
  const reports = flows.value.map(({ report }) => report);
  if (options.out !== undefined) {
    await mkdir(options.out, { recursive: true });
    for (const [index, { report, audio, rateHz }] of flows.value.entries()) {
      if (audio === undefined) continue;
      await writeFile(join(options.out, wavName(report, index)), serializeWav(audio, rateHz));
    }
  }
  return options.json === true ? `${JSON.stringify(reports, undefined, 2)}\n` : reportText(reports);
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new SwitchError('capture-unreadable', file, { cause });
  }
}

/** `01-10.0.0.1_4000-10.0.0.2_3000.wav`; colons do not do in names of files everywhere. */
function wavName({ source, destination }: FlowReport, index: number): string {
  const ends = [source, destination].map((end) => end.replace(/[[\]]/g, '').replaceAll(':', '_'));
  return `${String(index + 1).padStart(2, '0')}-${ends.join('-')}.wav`;
}
