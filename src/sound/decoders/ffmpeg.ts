/**
 * The `ffmpeg` program, for what is not decoded in this process: AAC in all its wrappings, WebM, AIFF and more. It is
 * spawned, never linked; it reads its standard input and nothing else, whatever a file may name inside.
 */
import { spawn } from 'node:child_process';
import { withIndexFirst } from '../../audio/mp4-layout.ts';
import { parseWav } from '../../audio/wav.ts';
import type { Decoded, DecodeLimits, DecodeRefusal } from '../decoded-sound.ts';
import { type Refused, refused } from '../refusal.ts';

export async function decodeByFfmpeg(
  octets: Uint8Array,
  demuxer: string,
  limits: DecodeLimits,
): Promise<Decoded> {
  const input = demuxer === 'mov' ? withIndexFirst(octets) : octets;
  const run = await runFfmpeg(input, argumentsFor(demuxer, limits.longestMs), limits);
  if (run.kind === 'failed') return run.refusal;
  const wav = parseWav(run.output, { longestMs: limits.longestMs });
  if (!wav.ok && wav.reason === 'sound-too-long') return wav;
  if (!wav.ok) return refused('ffmpeg-failed', run.complaint);
  if (wav.value.samples.length === 0) return refused('sound-empty', run.complaint);
  return { ok: true, value: { ...wav.value, format: demuxer, channels: undefined } };
}

type Run =
  | { readonly kind: 'ended'; readonly output: Uint8Array; readonly complaint: string }
  | { readonly kind: 'failed'; readonly refusal: Refused<DecodeRefusal> };

function runFfmpeg(input: Uint8Array, args: readonly string[], limits: DecodeLimits): Promise<Run> {
  // The WAV header, and 16 bits a sample at the highest rate.
  const mostOctets = 4096 + limits.longestMs * 2 * 192;
  return new Promise((resolve) => {
    const child = spawn(limits.ffmpegCommand, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] },
      timeout: limits.timeoutMs,
      killSignal: 'SIGKILL',
    });
    const output: Buffer[] = [];
    let octets = 0;
    let complaint = '';
    child.stdout.on('data', (data: Buffer) => {
      octets += data.length;
      if (octets <= mostOctets) output.push(data);
      else child.kill('SIGKILL');
    });
    child.stderr.on('data', (data: Buffer) => {
      if (complaint.length < MOST_COMPLAINT) complaint += data.toString();
    });
    // It may end before it has read everything; `close` tells the story.
    child.stdin.on('error', (error) => {
      complaint ||= error.message;
    });
    const fail = (refusal: Refused<DecodeRefusal>) => resolve({ kind: 'failed', refusal });
    child.on('error', (error: NodeJS.ErrnoException) =>
      fail(
        error.code === 'ENOENT'
          ? refused('ffmpeg-missing', WHAT_TO_INSTALL)
          : refused('ffmpeg-failed', error.message),
      ),
    );
    child.on('close', (_code, signal) => {
      if (octets > mostOctets) fail(refused('sound-too-long'));
      else if (signal === 'SIGKILL') fail(refused('decode-timed-out'));
      else resolve({ kind: 'ended', output: Buffer.concat(output), complaint: firstLine(complaint) });
    });
    child.stdin.end(input);
  });
}

/** The demuxer is ours to name: left to itself ffmpeg takes text for a playlist and opens what it lists. */
function argumentsFor(demuxer: string, longestMs: number): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-v', 'error', '-max_alloc', String(MOST_ALLOCATION_OCTETS)],
    ...['-protocol_whitelist', 'pipe', '-f', demuxer, '-i', 'pipe:0'],
    // A second more than may be, so that what is too long shows.
    ...['-map', '0:a:0', '-ac', '1', '-t', String(longestMs / 1000 + 1)],
    ...['-c:a', 'pcm_s16le', '-f', 'wav', 'pipe:1'],
  ];
}

function firstLine(text: string): string {
  // `[mov,mp4 @ 0x55d0] partial file`: the address tells nothing.
  return (text.trim().split('\n')[0] ?? '').replace(/^\[[^\]]*\]\s*/, '');
}

const WHAT_TO_INSTALL = 'this kind of sound needs ffmpeg (Debian: apt-get install ffmpeg)';
const MOST_COMPLAINT = 2000;
const MOST_ALLOCATION_OCTETS = 256 * 1024 * 1024;
