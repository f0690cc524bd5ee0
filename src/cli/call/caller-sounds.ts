import { readFileSync } from 'node:fs';
import { makeClip } from '../../audio/make-clip.ts';
import { systemClock } from '../../clock.ts';
import { SwitchError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { MediaCommand } from '../../media/command.ts';
import { decodeSound } from '../../sound/decode-sound.ts';
import { createSynthesizer } from '../../speech/tts/create-synthesizer.ts';
import { type CallOptions, widestRateHz } from './options.ts';

/**
 * What the caller plays and says, made before the call begins: the file first, then the text. Rejects with
 * `SwitchError` `clip-undecodable`, `speech-failed` or `speech-language-missing`.
 */
export async function callerSounds(
  { play, say, codec }: Pick<CallOptions, 'play' | 'say' | 'codec'>,
  log: Logger,
): Promise<MediaCommand[]> {
  return [
    ...(play === undefined ? [] : await playedFile(play, widestRateHz(codec))),
    ...(say === undefined ? [] : await spokenText(say, log)),
  ];
}

async function playedFile(path: string, rateHz: number): Promise<MediaCommand[]> {
  const sound = await decodeSound(read(path), LIMITS);
  if (!sound.ok) throw new SwitchError('clip-undecodable', `${path} (${sound.detail ?? sound.reason})`);
  const clip = makeClip(sound.value, '', { rateHz, loudnessLufs: undefined });
  // Not as a clip: the rate of the leg is known when the call is answered.
  return [
    { kind: 'queue-stream', playoutId: PLAYED, rateHz },
    { kind: 'stream-samples', playoutId: PLAYED, samples: clip.samples },
    { kind: 'stream-end', playoutId: PLAYED },
  ];
}

async function spokenText(text: string, log: Logger): Promise<MediaCommand[]> {
  const synthesizer = createSynthesizer({ log, timers: systemClock });
  const commands: MediaCommand[] = [];
  try {
    const script = { text, format: 'text' } as const;
    const voice = { provider: undefined, language: undefined, voice: undefined };
    const { signal } = new AbortController();
    for await (const { samples, rateHz } of synthesizer.synthesize({ script, voice }, signal)) {
      if (commands.length === 0) commands.push({ kind: 'queue-stream', playoutId: SAID, rateHz });
      commands.push({ kind: 'stream-samples', playoutId: SAID, samples });
    }
  } finally {
    await synthesizer.close();
  }
  if (commands.length > 0) commands.push({ kind: 'stream-end', playoutId: SAID });
  return commands;
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SwitchError('clip-undecodable', `${path} cannot be read`, { cause });
  }
}

const PLAYED = 1;
const SAID = 2;
const LIMITS = { longestMs: 3_600_000, timeoutMs: 60_000, ffmpegCommand: 'ffmpeg' };
