import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FlowReport } from '../../src/cli/replay/replay-flow.ts';
import { replayCapture } from '../../src/cli/replay.ts';
import { peersPresent } from '../support/peers.ts';
import { sharedPath } from '../support/shared.ts';
import { parseTsharkStreams, streamKey, type TsharkStream } from '../support/tshark-streams.ts';

const captures = sharedPath('captures');
const names = captures === undefined || !peersPresent('tshark') ? [] : readdirSync(captures);

describe.skipIf(names.length === 0)('replay beside tshark', () => {
  for (const name of names) {
    if (!/\.pcap(ng)?$/.test(name)) continue;
    it(`agrees on ${name}`, async () => {
      const file = join(captures!, name);
      const reports = JSON.parse(await replayCapture({ file, json: true })) as FlowReport[];
      const all = streams(file);
      // tshark takes an event's arrival, but not its timestamp, into the jitter of the audio that follows.
      const audio = streams(file, '-2', '-R', 'not rtpevent');
      const ours = reports.flatMap(({ source, destination, streams: found }) =>
        found.map((stream) => ({ ...stream, key: streamKey(source, destination, stream.ssrc) })),
      );
      expect(ours.map(({ key, packets, lost }) => ({ key, packets, lost })).sort(byKey)).toEqual(
        all.map(({ key, packets, lost }) => ({ key, packets, lost })).sort(byKey),
      );
      for (const { key, jitterMeanMs, jitterMaxMs } of audio) {
        const stream = ours.find((other) => other.key === key)!;
        expect(Math.abs(stream.jitterMeanMs - jitterMeanMs), `${key} mean`).toBeLessThan(0.1);
        expect(Math.abs(stream.jitterMaxMs - jitterMaxMs), `${key} max`).toBeLessThan(0.1);
      }
    });
  }
});

function streams(file: string, ...options: string[]): TsharkStream[] {
  const command = ['--enable-heuristic', 'rtp_udp', ...options, '-q', '-z', 'rtp,streams', '-r', file];
  return parseTsharkStreams(
    execFileSync('tshark', command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}

function byKey(a: { key: string }, b: { key: string }): number {
  return a.key < b.key ? -1 : 1;
}
