/** The table that `tshark -q -z rtp,streams` prints. */

export interface TsharkStream {
  /** `10.0.0.1:4000 -> 10.0.0.2:5000 0x12345678` */
  readonly key: string;
  readonly codecs: string;
  readonly packets: number;
  readonly lost: number;
  readonly jitterMeanMs: number;
  readonly jitterMaxMs: number;
}

/** Reads the table as tshark 4 prints it; other lines are passed over. */
export function parseTsharkStreams(text: string): TsharkStream[] {
  return text.split('\n').flatMap((line) => {
    const match = rowPattern.exec(line);
    if (match === null) return [];
    const [, source, sourcePort, destination, destinationPort, ssrc, codecs, packets, lost, figures] = match;
    const [, , , , jitterMeanMs, jitterMaxMs] = figures!.trim().split(/\s+/).map(Number);
    return {
      key: streamKey(`${source}:${sourcePort}`, `${destination}:${destinationPort}`, Number(ssrc)),
      codecs: codecs!.trim(),
      packets: Number(packets),
      lost: Number(lost),
      jitterMeanMs: jitterMeanMs!,
      jitterMaxMs: jitterMaxMs!,
    };
  });
}

export function streamKey(source: string, destination: string, ssrc: number): string {
  return `${source} -> ${destination} 0x${ssrc.toString(16).padStart(8, '0')}`;
}

const rowPattern =
  /^\s*[\d.]+\s+[\d.]+\s+(\S+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(0x[\dA-F]{8})\s+(.*?)\s+(\d+)\s+(-?\d+) \(-?[\d.]+%\)(.*)$/;
